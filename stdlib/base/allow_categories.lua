--- A category of `allow`, as the folder that it belongs to defines it: what its patterns mean in words, and what a call
--- reaches as it is written down. And the forms that categories share. Pure.
local M = {}

---@alias almanac.AllowSaying fun(pattern: string, context: string?): string  context: that almanac runs in

---@class almanac.AllowCategory
---@field change almanac.AllowSaying
---@field read almanac.AllowSaying  where it stands under `read`
---@field of_cluster boolean?  patterns may name a cluster ("NAME@CONTEXT"), and a simulated one answers its effects
---@field reached? fun(call: almanac.lint.WrittenCall): almanac.Target?  what a call reaches by constants, for `almanac check`;
---  nil where that is computed. Absent: the effect's own `allow.of` is asked
---@field looks_at? fun(call: almanac.lint.WrittenCall): almanac.Target?  what it looks at besides

--- A line with the pattern in it.
---@param line string  "tell the channel %s"
---@return almanac.AllowSaying
function M.plain(line)
  return function(pattern) return (line:gsub("%%s", function() return pattern end)) end
end

--- What a call reaches, by one name.
---@param category string
---@param name string?  nil: it is computed
---@return almanac.Target?
function M.target(category, name)
  return name and { category = category, names = { name } } or nil
end

return M
