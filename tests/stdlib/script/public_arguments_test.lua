-- What the public functions are given: wrong arguments are named with the function's name, by the run and by check.
local sandbox = require "almanac.script.sandbox"
local t = require "tests.harness"

local function why(text) return t.raises("usage", sandbox.load, "x.lua", text).message end

t.test("an option that there is not is refused", function()
  t.has(why [[json.decode("{}", { nul = "absent" })]], 'json.decode: no option "nul"; did you mean null?')
  t.has(why [[json.encode({}, { canonical = 1 })]], "json.encode: canonical must be true or false, not 1")
  t.has(why [[yaml.decode("a: 1", { dialekt = "core" })]], 'yaml.decode: no option "dialekt"; did you mean dialect?')
  t.has(why [[yaml.decode_all("a: 1", { null = "drop" })]], 'yaml.decode_all: null must be "keep" or "absent"')
  t.has(why [[yaml.lines("a: 1", { nam = "x" })]], 'yaml.lines: no option "nam"; did you mean name?')
  t.has(why [[yaml.encode({}, { indent = 2 })]], "yaml.encode: takes a value, and no options")
  t.has(why [[confirm("Sure?", { default = "yes" })]], "confirm: takes the question, and nothing besides it")
  sandbox.load("x.lua", [[assert(json.encode({ 1 }, { indent = 2 }) == "[\n  1\n]")]])
end)

t.test("no public function passes over a table of options that it does not take", function()
  local manual, public = require "almanac.script.manual.manual", require "almanac.script.public"
  local functions, count = require "almanac.script.manual.functions", 0
  for _, page in ipairs(manual.pages()) do
    local value = public.value(page.name)
    for _, entry in ipairs(page.entries) do
      local fn = type(value) == "table" and value[entry.name] or value
      local known = not manual.is_constant(page, entry) and functions.of(fn)
      if known and not known.more then
        count = count + 1
        local name = manual.full_name(page, entry)
        local said = why(string.format("%s(%s{ misspelt = true })", name, ("nil, "):rep(#known.names)))
        t.has(said, ": it takes no table of options", name)
      end
    end
  end
  t.ok(count > 50, count)
  local err = t.raises("usage", sandbox.load, "x.lua", [[sleep("x", "1s", { seconds = 1 })]])
  t.eq({ err.message, err.hint }, { "sleep: it takes no table of options", "it is called as sleep(name, length)" })
end)

t.test("a wrong argument is named with its function", function()
  t.has(why [[sh.quote(nil)]], "sh.quote: the command must be texts")
  t.has(why [[duration.format("x")]], 'duration.format: seconds must be a number, not "x"')
  t.has(why [[errors.raise(nil)]], "errors.raise: takes a table { kind = …, message = … }, not nil")
end)

t.test("an error that a script raises has its fields, and data beside them", function()
  t.has(why [[errors.raise { kind = "x", mesage = "m" }]], 'errors.raise: no option "mesage"; did you mean message?')
  t.has(why [[errors.raise { kind = "x", message = "m", hnt = "h" }]], 'errors.raise: no option "hnt"; did you mean hint?')
  t.has(why [[errors.raise { kind = "x" }]], "errors.raise: message is missing")
  t.has(why [[errors.raise { kind = "x", message = {} }]], "errors.raise: message must be a string, not a table")
  sandbox.load("x.lua", [[
    local ok, err = errors.try(errors.raise, { kind = "x", message = "m", hit = 3, hint = "h", hints = "data, beside a hint" })
    assert(not ok and err.kind == "x" and err.hit == 3 and err.hints)
    local again, same = errors.try(errors.raise, err)
    assert(not again and same == err, "one that was caught is raised as it is")
    ok, err = errors.try(json.decode, "{")
    again, same = errors.try(errors.raise, err)
    assert(same == err and err.kind == "parse", "one of the library's, too")
  ]])
end)
