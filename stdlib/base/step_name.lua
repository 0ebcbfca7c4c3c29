--- Names of steps. They are joined to paths ("canary/upgrade the release", "…#2" for an effect), so a name
--- cannot hold what separates these. Pure.
local M = {}

local SEPARATORS = "[/#\n]"

--- Whether a text can be a step's name as it stands.
---@param text string
---@return boolean
function M.fits(text)
  -- Asked for each step; three plain looks are quicker than one for a set of letters.
  return text ~= "" and not (text:find("/", 1, true) or text:find("#", 1, true) or text:find("\n", 1, true))
end

--- The name of a step that is known by a text for people, such as a question: the text, with a space for
--- what no name can hold. A text without such letters is its own name.
---@param text string
---@return string name  "" when nothing is left
function M.of(text)
  if M.fits(text) then return text end
  return (text:gsub("[%s/#]*" .. SEPARATORS .. "[%s/#]*", " "):gsub("^ ", ""):gsub(" $", ""))
end

return M
