--- Code without an end, by what it is: each is a step's function, or the top level of a runbook.
return {
  pattern = [[return (("a"):rep(3000)):find(("a-"):rep(12) .. "b")]],
  match = [[return string.match(("a"):rep(3000), ("a*"):rep(12) .. "b")]],
  gmatch = [[for _ in (("a"):rep(3000)):gmatch(("a?"):rep(2) .. ("a-"):rep(9) .. "b") do end]],
  gsub = [[return (("a"):rep(3000)):gsub(("a-"):rep(12) .. "b", "")]],
  ["pcall"] = [[while true do pcall(function() while true do end end) end]],
  ["pcall of a pattern"] = [[while true do pcall(string.find, ("a"):rep(3000), ("a-"):rep(12) .. "b") end]],
  ["xpcall"] = [[while true do xpcall(function() while true do end end, function() return 1 end) end]],
  ["errors.try"] = [[while true do errors.try(function() while true do end end) end]],
  ["a chunk named as the stdlib's"] = [[load("while true do end", "@stdlib/x.lua")()]],
  ["a chunk whose text is that name"] = [[load("--@stdlib/x.lua\nwhile true do end")()]],
  ["load's reader"] = [[while true do load(function() while true do end end) end]],
  ["load's pieces"] = [[while true do pcall(load, function() return " " end) end]],
  ["a coroutine"] = [[while true do coroutine.resume(coroutine.create(function() while true do end end)) end]],
  ["coroutine.wrap in pcall"] = [[while true do pcall(coroutine.wrap(function() while true do end end)) end]],
  ["sort with a comparison"] = [[local l = {} for i = 1, 300 do l[i] = i end
    table.sort(l, function(a, b) while true do end end)]],
  ["an __index"] = [[local m = {} m.__index = function() while true do end end
    while true do pcall(function() return setmetatable({}, m).x end) end]],
  ["gsub's function"] = [[("abc"):gsub(".", function() while true do end end)]],
  ["pcall of error"] = [[while true do pcall(error) end]],
  ["pcall of pcall"] = [[local function f(n) while true do if n > 0 then pcall(f, n - 1) else pcall(error) end end end f(20)]],
  ["pcall in a coroutine"] = [[coroutine.wrap(function() while true do pcall(error) end end)()]],
  ["coroutines of coroutines"] = [[local function f() while true do coroutine.wrap(function() pcall(f) end)() end end f()]],
  ["a slow line in a coroutine"] = [[coroutine.wrap(function() local s = ("a"):rep(1e7) while true do local _ = s .. "b" end end)()]],
  ["a variable that is closed with an error of its own"] = [[
    local mt = { __close = function() error("mine") end }
    while true do pcall(function() local x <close> = setmetatable({}, mt) while true do end end) end]],
  ["a __close without an end"] = [[
    local x <close> = setmetatable({}, { __close = function() while true do pcall(error) end end })
    error("now it is closed")]],
  ["coroutine.close"] = [[
    local co = coroutine.create(function()
      local x <close> = setmetatable({}, { __close = function() while true do end end }) coroutine.yield() end)
    coroutine.resume(co)
    while true do pcall(coroutine.close, co) end]],
  ["a __concat"] = [[local _ = setmetatable({}, { __concat = function() while true do end end }) .. "x"]],
  ["a __lt"] = [[local m = { __lt = function() while true do end end } table.sort { setmetatable({}, m), setmetatable({}, m) }]],
  ["a __call in a for"] = [[for _ in setmetatable({}, { __call = function() return true end }) do end]],
  ["sort by the library"] = [[local l = {} for i = 1, 1e6 do l[i] = i end while true do table.sort(l, pcall) end]],
  ["sort of long texts"] = [[local s, l = ("a"):rep(1e7), {} for i = 1, 10000 do l[i] = s end table.sort(l)]],
  ["gsub by the library"] = [[while true do (("a"):rep(1e7)):gsub(".", math.type) end]],
  ["tostring by the library"] = [[
    local x = setmetatable({}, { __tostring = function() return "x" end })
    while true do string.format(("%s"):rep(200), table.unpack({ x, x, x }, 1, 200)) end]],
  ["recursion"] = [[local function f() return f() end f()]],
  ["deep recursion, again and again"] = [[local function f() f() end while true do pcall(f) end]],
}
