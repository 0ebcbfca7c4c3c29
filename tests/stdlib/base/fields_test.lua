-- Declared fields: what is refused and with which words, what is copied, what is let through.
local fields = require "almanac.base.fields"
local secret = require "almanac.base.secret"
local t = require "tests.harness"
local unknown = require "almanac.base.unknown"

local RETRY = { times = { "count", required = true, help = "tries at most" }, delay = { "seconds", help = "before the next" } }

local CALL = fields.declare("pager.page", {
  team = { "name", required = true, help = "who is called" },
  text = { "text", secret = true, help = "what is said" },
  urgent = { "flag", default = false, help = "at night too" },
  channels = { "texts", help = "where" },
  codes = { "list", of = "integer", help = "what counts as told" },
  mode = { "enum", values = { "call", "mail", "chat" }, help = "how" },
  timeout = { "seconds", help = "when it is given up" },
  wait = { "flag|duration", help = "for an answer" },
  labels = { "map", help = "beside it" },
  retry = { "shape", of = RETRY, help = "when it fails" },
  turns = { "list", of = RETRY, help = "one after another" },
  one = { "flag", help = "either" }, other = { "flag", help = "or" },
}, { at = 1, positional = "team" })

local function why(raw)
  local err = t.raises("usage", fields.check, CALL, raw)
  return err.message, err.hint
end

t.test("a wrong name is refused with the nearest one, and with what there is", function()
  local message, hint = why { team = "ops", urgnet = true }
  t.eq(message, 'pager.page: no option "urgnet"; did you mean urgent?')
  t.has(hint, "it has channels, codes")
  t.eq(why { team = "ops", retry = { times = 1, dealy = 2 } }, 'pager.page: retry: no option "dealy"; did you mean delay?')
  t.eq(why { team = "ops", turns = { { tmies = 1 } } }, 'pager.page: turns[1]: no option "tmies"; did you mean times?')
  t.eq(why { team = "ops", [1] = "x" }, 'pager.page: no option "1"')
end)

t.test("a wrong type is refused with what it must be and what it was", function()
  t.eq(why { team = 5 }, 'pager.page: team must be a line of text that does not begin with "-", not 5')
  t.eq(why { team = "-x" }, 'pager.page: team must be a line of text that does not begin with "-", not "-x"')
  t.eq(why { team = "ops", mode = "fax" }, 'pager.page: mode must be "call", "mail" or "chat", not "fax"')
  t.eq(why { team = "ops", timeout = "soon" },
    'pager.page: timeout must be a duration ("90s", "5m", seconds), not "soon": it does not begin with a number')
  t.eq(why { team = "ops", wait = 1 / 0 }, 'pager.page: wait must be true or false, or a duration ("90s", "5m", seconds), not inf')
  t.eq(why { team = "ops", codes = { 1, "2" } }, "pager.page: codes must be a list, each a whole number from 0, not a table")
  t.eq(why { team = "ops", codes = { 1, nil, 2 } }, "pager.page: codes must be a list, each a whole number from 0, not a table")
  t.eq(why { team = "ops", retry = { times = 0 } }, "pager.page: retry.times must be a whole number from 1, not 0")
  t.eq(why { team = "ops", turns = { 1 } }, "pager.page: turns must be a list of tables, not a table")
  t.eq(why { team = "ops", turns = { { times = 1 }, { times = 0 } } }, "pager.page: turns[2].times must be a whole number from 1, not 0")
  t.eq(why { team = secret.new("x", "y") }, 'pager.page: team must be a line of text that does not begin with "-", not a secret')
  t.eq(why "ops", 'pager.page: its first argument is a table of options, not "ops"')
end)

t.test("what is missing is named, with what it must be", function()
  local message, hint = why {}
  t.eq(message, "pager.page: team is missing")
  t.has(hint, "who is called")
  t.eq(why { team = "ops", retry = {} }, "pager.page: retry.times is missing")
end)

t.test("the copy is plain, normalised and has the defaults", function()
  local raw = setmetatable({ team = "ops", channels = "one", timeout = "1m", wait = "5m", retry = { times = 2, delay = "2s" } }, {
    __index = function() error "asked" end, __pairs = function() error "asked" end,
  })
  local out = fields.check(CALL, raw)
  t.eq(out, {
    team = "ops", channels = { "one" }, timeout = 60, wait = "5m", retry = { times = 2, delay = 2 }, urgent = false,
  })
  t.eq(getmetatable(out), nil)
  t.eq(raw.retry.delay, "2s", "what was given is left alone")
end)

t.test("a secret goes where one may, and what a plan does not know goes anywhere", function()
  local pin = secret.new("pin", "1234")
  t.ok(fields.check(CALL, { team = "ops", text = pin }).text == pin)
  local later = unknown.new "a step"
  t.ok(fields.check(CALL, { team = later }).team == later)
  t.ok(fields.check(CALL, { team = "ops", codes = later }).codes == later)
end)

t.test("of alternatives exactly one is given", function()
  local either = fields.declare("pager.either", {
    one = { "flag", help = "either" }, other = { "flag", help = "or" }, third = { "flag", help = "or" },
  }, { one_of = { { "one", "other", "third" } } })
  t.eq(fields.check(either, { one = true }).one, true)
  t.eq(t.raises("usage", fields.check, either, {}).message, "pager.either: give one of one, other or third")
  t.eq(t.raises("usage", fields.check, either, { one = true, other = true }).message,
    "pager.either: give one of one, other or third, not one and other")
end)

t.test("a first argument that may be a field is one", function()
  local function gather(...) return fields.gather(CALL, "pager.call", ...) end
  t.eq(gather("ops", { urgent = true }), { team = "ops", urgent = true })
  local given = { team = "ops" }
  t.eq(gather(given), given)
  t.eq(gather(given, nil), given)
  t.ok(gather(given) ~= given, "a copy")
  t.eq(gather(nil, { urgent = true }), { urgent = true })
  local pin, later = secret.new("pin", "1234"), unknown.new "a step"
  t.ok(gather(pin).team == pin and gather(later, { urgent = true }).team == later, "neither is a table of options")
  t.eq(t.raises("usage", gather, "ops", 5).message, "pager.call: after its team it takes a table of options, not 5")
  t.eq(t.raises("usage", gather, "ops", { team = "dev" }).message, "pager.call: team is given twice")
end)

t.test("a field that words say takes all that stand before the options, and in them", function()
  local run = fields.declare("pager.run", {
    argv = { "list", or_words = true, help = "a command" }, dir = { "text", help = "where" },
  }, { positional = "argv" })
  local function gather(...) return fields.gather(run, "pager.run", ...) end
  for _, got in ipairs { gather("ls", "-l", { dir = "/" }), gather { "ls", "-l", dir = "/" }, gather("ls", { "-l", dir = "/" }) } do
    t.eq(got, { argv = { "ls", "-l" }, dir = "/" })
  end
  t.eq(gather { dir = "/" }, { dir = "/" })
  t.eq(gather("ls", nil, "-l").argv, { "ls", false, "-l" }, "a hole is seen, and refused where the words are checked")
  t.has(t.raises("usage", gather, "ls", { argv = { "ls" } }).message, "the command is given twice, as words and as argv")
end)

t.test("a name that is looked for in the wrong place is told why it is not there", function()
  local once = fields.declare("pager.once", { team = { "text", help = "whom" } }, { elsewhere = { again = "nobody is paged twice" } })
  local err = t.raises("usage", fields.check, once, { again = true })
  t.eq({ err.message, err.hint }, { 'pager.once: no option "again"', "nobody is paged twice" })
  t.eq(t.raises("usage", fields.check, once, { other = true }).hint, "it has team")
end)
