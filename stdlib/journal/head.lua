--- The head of a run's journal: its last event, and the hash of the chain that ends there. Who keeps it notices later
--- that the journal was cut or rewritten (almanac verify RUN --head HASH).
local M = {}

--- The head as it is shown, and signed with an answer.
---@param seq integer
---@param hash string  hexadecimal
---@return string
function M.text(seq, hash)
  return string.format("event %d, %s", seq, hash)
end

--- What a text of M.text says; nil for what is none.
---@param text any
---@return integer? seq
---@return string? hash
function M.parse(text)
  local seq, hash = tostring(text):match "^event (%d+), (%x+)$"
  return math.tointeger(tonumber(seq)), hash
end

--- That of a run.
---@param journal table
---@param id string
---@return string
function M.of(journal, id)
  return M.text(journal:head(id))
end

return M
