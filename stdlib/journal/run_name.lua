--- Which run a word names, for every command alike: an id; else a runbook, by its whole name; else the beginning of an id,
--- or its last digits. Nothing within a word: what acts must not take "lo" for slow-20261124-061905-7c1e. Pure.
local M = {}

--- What is said where a word names none.
M.HINT = "a run is named by its id, the beginning or the last digits of that, or its runbook; almanac runs lists them"

--- Whether a word is the last digits of an id (journal/run.lua makes them): 7c1e, 061905-7c1e, 20261124-061905-7c1e.
local function is_end_of(id, word)
  local date, time, digits = id:match "%-(%d+)%-(%d+)%-(%x+)$"
  return date ~= nil and (word == digits or word == time .. "-" .. digits or word == date .. "-" .. time .. "-" .. digits)
end

--- How a word names a run, the surest first.
local WAYS = {
  function(row, word) return row.id == word end,
  function(row, word) return row.runbook == word end,
  function(row, word) return word ~= "" and (row.id:sub(1, #word) == word or is_end_of(row.id, word)) end,
}

--- The runs that a word names, the newest first: those that the surest way leads to.
---@param journal table
---@param word string
---@return table[] rows
function M.matching(journal, word)
  local all = journal:runs()
  for _, names in ipairs(WAYS) do
    local out = {}
    for _, row in ipairs(all) do
      if names(row, word) then out[#out + 1] = row end
    end
    if out[1] then return out end
  end
  return {}
end

return M
