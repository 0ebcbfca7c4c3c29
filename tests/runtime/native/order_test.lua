-- What scripts see in the place of Lua's pairs, next and sort: the same order in every process.
local order = require "native.order"
local t = require "tests.harness"

local function keys(walk, map)
  local out = {}
  for key, value in walk(map) do
    t.eq(rawget(map, key), value)
    out[#out + 1] = tostring(key)
  end
  return table.concat(out, " ")
end

local function by_next(map) return order.next, map end

local MAPS = {
  [""] = {},
  ["1 2 3 -3 0.5 5 7 a ab b false true table"] = {
    b = 1, ab = 1, a = 1, [true] = 1, [false] = 1, [{}] = 1, 1, 2, 3, [5] = 1, [7] = 1, [0.5] = 1, [-3] = 1,
  },
  ["9007199254740993 9007199254740994 inf"] = { [2 ^ 53 + 2] = 1, [9007199254740993] = 1, [1 / 0] = 1 },
  [" \0 \0a a\0b"] = { [""] = 1, ["\0"] = 1, ["\0a"] = 1, ["a\0b"] = 1 },
  ["alike-01 alike-02 alike-020 alike-1"] = { ["alike-1"] = 1, ["alike-02"] = 1, ["alike-01"] = 1, ["alike-020"] = 1 },
}

t.test("the first numbers, other numbers, texts byte by byte, booleans, one key of another kind", function()
  for want, map in pairs(MAPS) do
    t.eq(keys(order.pairs, map), want)
    t.eq(keys(by_next, map), want)
  end
end)

t.test("any keys come in the order of a sort, each once, however the table was made", function()
  math.randomseed(7)
  for round = 1, 200 do
    local map, list = {}, {}
    for _ = 1, math.random(0, 60) do
      local key = math.random() < 0.5 and math.random(-20, 60) or "alike " .. math.random(0, 60)
      if map[key] == nil then list[#list + 1] = key end
      map[key] = round
    end
    for i = #list, 1, -3 do map[table.remove(list, i)] = nil end
    local run = 0
    while map[run + 1] do run = run + 1 end
    local function rank(key)
      if type(key) == "string" then return 3 end
      return key >= 1 and key <= run and 1 or 2
    end
    table.sort(list, function(a, b)
      if rank(a) ~= rank(b) then return rank(a) < rank(b) end
      return a < b
    end)
    for i, key in ipairs(list) do list[i] = tostring(key) end
    t.eq(keys(order.pairs, map), table.concat(list, " "))
    t.eq(keys(by_next, map), table.concat(list, " "))
  end
end)

t.test("what is taken out meanwhile is passed over, what is given a value is seen with it", function()
  local map, seen = { 1, 2, 3, a = 4, b = 5, c = 6 }, {}
  for key, value in order.pairs(map) do
    seen[#seen + 1] = tostring(key) .. value
    if key == 1 then map[2], map.b, map.c = nil, nil, 9 end
  end
  t.eq(table.concat(seen, " "), "11 33 a4 c9")
  for key in order.next, map do map[key] = nil end
  t.eq(next(map), nil)
end)

t.test("next from any key, also one that is gone; the walk of one table is not that of another", function()
  local one, two = { a = 1, c = 2, e = 3 }, { a = 1, d = 2 }
  t.eq(order.next(one), "a")
  t.eq(order.next(one, "a"), "c")
  t.eq(order.next(two, "a"), "d")
  t.eq(order.next(one, "b"), "c")
  t.eq(order.next(one, "c"), "e")
  t.eq(order.next(one, "e"), nil)
  t.eq(order.next({ 1, 2, 3, x = 1 }, 3), "x")
  t.eq(order.next({ 1, 2, 3 }, 1), 2)
end)

t.test("__pairs is asked; several keys without an order are refused", function()
  local map = setmetatable({}, { __pairs = function() return next, { x = 1 }, nil end })
  for key in order.pairs(map) do t.eq(key, "x") end
  for _, walk in ipairs { order.pairs, order.next } do
    t.has(t.raises("usage", walk, { [{}] = 1, [print] = 2 }).message, "no order")
    t.eq((pcall(walk, 5)), false)
    t.eq((pcall(walk)), false)
  end
end)

t.test("a sort keeps what is equal in its order, and compares the same whatever the clock says", function()
  local function made()
    local list, compared = {}, {}
    for i = 1, 2000 do list[i] = { key = i * 7919 % 13, at = i } end
    order.sort(list, function(a, b)
      compared[#compared + 1] = a.at
      return a.key < b.key
    end)
    for i = 2, #list do
      local a, b = list[i - 1], list[i]
      t.ok(a.key < b.key or a.key == b.key and a.at < b.at)
    end
    return table.concat(compared, " ")
  end
  t.eq(made(), made())
end)

t.test("a comparison that contradicts itself sorts somehow; one that raises leaves the list as it was", function()
  local list = {}
  for i = 1, 500 do list[i] = i end
  order.sort(list, function() return true end)
  local sum = 0
  for _, value in ipairs(list) do sum = sum + value end
  t.eq(sum, 500 * 501 // 2)
  local before = table.concat(list, " ")
  local asked = 0
  t.eq((pcall(order.sort, list, function()
    asked = asked + 1
    return asked < 300 or error "x"
  end)), false)
  t.eq(table.concat(list, " "), before)
end)
