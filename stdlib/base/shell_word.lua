--- Words of commands that are printed to be pasted into a shell. Pure.
local M = {}

local function single_quoted(word)
  return "'" .. word:gsub("'", [['\'']]) .. "'"
end

--- A word in quotes, which the shell takes as it is: names of steps and answers are the script's, and may hold what a
--- shell would run.
---@param word string
---@return string
function M.quoted(word)
  return word:find '[$`"\\!%c]' and single_quoted(word) or '"' .. word .. '"'
end

--- A word in quotes where it needs them, as arguments and paths seldom do.
---@param word string
---@return string
function M.plain(word)
  return word:find "^[%w_%-%./=:,@%%+]+$" and word or single_quoted(word)
end

return M
