--- What a pattern of `allow` means, in words: the forms that categories share. Pure.
local M = {}

---@alias almanac.AllowSaying fun(pattern: string, context: string?): string  context: that almanac runs in

---@class almanac.AllowWords  of a category
---@field change almanac.AllowSaying
---@field read almanac.AllowSaying  where it stands under `read`

--- A line with the pattern in it.
---@param line string  "tell the channel %s"
---@return almanac.AllowSaying
function M.plain(line)
  return function(pattern) return (line:gsub("%%s", function() return pattern end)) end
end

return M
