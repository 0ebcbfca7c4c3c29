--- Doubt: a run whose chain of hashes is broken is shown, with the words that its record is not to be believed.
local store = require "almanac.journal.store"

local M = {}

--- Says so where it is broken.
---@param journal table
---@param id string  of the run
---@param operator almanac.Operator
---@param what string?  what is not to be believed; nil: "this"
---@return integer code  the exit code of what shows it: 1 where it is broken, else 0
function M.say(journal, id, operator, what)
  local broken = store.broken(journal, id)
  if not broken then return 0 end
  operator:say(string.format("! %s is not to be believed: %s", what or "this", broken))
  return 1
end

return M
