--- The syntax tree of a Lua 5.4 text, with its scopes: lparser.c of Lua as a recursive descent.
--- https://www.lua.org/source/5.4/lparser.c.html
---
--- It accepts what load() accepts, but for Lua's limits (200 variables, 255 upvalues, …), which are
--- left to load(): whoever needs to know whether a text is right asks load() first.
local cursor = require "almanac.script.lint.cursor"
local expressions = require "almanac.script.lint.expressions"
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

local advance, pos_of, fail, take = cursor.advance, cursor.pos_of, cursor.fail, cursor.take
local expect, expect_name, deeper = cursor.expect, cursor.expect_name, cursor.deeper
local expression, expression_list, suffixed = expressions.expression, expressions.expression_list, expressions.suffixed
local function_body, name_node = expressions.function_body, expressions.name_node

local closers = { ["end"] = true, ["else"] = true, ["elseif"] = true, eof = true }

local function at_block_end(p)
  return closers[p.kind] or p.kind == "until"
end

-- Statements -------------------------------------------------------------------------------------

local statement

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
  return { tag = "Function", pos = 1, bindings = {}, body = body, owner = p.fn, calls = p.calls, methods = p.methods, assigns = p.assigns }
end

--- Parses a text.
---@param text string
---@return almanac.lint.Node? main  a Function node, with all its calls, methods and assigns as lists; nil when the
---  text is not Lua
---@return { pos: integer, message: string }? err
function M.parse(text)
  local tokens = lexer.scan(text)
  local p = {
    kinds = tokens.kinds, values = tokens.values, starts = tokens.starts, i = 1, kind = tokens.kinds[1], depth = 0,
    calls = {}, methods = {}, assigns = {}, statement_list = statement_list,
  }
  local ok, result = pcall(chunk, p)
  if ok then return result end
  if type(result) ~= "table" or not result.pos then error(result, 0) end
  return nil, result
end

return M
