--- A call of a public function as it is written down: its constants, for the categories of `allow` that tell from them what
--- it reaches (base/allow_categories.lua).
local commands = require "almanac.script.lint.commands"
local tree = require "almanac.script.lint.tree"

local M = {}

---@class almanac.lint.WrittenCall
local WrittenCall = {}
WrittenCall.__index = WrittenCall

--- The table of options of a call: the first that is written there.
---@param call almanac.lint.Node
---@return almanac.lint.Node?
function M.options_of(call)
  for _, node in ipairs(call.args) do
    local found = tree.resolve(node)
    if found.tag == "Table" then return found end
  end
end

---@param call almanac.lint.Node
---@param entry almanac.manual.Entry  of the function
---@return almanac.lint.WrittenCall
function M.new(call, entry)
  return setmetatable({ call = call, entry = entry, options = M.options_of(call) }, WrittenCall)
end

--- The constant that a table has under a name.
---@return string|false|nil  nil: it is computed; false: there is none
local function constant_under(node, name)
  for _, item in ipairs(node.items) do
    local key = tree.name_of(item)
    if key == name then return tree.constant_text(item.value) end
    if item.key and not key then return nil end
  end
  return false
end

--- The constant of an option.
---@param name string
---@return string|false|nil  nil: it is computed; false: there is none
function WrittenCall:option(name)
  if self.options then return constant_under(self.options, name) end
  if #self.call.args == 1 then return false end
  return nil -- what is handed over was made elsewhere
end

--- Whether an option may be there.
---@param name string
---@return boolean
function WrittenCall:has(name) return self:option(name) ~= false end

--- The first argument; nil where it is computed, or a table.
---@return string?
function WrittenCall:first()
  local node = self.call.args[1]
  if not node or tree.resolve(node).tag == "Table" then return nil end
  return tree.constant_text(node)
end

--- The function's first parameter, as its annotation says; one without a name where it has none.
---@return { name: string?, type: string }
function WrittenCall:parameter() return self.entry.params[1] or { type = "" } end

--- Whether the function takes the words of a command.
---@return boolean
function WrittenCall:takes_words() return commands.takes_words(self.entry) end

--- Whether a command that is a table may run elsewhere, or with other variables.
local function is_elsewhere(node) return constant_under(node, "env") ~= false or constant_under(node, "cwd") ~= false end

--- The words of a command that is a table; those that are computed as "-". None where its environment or directory is set,
--- which may make it another.
local function words_in(node)
  local words = {}
  if is_elsewhere(node) or constant_under(node, "argv") ~= false then return words end
  for _, item in ipairs(node.items) do
    if not item.key then words[#words + 1] = tree.constant_text(item.value) or "-" end
  end
  return words
end

--- The words of a command; those that are computed as "-". None where its environment or directory is set, which may make it
--- another.
---@return string[]
function WrittenCall:words()
  local options, words = self.options, {}
  if options and is_elsewhere(options) then return words end
  if options and tree.resolve(self.call.args[1]) == options then return words_in(options) end
  for i, node in ipairs(self.call.args) do
    if tree.resolve(node) ~= options then words[i] = tree.constant_text(node) or "-" end
  end
  return words
end

--- The words of the command under an option, which runs where the function's own does; as of words.
---@param name string
---@return string[]
function WrittenCall:words_under(name)
  local options = self.options
  for _, item in ipairs(options and not is_elsewhere(options) and options.items or {}) do
    local value = tree.name_of(item) == name and tree.resolve(item.value)
    if value and value.tag == "Table" then return words_in(value) end
    if value and value.tag == "String" then return { value.value } end
  end
  return {}
end

return M
