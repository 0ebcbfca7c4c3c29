-- A script cannot tell which command loads it, in which process, for whom: what it declares to a run is what was shown.
-- What it could tell it by is put into one number, which has to be the same wherever it is loaded.
local fs = require "native.fs"
local process = require "native.process"
local project = require "tests.project"
local t = require "tests.harness"

local SEEN = [==[
local seen = {}
local function see(...)
  local parts = table.pack(...)
  for i = 1, parts.n do parts[i] = tostring(parts[i]) end
  seen[#seen + 1] = table.concat(parts, " ")
end

-- Addresses.
for _, value in ipairs { {}, print, coroutine.create(print), coroutine.running(), string, setmetatable({}, { __name = "x" }), json.null,
  param.string {} } do
  see(tostring(value), string.format("%s|%20s|%-9s", value, value, value), (pcall(string.format, "%p", value)))
  see(pcall(error, value))
  see(select(2, errors.try(error, value)).message)
  see(pcall(function() return value < value end))
  see(pcall(function() return value .. "" end))
  see(pcall(function() return value.x.y.z end))
end
see(pcall(table.concat, { {}, print }))

-- Who called.
for level = 0, 60 do see(pcall(error, "x", level)) end
see(select(2, errors.try(function() local x = nil + 1 end)).traceback)
for _, refused in ipairs { fs.read, http.get, step, parallel, sh.run, k8s.get, runbook, effect.perform, json.array, yaml.decode } do
  see(pcall(refused)) see(pcall(refused, {}, print)) see(pcall(refused, 5, {}))
  for key, value in pairs(select(2, errors.try(refused, "x", 5))) do see(key, value) end
end
see(coroutine.running())
see(coroutine.isyieldable(), (pcall(coroutine.yield)))
local deep = 0
local function down() deep = deep + 1 return pcall(down) end
down() see(deep)
local within = 0
local function inner() within = within + 1 return coroutine.wrap(inner)() end
pcall(inner) see(within)
for i = 150, 250 do see((load("return " .. ("("):rep(i) .. "1" .. (")"):rep(i)))) end
see(pcall(table.unpack, {}, 1, 5e6))

-- Order.
local names, others = {}, {}
for i = 1, 60 do names["name " .. i * 7919 % 61] = i others[i % 7 == 0 and i + 0.5 or -i] = i end
for _, map in ipairs { names, others, string, _G, { [true] = 1, [false] = 2, x = 3, [2] = 4 } } do
  for key, value in pairs(map) do see(key, value) end
  local key, value = next(map)
  while key ~= nil do see(key, value) key, value = next(map, key) end
end
for i = 1, 60, 2 do names["name " .. i] = nil end
for key in pairs(names) do see(key) end
see(json.encode(names)) see(pcall(json.encode, { a = print, b = print, c = print })) see(yaml.encode(names))
for _, wrong in ipairs { { a = 1, b = 2, c = 3, d = 4, e = 5 }, { summary = 1, help = 2, lock = 3, run = 4 }, { params = names },
  { params = { a = 1, b = 2, c = 3, d = 4 }, run = print }, { allow = { a = 1, b = 2, c = 3 }, run = print } } do
  see(pcall(runbook, wrong))
  see(pcall(param.string, wrong))
  see(pcall(effect.define, "x.y", wrong))
  see(select(2, errors.try(error, wrong)).message)
end
see(pcall(function() return nonames end))

-- What sorting compares, of a list that divides badly.
local bad = {}
for i = 1, 1000 do bad[i] = i % 2 == 0 and i or 1000 - i end
local compared = {}
table.sort(bad, function(a, b) compared[#compared + 1] = a .. "," .. b return a % 100 < b % 100 end)
see(table.concat(compared, " ")) see(table.concat(bad, " "))

-- What was collected.
local weak = setmetatable({}, {})
getmetatable(weak).__mode = "k"
weak[{}] = 1
local joined = setmetatable({}, { __concat = function() return "x" end })
for i = 1, 20000 do local _ = { i } if i % 100 == 0 then local _ = joined .. i end end
see(next(weak) == nil)

-- The clock, chance, the environment.
for _, ask in ipairs { os.time, os.clock, os.date, math.random, function() return os.getenv "HOME" end } do see(pcall(ask)) end
see(os.difftime(2, 1), _VERSION)

local text = table.concat(seen, "\n")
local at = text:find "0x%x%x%x"
assert(not at, at and "an address: " .. text:sub(at - 80, at + 20))
assert(not text:find "stdlib/cli" and not text:find "stdlib/session", "who called")
local sum = 0
for i = 1, #text do sum = (sum * 31 + text:byte(i)) % 1000000007 end
]==]

local function number_in(text, what)
  return t.ok(text:match "seen:(%d+)", what .. ": " .. text)
end

t.test("a script sees the same in every command, in every process, however its path is typed, from any environment", function()
  local p = project.new { book = SEEN .. 'errors.raise { kind = "x", message = "seen:" .. sum }' }
  fs.mkdir(p.dir .. "/elsewhere")
  local first
  for _, words in ipairs {
    { "show", "book" }, { "show", "book" }, { "list" }, { "check" }, { "plan", "book" }, { "run", "book" },
    { "rehearse", "book", "--empty" }, { "backtest", "book", "--at", "2026-01-01T00:00:00Z" }, { "run", "book", "--help" },
    { "show", "./runbooks//book.lua" }, { "run", "runbooks/../runbooks/book.lua" }, { "plan", p.dir .. "/runbooks/book.lua" },
  } do
    for _, env in ipairs { {}, { LANG = "tr_TR.UTF-8", LC_ALL = "de_DE.UTF-8", TZ = "Asia/Tokyo", PADDING = ("x"):rep(5000) } } do
      local _, out, err = p:run(words, env)
      local number = number_in(out .. err, table.concat(words, " "))
      first = first or number
      t.eq(number, first, table.concat(words, " "))
    end
  end
  local _, out, err = t.run({ process.exe(), "show", "../runbooks/book.lua" }, { cwd = p.dir .. "/elsewhere" })
  t.eq(number_in(out .. err, "from elsewhere"), first)
end)

t.test("what it declares of it is taken: it is what it declares apart, too", function()
  local p = project.new { book = SEEN .. 'return runbook { summary = "seen:" .. sum, run = function() end }' }
  for _, words in ipairs { { "show", "book" }, { "run", "book" }, { "plan", "book" } } do
    local code, out, err = p:run(words)
    t.eq(code, 0, out .. err)
  end
end)

local EXHAUSTED = "loading it takes more memory, or more calls within calls, than there is"

for what, body in pairs {
  ["a stack, with pcall"] = "pcall(h)",
  ["a stack, with errors.try"] = "errors.try(h)",
  ["a stack, with xpcall"] = "xpcall(h, function() return 1 end)",
  ["a stack, with a handler that goes as deep"] = "xpcall(h, h)",
  ["a stack, in a coroutine"] = "coroutine.resume(coroutine.create(h))",
  ["a stack, in a wrap"] = "pcall(coroutine.wrap(h))",
  ["a stack, in a chunk"] = "pcall(load('local h = ... return 1 + h()'), h)",
  ["memory, at once"] = "pcall(string.rep, 'x', 1000000000)",
  ["memory, by doubling"] = "pcall(function() local s = ('x'):rep(1000) while true do m = m + 1 s = s .. s end end)",
  ["memory, in a coroutine"] = "coroutine.resume(coroutine.create(function() return ('x'):rep(1000000000) end))",
} do
  t.test("how much there is of " .. what .. ", a script is not told at its top", function()
    local p = project.new { book = "local m = 0 local function h() m = m + 1 return 1 + h() end " .. body ..
      " return runbook { summary = 'm' .. m, run = function() end }" }
    for _, command in ipairs { "show", "run" } do
      local code, out, err = p:run { command, "book" }
      t.ok(code ~= 0, out .. err)
      t.has(out .. err, EXHAUSTED)
    end
  end)
end

t.test("a weak table, and an order that keys do not have, are refused in words", function()
  local p = project.new { book = "" }
  for body, words in pairs {
    ["setmetatable({}, { __mode = 'k' })"] = "__mode is not for scripts",
    ["for _ in pairs { [{}] = 1, [{}] = 2 } do end"] = "have no order that is the same in each run",
    ["next { [print] = 1, [type] = 2 }"] = "have no order that is the same in each run",
    ["string.format('%p', {})"] = "an address differs from run to run",
    ["table.sort({ 3, 2, 1 }, 7)"] = "takes a function",
  } do
    p:edit("book", "return runbook { run = function() " .. body .. " end }")
    local code, out, err = p:run { "run", "book" }
    t.eq(code, 1, out .. err)
    t.has(out .. err, words)
  end
end)

t.test("a run and its resume go through a table in the same order, whatever was in it before", function()
  local p = project.new { book = [[
    return runbook { run = function()
      local map = {}
      for i = 1, 50 do map[{}] = i map["k" .. i] = i end
      for key in next, { a = 1 } do map[key] = 1 end
      local texts = {}
      for key, value in pairs { one = 1, two = 2, three = 3, four = 4, five = 5 } do texts[#texts + 1] = key .. value end
      for i, text in ipairs(texts) do step(text .. " as " .. i, function() if i == 4 then fs.read "wanted" end end) end
    end }]] }
  local code, out, err = p:run { "run", "book", "--no-ask" }
  t.eq(code, 1, out .. err)
  t.write_file(p.dir .. "/wanted", "")
  code, out, err = p:run { "resume", "--no-ask" }
  t.eq(code, 0, out .. err)
  local _, log = p:run { "log", p:newest() }
  local _, steps = log:gsub("step%.done", "")
  t.eq(steps, 5, log)
end)
