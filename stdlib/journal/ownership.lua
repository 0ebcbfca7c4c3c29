--- Whom a lock belongs to: the run that took it, until that run is over. Computed from the journal alone, so
--- that a run whose process is gone holds what it held.
local json = require "native.json"
local states = require "almanac.journal.state"

local M = {}

---@class almanac.LockOwner
---@field id string         of the run
---@field undoes string?    the run that it takes back
---@field status string     of almanac.State
---@field since integer     ms; when it took the lock
---@field operator string?
---@field host string?

--- Statuses with which a run is over: nobody goes on with it.
local OVER = { done = true, undone = true, abandoned = true }

--- Statuses in which somebody was told that the run goes on.
local GOES_ON = { running = true, paused = true, waiting = true }

--- Whether a run is over, by its status.
---@param status string
---@return boolean
function M.is_over(status)
  return OVER[status] == true
end

--- Whether a run did something that could be gone on with or taken back: it began an effect, or a step that
--- has an undo is done.
---@param journal table
---@param id string
---@return boolean
function M.has_acted(journal, id)
  if journal:events(id, 0, "effect.intent")() then return true end
  for _, _, _, _, payload in journal:events(id, 0, "step.done") do
    if payload:find('"undo":true', 1, true) and json.decode(payload).undo then return true end
  end
  return false
end

--- What a run holds: the lock that it took, while it is not over. One that failed before it did anything holds
--- nothing: there is nothing of it that the next one could disturb.
---@param journal table
---@param id string
---@return almanac.State? of its events without those of steps; nil: it holds nothing
function M.held(journal, id)
  if OVER[states.status(journal, id)] then return nil end
  local state = states.summary(journal, id)
  if not state.lock or OVER[state.status] then return nil end -- it may have ended meanwhile
  return (GOES_ON[state.status] or M.has_acted(journal, id)) and state or nil
end

--- Where a run stands: the innermost step that is under way, waits, was stopped or failed.
---@param journal table
---@param id string
---@return string? path
function M.place(journal, id)
  local state = states.load(journal, id)
  if state.error and state.error.step then return state.error.step end
  local found
  for path, node in pairs(state.nodes) do
    local stands = node.status ~= "done" and node.status ~= "skipped" and node.status ~= "undone"
    if stands and (not found or #path > #found or #path == #found and path < found) then found = path end
  end
  return found
end

--- The family of a run: the run itself and its rollbacks, which share its lock.
local function family_of(row, meta)
  return meta.undoes or row.id
end

--- The run that holds a lock.
---@param journal table
---@param name string     of the lock
---@param family string?  a run that does not count, with its rollbacks
---@return almanac.LockOwner?
function M.of(journal, name, family)
  for _, row in ipairs(journal:runs()) do
    local meta = json.decode(row.meta)
    local wanted = meta.lock == name and family_of(row, meta) ~= family
    local held = wanted and M.held(journal, row.id)
    if held and held.lock.name == name then
      return {
        id = row.id, undoes = meta.undoes, status = held.status, since = held.lock.since, operator = held.operator or meta.operator,
        host = meta.host,
      }
    end
  end
end

--- Whether a run, or a rollback of it, holds a lock.
---@param journal table
---@param family string  id of the run
---@return boolean
function M.holds(journal, family)
  for _, row in ipairs(journal:runs()) do
    local mine = row.id == family or json.decode(row.meta).undoes == family
    if mine and M.held(journal, row.id) then return true end
  end
  return false
end

--- The rollbacks of a run that are not over.
---@param journal table
---@param id string
---@return string[] ids
function M.open_rollbacks(journal, id)
  local out = {}
  for _, row in ipairs(journal:runs()) do
    if json.decode(row.meta).undoes == id and not OVER[states.status(journal, row.id)] then out[#out + 1] = row.id end
  end
  return out
end

return M
