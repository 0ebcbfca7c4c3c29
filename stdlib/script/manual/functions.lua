--- What a function of the standard library takes and gives, by its source.
local embedded = require "native.embedded"
local lazy = require "almanac.base.lazy"
local lines = require "almanac.script.lint.text"
local parser = require "almanac.script.lint.parser"
local tree = require "almanac.script.lint.tree"

local M = {}

---@class almanac.manual.Function
---@field names string[]  of its arguments
---@field more boolean    it takes any number besides
---@field gives boolean   it returns something

--- The call of what only raises is returned where the error is to be the caller's.
local function only_raises(values)
  local call = #values == 1 and values[1]
  return call and call.tag == "Call" and call.callee.tag == "Index" and call.callee.key.value == "raise"
end

--- Whether a function returns a value; what the functions within it return is theirs.
local function gives(fn)
  local depth, found = 0, false
  tree.walk(fn, function(node)
    if node.tag == "Function" then depth = depth + 1 end
    if node.tag == "Return" and depth == 1 and #node.values > 0 and not only_raises(node.values) then found = true end
  end, function(node)
    if node.tag == "Function" then depth = depth - 1 end
  end)
  return found
end

local files = {} ---@type table<string, table<integer, boolean>>  by the line where a function begins: whether it gives something

local function givers(file)
  local text = embedded.read(file)
  local out, of = {}, lines.new(file, text)
  tree.walk(parser.parse(text), function(node)
    if node.tag ~= "Function" then return end
    local line = of:line_of(node.pos)
    out[line] = out[line] or gives(node)
  end)
  return out
end

--- What a function takes and gives; nil of one that is written in C, or by a script.
---@param fn function
---@return almanac.manual.Function?
function M.of(fn)
  fn = lazy.behind(fn)
  local info = debug.getinfo(fn, "Su")
  local file = info.source:match "^@.*%f[%w](stdlib/.+)$"
  if not file then return nil end
  local names = {}
  for i = 1, info.nparams do names[i] = debug.getlocal(fn, i) end
  files[file] = files[file] or givers(file)
  return { names = names, more = info.isvararg, gives = files[file][info.linedefined] or false }
end

return M
