--- Numbers that are a time or a size say in which unit: by their name, or by the words beside it. Pure.
local M = {}

local TIME = { "second", "minute", "hour", "since 1970" }
local SIZE = { "byte", "MiB", "KiB", "GiB" }

--- What numbers of these names measure, and the words that say in what.
local measured = {
  age = TIME, delay = TIME, elapsed = TIME, grace = TIME, held = TIME, interval = TIME, mtime = TIME, time = TIME, timeout = TIME,
  unwatched = TIME, watched = TIME, memory = SIZE, size = SIZE,
}

--- Whether a number measures something, and nothing says in which unit.
---@param name? string       of an argument or a field: "answer_timeout"
---@param type_text string   "integer?"
---@param words string       that stand with it
---@return boolean
function M.is_lacking(name, type_text, words)
  local said = name and measured[name:match "[^_]+$"]
  if not said or not (type_text:find "%f[%w]number%f[%W]" or type_text:find "%f[%w]integer%f[%W]") then return false end
  for _, word in ipairs(said) do
    if words:find(word, 1, true) then return false end
  end
  return true
end

--- Reports arguments and results of a function, and the fields of tables that are written out in their types.
---@param who string
---@param entry almanac.manual.Entry
---@param report fun(message: string)
function M.check(who, entry, report)
  local function ask(name, type_text, words)
    if M.is_lacking(name, type_text, words) then report(string.format("%s: nothing says in which unit %s is", who, name)) end
  end
  for _, values in ipairs { entry.params, entry.returns } do
    for _, value in ipairs(values) do
      if not value.type:find "^{" then ask(value.name, value.type, value.text) end
      for name, type_text in value.type:gmatch "([%w_]+)%??: ([%w|?]+)" do ask(name, type_text, value.text) end
    end
  end
end

return M
