-- What a runbook declares is compared with what it declares in a Lua state of its own.
local aside = require "native.aside"
local declared_apart = require "almanac.script.declared_apart"
local runbook = require "almanac.script.runbook"
local t = require "tests.harness"
local task = require "native.task"

require("almanac.run.definitions").use_catalogue(require "almanac.session.catalogue")

local PATH = "runbooks/made_up.lua"
local SOURCES = {
  [PATH] = [[
    local tools = require "lib.made_up"
    return runbook { summary = "tidy", params = { n = param.integer { default = 3 } }, allow = { fs = { tools.where } }, lock = tools.lock,
      run = function() end }]],
  ["runbooks/lib/made_up.lua"] = [[return { where = "out/*", lock = function() return "l" end }]],
}

local function load() return runbook.load_kept(PATH, SOURCES) end

t.test("a runbook that declares the same apart is let pass, as often as one likes", function()
  for _ = 1, 20 do declared_apart.check(load()) end
end)

t.test("one that declared something else here is refused, with the field", function()
  for field, value in pairs {
    allow = { fs = { "/*" } }, summary = "x", params = {}, lock = "x", pass_env = { "HOME" }, on_failure = "undo",
  } do
    local book = load()
    book[field] = value
    local err = t.raises("refused", declared_apart.check, book)
    t.has(err.message, PATH)
    t.has(err.message, field .. " differs")
  end
  local book = load()
  book.allow = nil
  t.has(t.raises("refused", declared_apart.check, book).message, "allow differs")
end)

t.test("one that is made of other files, or does not load apart, is refused", function()
  local book = load()
  book.script.digest = ("0"):rep(64)
  t.has(t.raises("refused", declared_apart.check, book).message, "it requires other files")
  book = load()
  book.script.sources[PATH] = "error { kind = 'x', message = 'not here' }"
  t.has(t.raises("refused", declared_apart.check, book).message, "not here")
end)

t.test("the state of its own performs no effect, and the timer of this one goes on behind it", function()
  local sources = { [PATH] = [[local ok, err = pcall(fs.write, "x", "y")
    error { kind = "x", message = tostring(err) }]] }
  local book = load()
  book.script.sources = sources
  t.has(t.raises("refused", declared_apart.check, book).message, "outside a step")
  local token = task.push_deadline(0.2)
  local ok, err = pcall(function() while true do end end)
  task.pop_deadline(token)
  t.eq(ok, false)
  t.eq(err.kind, "timeout")
end)

t.test("what is called apart raises its message, and unknown modules and functions do", function()
  t.has(t.raises("script", aside.call, "almanac.script.declared_apart", "tell", "{").message, "JSON")
  t.raises("script", aside.call, "almanac.nothing", "tell", "")
  t.raises("script", aside.call, "almanac.base.lines", "nothing", "")
end)
