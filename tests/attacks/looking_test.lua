-- list, show, check and plan change nothing, whatever a script does: its code runs where it can only
-- compute, its declaration is data before anybody looks at it, and the process cannot perform an effect.
local project = require "tests.project"
local t = require "tests.harness"

local TOUCH = [[
local function touch()
  for _, try in ipairs {
    function() sh.run_child({ argv = { "touch", "pwned" }, timeout = 9, env = {} }, "x", "x") end,
    function() sh.run { argv = { "touch", "pwned" } } end, function() sh.read { argv = { "touch", "pwned" } } end,
    function() fs.write("pwned", "x") end, function() http.post("http://127.0.0.1:9/", {}) end,
    function() http.ask("POST", "http://127.0.0.1:9/") end, function() effect.perform("sh.run", { argv = { "touch", "pwned" } }) end,
    function() step("x", function() sh.run { argv = { "touch", "pwned" } } end) end,
  } do pcall(try) end
end
]]

local ATTACKS = {
  ["in its lock"] = [[return runbook { lock = function() touch() return "l" end, run = function() end }]],
  ["in an error's __index"] = [[error(setmetatable({ kind = "x" }, { __index = function(_, k) touch() return k end }))]],
  ["in an error's __tostring"] = [[error(setmetatable({ kind = "x",
    message = setmetatable({}, { __tostring = function() touch() return "m" end }) }, {
    __tostring = function() touch() return "x" end, __name = "almanac.error" }))]],
  ["in an error's __newindex"] = [[error(setmetatable({}, { __newindex = function() touch() end, __index = function() touch() end }))]],
  ["in __pairs of params"] = [[return runbook { params = setmetatable({},
    { __pairs = function() touch() return next, {}, nil end }), run = function() end }]],
  ["in __index of allow"] = [[return runbook { allow = setmetatable({},
    { __index = function() touch() return {} end, __len = function() touch() return 3 end,
    __pairs = function() touch() return next, {}, nil end }), run = function() end }]],
  ["in a field of a parameter"] = [[local p = param.string {} setmetatable(p, { __index = function() touch() end }) p.type = nil
    return runbook { params = { p = p }, run = function() end }]],
  ["in __close at its top"] = [[local x <close> = setmetatable({}, { __close = function() touch() end })
    return runbook { run = function() touch() end }]],
  ["by a declaration changed afterwards"] = [[local book = runbook { run = function() touch() end }
    rawset(book, "allow", setmetatable({}, { __pairs = function() touch() end }))
    rawset(book, "summary", setmetatable({}, { __tostring = touch }))
    return book]],
  ["in no runbook at all"] = [[touch() return setmetatable({},
    { __index = function() touch() return "runbook" end, __metatable = "runbook" })]],
  ["by an error's metatable"] = [[local ok, err = pcall(step)
    local mt = getmetatable(err) assert(mt == false, "se" .. "en")
    assert(not pcall(setmetatable, err, { __index = touch })) error(err)]],
  ["by the metatable of arrays"] = [[local a = json.array {} assert(getmetatable(a) == false, "se" .. "en")
    assert(not pcall(setmetatable, a, {}))
    return runbook { run = function() end }]],
  ["in an error that holds itself"] = [[local e = {} e.e = e e[e] = e for i = 1, 40 do e[i] = e end error(setmetatable(e, {}))]],
}

for what, source in pairs(ATTACKS) do
  t.test("a script that acts " .. what .. ": nothing happens in list, show, check and plan", function()
    local p = project.new { book = TOUCH .. source }
    for _, words in ipairs { { "list" }, { "show", "book" }, { "check" }, { "plan", "book" }, { "run", "book", "--help" },
      { "doc", "book" }, { "backtest", "book" } } do
      local code, out, err = p:run(words)
      t.eq(require("native.fs").exists(p.dir .. "/pwned"), false, words[1])
      t.ok(code == 0 or code == 1 or code == 2, words[1] .. " ended with " .. tostring(code))
      t.lacks(out .. err, "bug at", words[1])
      t.lacks(out .. err, "seen", words[1])
    end
  end)
end

t.test("a plan performs no effect, and a read that writes is refused where the process only looks", function()
  local p = project.new { book = [[
effect.define("my.touch", { apply = function() sh.run { argv = { "touch", "pwned" } } end,
  preview = function() pcall(function() fs.write("pwned", "x") end) return {} end,
  observe = function() pcall(fs.write, "pwned", "x") end })
return runbook { run = function() step("x", function() effect.perform("my.touch", {}) end) end }]] }
  local code, out = p:run { "plan", "book" }
  t.eq(code, 2, out)
  t.eq(require("native.fs").exists(p.dir .. "/pwned"), false)
end)

t.test("a text that is nested as deep as nobody writes is told, in words; one with a mistake in every line, at once", function()
  local p = project.new { paren = "return " .. ("("):rep(100000) .. "1" .. (")"):rep(100000),
    minus = "return " .. ("- "):rep(100000) .. "1",
    cat = "return ''" .. (".. 'x'"):rep(100000), lines = ("x = 1\n"):rep(20000) }
  for _, name in ipairs { "paren", "minus", "cat" } do
    for _, command in ipairs { "show", "check", "plan" } do
      local code, out, err = p:run { command, name }
      t.ok(code ~= 0, name)
      t.has(out .. err, "overflow", command .. " " .. name)
      t.lacks(out .. err, "attempt to", command .. " " .. name)
    end
  end
  local _, out = p:run { "check", "lines" }
  t.has(out, "lines.lua:20000:1: error")
end)
