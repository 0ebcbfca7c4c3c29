--- The parameters of a session: defaults, what the journal keeps of them, and what a resume makes of that.
local own_params = require "almanac.run.own_params"
local param = require "almanac.base.param"
local params = require "almanac.session.params"
local secret = require "almanac.base.secret"
local settings = require "almanac.config.settings"
local t = require "tests.harness"

--- An operator who types these answers, one after the other.
local function operator(...)
  local answers, asked = { ... }, {}
  return {
    asked = asked,
    line = function(_, prompt, hidden)
      asked[#asked + 1] = (type(prompt) == "table" and table.concat(prompt, "\n") or prompt) .. (hidden and "(hidden)" or "")
      return table.remove(answers, 1)
    end,
  }
end

local book = {
  name = "rollout",
  params = {
    tag = param.string { required = true, help = "e.g. v1" }, observe = param.duration { default = "10m" },
    count = param.integer {}, token = param.secret { required = true },
  },
}

t.test("a required one that is missing is asked for, a secret without showing it", function()
  local who = operator("v3", "hunter2-hunter2")
  local values = params.resolve(book, {}, who)
  t.eq({ values.tag, values.observe, values.count }, { "v3", 600 })
  t.eq(secret.reveal(values.token), "hunter2-hunter2")
  table.sort(who.asked)
  t.eq(who.asked, { "? tag (e.g. v1; a text): ", "? token (a secret, for example env:NAME or file:PATH): (hidden)" })
end)

t.test("an empty answer is none, and the parameter is named", function()
  local err = t.raises("refused", params.resolve, book, { token = "abc-abc-abc" }, operator "")
  t.has(err.message, "tag")
end)

t.test("an answer that does not fit is asked for again, with the reason; so is an empty one", function()
  local one = { name = "book", params = { wait = param.duration { required = true, help = "how long", min = 1, max = 600 } } }
  local who = operator("", "1h", "soon", "90s")
  t.eq(params.resolve(one, {}, who).wait, 90)
  local prompt = "? wait (how long; a duration from 1s to 10m, for example 90s): "
  t.eq(who.asked, {
    prompt, "  wait is required\n" .. prompt, '  parameter wait must be at most 10m, not "1h"\n' .. prompt,
    '  parameter wait must be a duration such as 90s, 10m or 1h30m, not "soon"\n' .. prompt,
  })
end)

t.test("all that are missing, and all that do not fit, are named at once; nobody is asked while a given one does not fit", function()
  local err = t.raises("refused", params.resolve, book, {}, operator())
  t.eq(err.message, "rollout: parameters tag, token are missing")
  t.has(err.hint, "for example: tag=v1 token=…")
  local who = operator "v1"
  err = t.raises("refused", params.resolve, book, { count = "many", observe = "soon" }, who)
  t.eq(err.message, "rollout: parameter count must be a whole number of at most 64 bits, not \"many\"; parameter observe must be a "
    .. "duration such as 90s, 10m or 1h30m, not \"soon\"; parameters tag, token are missing")
  t.eq(who.asked, {})
end)

t.test("a name that is no parameter raises where it is read, with the one that was meant", function()
  local values = params.resolve(book, { tag = "v1", token = "abc-abc-abc" }, operator())
  t.eq(values.count, nil, "a parameter without a value is absent")
  t.has(t.raises("usage", function() return values.tagg end).message, "rollout has no parameter tagg; did you mean tag?")
  t.has(t.raises("usage", function() return values.zebra end).hint, "its parameters are count, observe, tag, token")
end)

t.test("a parameter is not assigned to: a new name at once, another value or a change within before the next step", function()
  local lists = { name = "rollout", params = { tag = param.string {}, nodes = param.list {}, note = param.string {}, by = param.map {} } }
  local function values() return params.resolve(lists, { tag = "v1", nodes = "a,b", by = "x=1" }, operator()) end
  t.has(t.raises("usage", function() values().note = "x" end).message, "its parameter note")
  for name, change in pairs {
    tag = function(p) p.tag = "v2" end, nodes = function(p) table.insert(p.nodes, "c") end,
    by = function(p) p.by.x = nil end,
  } do
    local given = values()
    own_params.check(given)
    change(given)
    t.has(t.raises("usage", own_params.check, given).message, "its parameter " .. name)
    -- Tried once more, it has what was given.
    t.eq(own_params.call({}, function(p) return { p.tag, #p.nodes, p.by.x } end, given), { "v1", 2, "1" })
    t.raises("usage", own_params.call, {}, change, given)
  end
end)

t.test("an error in a value of a file names the file's line", function()
  local places = { count = { file = "almanac.yaml", line = 7, column = 12 } }
  local err = t.raises("refused", params.resolve, book, { tag = "v1", token = "abc-abc-abc", count = "many" }, operator(), places)
  t.has(err.message, "almanac.yaml, line 7, column 12")
  t.eq({ err.file, err.line, err.column }, { "almanac.yaml", 7, 12 })
end)

t.test("where values are written: of almanac.yaml, unless they were given, and of a file of parameters", function()
  settings.param_places = { rollout = { tag = { line = 1 }, count = { line = 2 } } }
  t.defer(function() settings.param_places = {} end)
  t.eq(params.places(book, { tag = "v1" }, { param_places = { observe = { line = 9 } } }),
    { count = { line = 2 }, observe = { line = 9 } })
end)

t.test("the journal keeps where a secret is, and never its text", function()
  local values = { tag = "v1", observe = 600, token = secret.new("token", "hunter2-hunter2") }
  t.eq(params.journalled(book.params, { token = "env:TOKEN" }, values), { tag = "v1", observe = 600, token = "env:TOKEN" })
  t.eq(params.journalled(book.params, { token = "hunter2-hunter2" }, values).token, nil, "what was typed is asked for again")
  values.tag = "v1-hunter2-hunter2"
  t.eq(params.journalled(book.params, {}, values).tag, nil, "nor a text that holds it")
end)

t.test("a resume has what the run was started with, under what is given anew; what is dropped is named", function()
  local run = { meta = { params = { tag = "v1", old = "x", token = "abc-abc-abc" } }, replay = { params = { count = 3 }, unkept = {} } }
  local values, dropped = params.restore(book, run, operator(), { tag = "v2" })
  t.eq({ values.tag, values.count }, { "v2", 3 })
  t.eq(dropped, "old=x")
  t.eq(params.of({ tag = true }, { tag = "v2", count = 3 }), { tag = "v2" })
end)

t.test("a false that an older almanac kept in no journal is false, and not asked for", function()
  local flags = { name = "flags", params = { loud = param.boolean { default = true }, quick = param.boolean {} } }
  local run = { id = "flags-1", meta = { params = {}, unkept = { "loud" } }, replay = { params = {}, unkept = { quick = true } } }
  local values = params.restore(flags, run, operator())
  t.eq({ values.loud, values.quick }, { false, false })
  t.eq(params.restore(flags, run, operator(), { loud = true }).loud, true)
  t.eq(params.journalled(flags.params, {}, { loud = false, quick = true }), { loud = false, quick = true })
end)
