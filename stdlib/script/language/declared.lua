--- What a script declares: its steps and parameters, read from the text that an editor has open, also while it is being
--- typed and does not load. Pure.
local parser = require "almanac.script.lint.parser"
local steps = require "almanac.script.lint.steps"
local tree = require "almanac.script.lint.tree"

local M = {}

---@class almanac.language.Step
---@field name string
---@field by string       what opens it: "step", "gate", "parallel", …
---@field from integer    bytes of the call, the second behind its name
---@field to integer
---@field children almanac.language.Step[]

--- The steps of a script whose names are written, each with those in it.
---@param text string
---@return almanac.language.Step[]
function M.steps(text)
  local main = parser.parse(text)
  local root = { children = {} }
  local at, opened = { root }, {}
  if not main then return root.children end
  tree.walk(main, function(node)
    local by, argument = steps.opener(node)
    local name = by and argument and tree.constant_text(argument)
    if not name then return end
    local found = { name = name, by = by, from = node.pos, to = argument.pos + #name + 2, children = {} }
    table.insert(at[#at].children, found)
    at[#at + 1], opened[node] = found, true
  end, function(node)
    if opened[node] then at[#at] = nil end
  end)
  return root.children
end

--- The parameters that a variable stands for: the argument of the function `run`, or of `lock`. Read without a tree,
--- which a text that is being typed rarely has.
---@param text string
---@param variable string
---@return { name: string, text: string }[]
function M.parameters(text, variable)
  local argument = text:match "run%s*=%s*function%s*%(%s*([%a_][%w_]*)" or text:match "lock%s*=%s*function%s*%(%s*([%a_][%w_]*)"
  local out = {}
  if argument ~= variable then return out end
  local block = text:match "[%s,{]params%s*=%s*(%b{})" or ""
  for key, kind, options in block:gmatch "([%a_][%w_]*)%s*=%s*param%.(%a+)%s*(%b{})" do
    local help = options:match 'help%s*=%s*"([^"]*)"'
    out[#out + 1] = { name = key, text = kind .. (help and ": " .. help or "") }
  end
  return out
end

--- The name that a `require` around a byte names.
---@param text string
---@param offset integer
---@return string?
function M.required(text, offset)
  for from, name, to in text:gmatch '()require%s*%(?%s*"([%w_.]+)"()' do
    if offset >= from and offset <= to then return name end
  end
end

--- Where a local variable or function is declared.
---@param text string
---@param name string
---@return integer? from
function M.definition(text, name)
  return text:match("local%s+function%s+()" .. name .. "%f[^%w_]") or text:match("local%s+()" .. name .. "%f[^%w_]")
end

return M
