-- What a script does where it is only looked at, and what it calls of the library's inside, is stopped in words by who
-- plans and who runs it, and costs the journal nothing. (looking_test.lua and internals_test.lua try many more ways at once.)
local project = require "tests.project"
local t = require "tests.harness"
local walls = require "tests.attacks.walls"

local CHILD = [[sh.run_child({ argv = { "touch", "pwned" }, timeout = 9 }, "x", "x")]]
local NO_CHILD = "sh has no field 'run_child'"

local function with(options) return "return runbook { " .. options .. ", run = function() step('x', function() end) end }" end

--- Tries what each does, in a place where a script is called.
local function everywhere(place)
  local cases = {}
  for _, call in ipairs {
    { CHILD, NO_CHILD }, { [[sh.run { "touch", "pwned" }]], "sh.run was called outside a step" },
    { [[fs.write("pwned", "x")]], "fs.write was called outside a step" },
    { [[http.post("http://127.0.0.1:9/", {})]], "http.request was called outside a step" },
    { [[step("y", function() end)]], [[step "y": there is no run here]] },
    { [[effect.perform("sh.run", { argv = { "touch", "pwned" } })]], [["sh.run" is no effect of this script]] },
  } do
    local source = place:gsub("CALL", function() return call[1] end)
    cases[#cases + 1] = { source, call[2] }
  end
  return cases
end

t.test("in its lock, and at its top: an effect is refused by its name, with the step to write", function()
  walls.try(project.new {}, everywhere(with [[lock = function() CALL return "l" end]]))
  walls.try(project.new {}, everywhere("CALL " .. with [[summary = "x"]]))
end)

t.test("in an error: nothing of it is called by who tells it", function()
  local cases = {}
  for _, mt in ipairs {
    "__index = function(_, k) CALL return k end", "__tostring = function() CALL return 'x' end",
    "__pairs = function() CALL return next, {}, nil end", "__name = setmetatable({}, { __tostring = function() CALL end })",
    "__eq = function() CALL end, __len = function() CALL end, __call = function() CALL end, __concat = function() CALL end",
  } do
    local meta = mt:gsub("CALL", function() return CHILD end)
    for _, command in ipairs { "list", "show", "check", "plan" } do
      local error_of = "error(setmetatable({ kind = 'x' }, { " .. meta .. " }))"
      cases[#cases + 1] = { error_of, command == "check" and "no field 'run_child'" or "an error without a message: kind = x",
        commands = { command } }
    end
    cases[#cases + 1] = { walls.step("error(setmetatable({ kind = 'x' }, { " .. meta .. " }))"), "an error without a message" }
  end
  walls.try(project.new {}, cases)
end)

t.test("in a declaration's metatable: it is read raw, and what is not in it is not there", function()
  local cases = {}
  for _, field in ipairs { "params", "allow" } do
    for _, mt in ipairs { "__pairs = function() CALL return next, {}, nil end", "__index = function() CALL return {} end",
      "__len = function() CALL return 3 end, __iter = function() CALL end" } do
      local meta = mt:gsub("CALL", function() return [[sh.run { "touch", "pwned" }]] end)
      cases[#cases + 1] = { with(field .. " = setmetatable({}, { " .. meta .. " })"), "Plan: 0 effects", commands = { "plan" },
        goes_on = true }
      cases[#cases + 1] = { with(field .. " = setmetatable({}, { " .. meta .. " })"), "parameters: none", commands = { "show" },
        goes_on = true }
    end
  end
  for _, field in ipairs { "pass_env", "summary", "lock" } do
    cases[#cases + 1] = { with(field .. " = setmetatable({}, { __index = function() " .. CHILD .. " end, __tostring = function() "
      .. CHILD .. " return 'x' end, __len = function() " .. CHILD .. " end })"), "runbook: " .. field }
  end
  walls.try(project.new {}, cases)
end)

t.test("metatables that are shared: none is reached", function()
  local cases = {}
  for source, words in pairs {
    ["local _, e = pcall(step) setmetatable(e, { __index = print })"] = "setmetatable: this table has a metatable of its own",
    ["local _, e = pcall(step) getmetatable(e).__index = print"] = "attempt to index a boolean value",
    ["local _, e = pcall(step) rawset(getmetatable(e), '__index', print)"] = "table expected, got boolean",
    ["setmetatable(json.array {}, { __len = print })"] = "setmetatable: this table has a metatable of its own",
    ["getmetatable(json.array {}).__len = print"] = "attempt to index a boolean value",
    ["getmetatable('').__index = print"] = "attempt to index a boolean value",
    ["debug.setmetatable(1, {})"] = "there is no global 'debug'",
  } do
    cases[#cases + 1] = { source .. " " .. with [[summary = "x"]], words }
    cases[#cases + 1] = { walls.step(source), words }
  end
  walls.try(project.new {}, cases)
end)

t.test("names of the library's inside: a step that calls one stops at its line, in the plan and in the run", function()
  local cases = {}
  for call, name in pairs {
    [ [[sh.run_child({ argv = { "touch", "pwned" }, timeout = 9 }, "x", "x")]] ] = "field 'run_child'",
    [ [[http.ask("POST", "http://127.0.0.1:9/")]] ] = "field 'ask'",
    [ [[param.resolve({}, {})]] ] = "field 'resolve'",
    [ [[http.judge_check({})]] ] = "field 'judge_check'",
    [ [[effect.with_permit("effect", print)]] ] = "field 'with_permit'",
    [ [[sh.exec { argv = { "touch", "pwned" } }]] ] = "field 'exec'",
    [ [[k8s.request("DELETE", "/api/v1/namespaces/x")]] ] = "field 'request'",
    [ [[fs.write_raw("pwned", "x")]] ] = "field 'write_raw'",
    [ [[rawget(sh, "run_child")({})]] ] = "attempt to call a nil value",
    [ [[getmetatable(http).__index.ask("POST", "http://127.0.0.1:9/")]] ] = "attempt to index a boolean value",
    [ [[require "almanac.host.sh".run_child {}]] ] = "no file runbooks/almanac/host/sh.lua",
    [ [[require "native.sh".exec { argv = { "touch", "pwned" } }]] ] = "no file runbooks/native/sh.lua",
    [ [[package.loaded["almanac.host.sh"].run_child {}]] ] = "there is no global 'package'",
  } do cases[#cases + 1] = { walls.step(call), name } end
  walls.try(project.new {}, cases)
end)

t.test("an effect of a library's name is refused where it is defined, in words", function()
  local cases = {}
  for name, words in pairs {
    ["helm.upgrade"] = "helm is a name of the standard library", ["k8s.apply"] = "k8s is a name of the standard library",
    ["sh.run"] = "sh is a name of the standard library", ["helm.own"] = "helm is a name of the standard library",
    ["helm.upgrade\\0"] = "helm is a name of the standard library", ["helm..upgrade"] = "helm is a name of the standard library",
    ["helm.upgrade "] = "helm is a name of the standard library", ["helm .upgrade"] = "must be of the form module.verb",
    [" helm.upgrade"] = "must be of the form module.verb", ["upgrade"] = "must be of the form module.verb",
  } do
    local define = string.format("effect.define(\"%s\", { apply = function() fs.write('pwned', 'x') end })", name)
    cases[#cases + 1] = { define .. " " .. with [[summary = "x"]], words }
    cases[#cases + 1] = { walls.step(define), words }
  end
  walls.try(project.new {}, cases)
end)

t.test("an effect of the script's own takes nothing past allow, whatever it says that it touches", function()
  local cases = {}
  local function own(options, allow, words, commands)
    cases[#cases + 1] = { "effect.define('my.x', { " .. options .. " }) " ..
      walls.step("effect.perform('my.x', {})", "allow = " .. allow .. ","), words, commands = commands }
  end
  local run = [[apply = function() sh.run { "touch", "pwned" } end]]
  own("apply = function() " .. CHILD .. " end", "{}", "the effect does not say what it touches")
  own(run, "{}", "the effect does not say what it touches")
  own(run .. ", allow = { category = 'my', of = function() return 'a' end }", "{}", [[may not touch my "a"]])
  own(run .. ", allow = { category = 'my', of = function() return { 'a', 'b' } end }", "{ my = { 'a' } }", [[may not touch my "b"]])
  own(run .. ", allow = { category = 'my', of = function() return '' end }", "{ my = { 'a' } }", [[may not touch my ""]])
  for _, of in ipairs { "{}", "nil", "'a'" } do
    own(run .. ", allow = { category = 'my', of = function() return " .. of .. " end }", "{ my = { 'a' } }",
      [[sh.run: this runbook may not touch shell "touch"]], { "run" })
  end
  own(run .. ", allow = { category = 'shell', of = function() return 'true' end }", "{ shell = { 'true' } }",
    [[sh.run: this runbook may not touch shell "touch"]], { "run" })
  own(run .. ", allow = false", "{}", "allow must be a table, not false")
  walls.try(project.new {}, cases)
end)
