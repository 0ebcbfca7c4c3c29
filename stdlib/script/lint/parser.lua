--- The syntax tree of a Lua 5.4 text, with its scopes: lparser.c of Lua as a recursive descent.
--- https://www.lua.org/source/5.4/lparser.c.html
---
--- It accepts what load() accepts, but for Lua's limits (200 variables, 255 upvalues, …), which are
--- left to load(): whoever needs to know whether a text is right asks load() first.
local lexer = require "almanac.script.lint.lexer"
local scope = require "almanac.script.lint.scope"

local M = {}

---@class almanac.lint.Node
---@field tag string      see `children`
---@field pos integer     first byte; of a binary operation its operator's
---  Name: name, binding (nil: a global). String and Number: value. Function: owner. Index of a.b: key is a
---  String. Local, LocalFunction, ForNum, ForIn, Function: bindings.

--- The fields of each node that hold a node or a list of nodes, in the order of the text.
---@type table<string, string[]>
M.children = {
  Nil = {}, True = {}, False = {}, Number = {}, String = {}, Vararg = {}, Name = {},
  Function = { "body" }, Index = { "object", "key" }, Call = { "callee", "args" }, Method = { "object", "args" },
  Table = { "items" }, Item = { "key", "value" }, Binary = { "left", "right" }, Unary = { "operand" }, Paren = { "inner" },
  Block = { "list" }, Local = { "values" }, LocalFunction = { "value" }, Assign = { "targets", "values" }, CallStat = { "call" },
  Do = { "body" }, While = { "condition", "body" }, Repeat = { "body", "condition" }, If = { "clauses" },
  Clause = { "condition", "body" }, ForNum = { "values", "body" }, ForIn = { "values", "body" }, Return = { "values" },
  Break = {}, Goto = {}, Label = {},
}

--- As LUAI_MAXCCALLS: deeper nesting is refused by load() too.
local MAX_DEPTH = 200

-- Tokens -----------------------------------------------------------------------------------------

local function advance(p)
  local i = p.i + 1
  p.i, p.kind = i, p.kinds[i]
end

local function pos_of(p)
  return p.starts[p.i]
end

local function fail(p, message)
  scope.fail(pos_of(p), p.kind == "invalid" and p.values[p.i] or message)
end

local function take(p, kind)
  if p.kind ~= kind then return false end
  advance(p)
  return true
end

local function expect(p, kind)
  if p.kind ~= kind then fail(p, "'" .. kind .. "' expected") end
  advance(p)
end

local function expect_name(p)
  if p.kind ~= "name" then fail(p, "a name expected") end
  local name, pos = p.values[p.i], pos_of(p)
  advance(p)
  return name, pos
end

--- Counts the levels that lparser.c counts.
local function deeper(p)
  p.depth = p.depth + 1
  if p.depth > MAX_DEPTH then fail(p, "too many levels of nesting") end
end

local closers = { ["end"] = true, ["else"] = true, ["elseif"] = true, eof = true }

local function at_block_end(p)
  return closers[p.kind] or p.kind == "until"
end

-- Expressions ------------------------------------------------------------------------------------

local expression, statement

local function expression_list(p)
  local list = { expression(p) }
  while take(p, ",") do list[#list + 1] = expression(p) end
  return list
end

local function statement_list(p)
  local list, pos = {}, pos_of(p)
  while not at_block_end(p) do
    local is_return = p.kind == "return"
    list[#list + 1] = statement(p)
    if is_return then break end
  end
  return { tag = "Block", pos = pos, list = list, stop = pos_of(p) }
end

local function block(p, loop)
  scope.enter(p.fn, loop or false)
  local body = statement_list(p)
  scope.leave(p.fn)
  return body
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
  node.body = statement_list(p)
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

-- Statements -------------------------------------------------------------------------------------

local statements = {}

statements["if"] = function(p, pos)
  local node = { tag = "If", pos = pos, clauses = {} }
  repeat
    local clause = { tag = "Clause", pos = pos_of(p) }
    advance(p)
    clause.condition = expression(p)
    expect(p, "then")
    clause.body = block(p)
    table.insert(node.clauses, clause)
  until p.kind ~= "elseif"
  if p.kind == "else" then
    local clause = { tag = "Clause", pos = pos_of(p) }
    advance(p)
    clause.body = block(p)
    table.insert(node.clauses, clause)
  end
  expect(p, "end")
  return node
end

statements["while"] = function(p, pos)
  advance(p)
  local condition = expression(p)
  scope.enter(p.fn, true)
  expect(p, "do")
  local body = block(p)
  expect(p, "end")
  scope.leave(p.fn)
  return { tag = "While", pos = pos, condition = condition, body = body }
end

statements["do"] = function(p, pos)
  advance(p)
  local body = block(p)
  expect(p, "end")
  return { tag = "Do", pos = pos, body = body }
end

statements["repeat"] = function(p, pos)
  advance(p)
  scope.enter(p.fn, true)
  scope.enter(p.fn, false)
  local body = statement_list(p)
  expect(p, "until")
  local condition = expression(p)
  scope.leave(p.fn)
  scope.leave(p.fn)
  return { tag = "Repeat", pos = pos, body = body, condition = condition }
end

statements["for"] = function(p, pos)
  advance(p)
  local names = { { expect_name(p) } }
  local node = { tag = "ForIn", pos = pos, bindings = {} }
  if p.kind == "=" then
    node.tag = "ForNum"
    advance(p)
    node.values = { expression(p) }
    expect(p, ",")
    table.insert(node.values, expression(p))
    if take(p, ",") then table.insert(node.values, expression(p)) end
  elseif p.kind == "," or p.kind == "in" then
    while take(p, ",") do names[#names + 1] = { expect_name(p) } end
    expect(p, "in")
    node.values = expression_list(p)
  else
    fail(p, "'=' or 'in' expected")
  end
  scope.enter(p.fn, true)
  expect(p, "do")
  scope.enter(p.fn, false)
  for i, name in ipairs(names) do
    node.bindings[i] = scope.declare(p.fn, name[1], name[2])
    node.bindings[i].assigned = true -- with every turn
  end
  node.body = block(p)
  scope.leave(p.fn)
  expect(p, "end")
  scope.leave(p.fn)
  return node
end

--- Notes an assignment to a variable; a constant one takes none.
local function assign(p, target)
  local binding = target.tag == "Name" and target.binding
  if not binding then return end
  if binding.attrib then scope.fail(pos_of(p), string.format("attempt to assign to const variable '%s'", target.name)) end
  binding.assigned = true
end

statements["function"] = function(p, pos)
  advance(p)
  local target, is_method = name_node(p, expect_name(p)), false
  while p.kind == "." or p.kind == ":" do
    is_method = p.kind == ":"
    advance(p)
    local name, name_pos = expect_name(p)
    target = { tag = "Index", pos = target.pos, object = target, key = { tag = "String", pos = name_pos, value = name } }
    if is_method then break end
  end
  local body = function_body(p, pos, is_method)
  assign(p, target)
  local node = { tag = "Assign", pos = pos, targets = { target }, values = { body } }
  p.assigns[#p.assigns + 1] = node
  return node
end

local function local_function(p, pos)
  local binding = scope.declare(p.fn, expect_name(p))
  binding.value = function_body(p, pos, false)
  return { tag = "LocalFunction", pos = pos, bindings = { binding }, value = binding.value }
end

local function attribute(p)
  if not take(p, "<") then return nil end
  local pos = pos_of(p)
  local attrib = expect_name(p)
  expect(p, ">")
  if attrib ~= "const" and attrib ~= "close" then scope.fail(pos, string.format("unknown attribute '%s'", attrib)) end
  return attrib
end

--- The expression that makes the i-th variable of a list, where there is exactly one.
local function value_of(values, i)
  local value = values[i]
  local many = value and i == #values and (value.tag == "Call" or value.tag == "Method" or value.tag == "Vararg")
  return value, many
end

statements["local"] = function(p, pos)
  advance(p)
  if take(p, "function") then return local_function(p, pos) end
  local names, closing = {}, false
  repeat
    local name, name_pos = expect_name(p)
    local attrib = attribute(p)
    if attrib == "close" then
      if closing then scope.fail(name_pos, "multiple to-be-closed variables in local list") end
      closing = true
    end
    names[#names + 1] = { name, name_pos, attrib }
  until not take(p, ",")
  local node = { tag = "Local", pos = pos, bindings = {}, values = take(p, "=") and expression_list(p) or {} }
  for i, name in ipairs(names) do
    node.bindings[i] = scope.declare(p.fn, name[1], name[2], name[3])
    node.bindings[i].value = value_of(node.values, i)
  end
  return node
end

statements["return"] = function(p, pos)
  advance(p)
  local values = (at_block_end(p) or p.kind == ";") and {} or expression_list(p)
  take(p, ";")
  if not at_block_end(p) then fail(p, "return must be the last statement of its block") end
  return { tag = "Return", pos = pos, values = values }
end

statements["break"] = function(p, pos)
  advance(p)
  scope.jump(p.fn, "break", pos)
  return { tag = "Break", pos = pos }
end

statements["goto"] = function(p, pos)
  advance(p)
  local name = expect_name(p)
  scope.jump(p.fn, name, pos)
  return { tag = "Goto", pos = pos, name = name }
end

statements["::"] = function(p, pos)
  advance(p)
  local name = expect_name(p)
  expect(p, "::")
  while p.kind == ";" or p.kind == "::" do statement(p) end
  scope.check_label(p.fn, name, pos)
  scope.label(p.fn, name, closers[p.kind])
  return { tag = "Label", pos = pos, name = name }
end

statements[";"] = function(p, pos)
  advance(p)
  return { tag = "Block", pos = pos, list = {} }
end

local function expression_statement(p, pos)
  local first = suffixed(p)
  if p.kind ~= "=" and p.kind ~= "," then
    if first.tag ~= "Call" and first.tag ~= "Method" then fail(p, "a statement expected, not only an expression") end
    return { tag = "CallStat", pos = pos, call = first }
  end
  local targets = { first }
  while take(p, ",") do targets[#targets + 1] = suffixed(p) end
  for _, target in ipairs(targets) do
    if target.tag ~= "Name" and target.tag ~= "Index" then
      scope.fail(target.pos, "what stands before the = is no variable")
    end
    assign(p, target)
  end
  expect(p, "=")
  local node = { tag = "Assign", pos = pos, targets = targets, values = expression_list(p) }
  p.assigns[#p.assigns + 1] = node
  return node
end

function statement(p)
  deeper(p)
  local pos = pos_of(p)
  local node = (statements[p.kind] or expression_statement)(p, pos)
  p.depth = p.depth - 1
  return node
end

-- The whole --------------------------------------------------------------------------------------

local function chunk(p)
  p.fn = scope.open(nil)
  p.fn.vararg = true
  local body = statement_list(p)
  if p.kind ~= "eof" then fail(p, "the end of the text expected, not '" .. p.kind .. "'") end
  scope.leave(p.fn)
  return { tag = "Function", pos = 1, bindings = {}, body = body, owner = p.fn, calls = p.calls, assigns = p.assigns }
end

--- Parses a text.
---@param text string
---@return almanac.lint.Node? main  a Function node, with all its calls and assigns as lists; nil when the
---  text is not Lua
---@return { pos: integer, message: string }? err
function M.parse(text)
  local tokens = lexer.scan(text)
  local p = {
    kinds = tokens.kinds, values = tokens.values, starts = tokens.starts, i = 1, kind = tokens.kinds[1], depth = 0,
    calls = {}, assigns = {},
  }
  local ok, result = pcall(chunk, p)
  if ok then return result end
  if type(result) ~= "table" or not result.pos then error(result, 0) end
  return nil, result
end

return M
