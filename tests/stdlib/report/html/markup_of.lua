--- Markup that a part of a report made, as text.
local markup = require "almanac.report.markup"

local M = {}

---@param ... any  markup, text, lists of them
---@return string
function M.text(...) return markup.join(...).text end

--- How often something stands in a text, by its own letters.
---@param text string
---@param part string
---@return integer
function M.count(text, part)
  local n, at = 0, 1
  while true do
    local from, to = text:find(part, at, true)
    if not from then return n end
    n, at = n + 1, to + 1
  end
end

return M
