--- Expressions of a Lua text: operators by their binding powers, as lparser.c has them.
--- https://www.lua.org/source/5.4/lparser.c.html
local cursor = require "almanac.script.lint.cursor"
local scope = require "almanac.script.lint.scope"

local M = {}

local advance, pos_of, fail, take = cursor.advance, cursor.pos_of, cursor.fail, cursor.take
local expect, expect_name, deeper = cursor.expect, cursor.expect_name, cursor.deeper

local expression

local function expression_list(p)
  local list = { expression(p) }
  while take(p, ",") do list[#list + 1] = expression(p) end
  return list
end

local function name_node(p, name, pos)
  local binding = scope.resolve(p.fn, name)
  local node = { tag = "Name", pos = pos, name = name, binding = binding }
  -- Under a local _ENV a free name is a field of that, not a global.
  if not binding and scope.resolve(p.fn, "_ENV") then node.other_env = true end
  return node
end

local function parameters(p, fn, node)
  expect(p, "(")
  if p.kind ~= ")" then
    repeat
      if take(p, "...") then
        fn.vararg = true
        break
      end
      node.bindings[#node.bindings + 1] = scope.declare(fn, expect_name(p))
    until not take(p, ",")
  end
  expect(p, ")")
end

--- What follows the word function and the name.
local function function_body(p, pos, is_method)
  local fn = scope.open(p.fn)
  local node = { tag = "Function", pos = pos, bindings = {}, owner = fn }
  p.fn = fn
  if is_method then node.bindings[1] = scope.declare(fn, "self", pos) end
  parameters(p, fn, node)
  node.body = p:statement_list()
  expect(p, "end")
  scope.leave(fn)
  p.fn = fn.parent
  return node
end

local function table_item(p)
  local pos = pos_of(p)
  if p.kind == "name" and p.kinds[p.i + 1] == "=" then
    local key = { tag = "String", pos = pos, value = p.values[p.i] }
    advance(p)
    advance(p)
    return { tag = "Item", pos = pos, key = key, value = expression(p) }
  end
  if take(p, "[") then
    local key = expression(p)
    expect(p, "]")
    expect(p, "=")
    return { tag = "Item", pos = pos, key = key, value = expression(p) }
  end
  return { tag = "Item", pos = pos, value = expression(p) }
end

local function table_constructor(p)
  local node = { tag = "Table", pos = pos_of(p), items = {} }
  expect(p, "{")
  while p.kind ~= "}" do
    node.items[#node.items + 1] = table_item(p)
    if not (take(p, ",") or take(p, ";")) then break end
  end
  expect(p, "}")
  return node
end

local function string_node(p)
  local node = { tag = "String", pos = pos_of(p), value = p.values[p.i] }
  advance(p)
  return node
end

local starts_args = { ["("] = true, ["{"] = true, string = true }

local function call_args(p)
  if p.kind == "string" then return { string_node(p) } end
  if p.kind == "{" then return { table_constructor(p) } end
  if not take(p, "(") then fail(p, "the arguments of a call expected") end
  local args = p.kind == ")" and {} or expression_list(p)
  expect(p, ")")
  return args
end

local function primary(p)
  local pos = pos_of(p)
  if p.kind == "name" then return name_node(p, expect_name(p)) end
  if take(p, "(") then
    local inner = expression(p)
    expect(p, ")")
    return { tag = "Paren", pos = pos, inner = inner }
  end
  fail(p, "unexpected " .. (p.kind == "eof" and "end of the text" or "'" .. p.kind .. "'"))
end

local function suffixed(p)
  local node = primary(p)
  while true do
    local pos = node.pos
    if take(p, ".") then
      local name, name_pos = expect_name(p)
      node = { tag = "Index", pos = pos, object = node, key = { tag = "String", pos = name_pos, value = name } }
    elseif take(p, "[") then
      node = { tag = "Index", pos = pos, object = node, key = expression(p) }
      expect(p, "]")
    elseif take(p, ":") then
      local name, name_pos = expect_name(p)
      node = { tag = "Method", pos = pos, name_pos = name_pos, object = node, name = name, args = call_args(p) }
      p.methods[#p.methods + 1] = node
    elseif starts_args[p.kind] then
      node = { tag = "Call", pos = pos, callee = node, args = call_args(p) }
      p.calls[#p.calls + 1] = node
    else
      return node
    end
  end
end

local constants = { ["nil"] = "Nil", ["true"] = "True", ["false"] = "False" }

local function simple(p)
  local pos, kind = pos_of(p), p.kind
  if kind == "string" then return string_node(p) end
  if kind == "{" then return table_constructor(p) end
  if kind == "number" then
    local node = { tag = "Number", pos = pos, value = p.values[p.i] }
    advance(p)
    return node
  end
  if constants[kind] then
    advance(p)
    return { tag = constants[kind], pos = pos }
  end
  if kind == "..." then
    if not p.fn.vararg then fail(p, "cannot use '...' outside a vararg function") end
    advance(p)
    return { tag = "Vararg", pos = pos }
  end
  if take(p, "function") then return function_body(p, pos, false) end
  return suffixed(p)
end

--- Binding powers, left and right, of the binary operators.
local powers = {
  ["or"] = { 1, 1 }, ["and"] = { 2, 2 },
  ["<"] = { 3, 3 }, [">"] = { 3, 3 }, ["<="] = { 3, 3 }, [">="] = { 3, 3 }, ["~="] = { 3, 3 }, ["=="] = { 3, 3 },
  ["|"] = { 4, 4 }, ["~"] = { 5, 5 }, ["&"] = { 6, 6 }, ["<<"] = { 7, 7 }, [">>"] = { 7, 7 }, [".."] = { 9, 8 },
  ["+"] = { 10, 10 }, ["-"] = { 10, 10 }, ["*"] = { 11, 11 }, ["/"] = { 11, 11 }, ["//"] = { 11, 11 }, ["%"] = { 11, 11 },
  ["^"] = { 14, 13 },
}
local UNARY_POWER = 12
local unary = { ["not"] = true, ["-"] = true, ["~"] = true, ["#"] = true }

function expression(p, limit)
  limit = limit or 0
  deeper(p)
  local left
  if unary[p.kind] then
    local operator, pos = p.kind, pos_of(p)
    advance(p)
    left = { tag = "Unary", pos = pos, op = operator, operand = expression(p, UNARY_POWER) }
  else
    left = simple(p)
  end
  local power = powers[p.kind]
  while power and power[1] > limit do
    local operator, pos = p.kind, pos_of(p)
    advance(p)
    left = { tag = "Binary", pos = pos, op = operator, left = left, right = expression(p, power[2]) }
    power = powers[p.kind]
  end
  p.depth = p.depth - 1
  return left
end

M.expression, M.expression_list, M.suffixed = expression, expression_list, suffixed
M.function_body, M.name_node = function_body, name_node

return M
