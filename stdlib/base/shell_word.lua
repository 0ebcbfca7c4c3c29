--- Words of commands that are printed to be pasted into a shell. Pure.
local M = {}

--- A word in quotes, which the shell takes as it is: names of steps and answers are the script's, and may hold what a
--- shell would run.
---@param word string
---@return string
function M.quoted(word)
  if not word:find '[$`"\\!%c]' then return '"' .. word .. '"' end
  return "'" .. word:gsub("'", [['\'']]) .. "'"
end

return M
