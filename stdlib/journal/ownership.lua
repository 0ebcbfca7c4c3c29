--- Whom a lock belongs to: the run that took it, until that run is over. Computed from the journal alone, so
--- that a run whose process is gone holds what it held.
local json = require "native.json"
local rows = require "almanac.journal.row"
local states = require "almanac.journal.state"
local taken_back = require "almanac.journal.taken_back"

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

--- Whether a rollback found that nothing takes back what a run did, and it did nothing since.
---@param journal table
---@param id string
---@return boolean
function M.is_irreversible(journal, id)
  local found
  for seq in journal:events(id, 0, "run.irreversible") do found = seq end
  return found ~= nil and journal:events(id, found, "effect.intent")() == nil
end

--- Whether the rollback of a run left out a step that could be taken back still.
---@param journal table
---@param id string
---@return boolean
function M.has_left(journal, id)
  return journal:events(id, 0, "step.left")() ~= nil and taken_back.list(states.load(journal, id))[1] ~= nil
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
  if state.error and state.error.step then return state.error.step:match "^[^#]*" end
  local found
  for path, node in pairs(state.nodes) do
    local stands = node.status ~= "done" and node.status ~= "skipped" and node.status ~= "undone"
      and not path:find "#" -- a question about an effect is no step
    if stands and (not found or #path > #found or #path == #found and path < found) then found = path end
  end
  return found
end

--- The family of a run: the outermost one, the runs that it makes and their rollbacks, which share their locks.
---@param id string
---@param meta table  of the run
---@return string id of the outermost run
function M.family_of(id, meta)
  return meta.family or meta.undoes or id
end

--- What a run holds as one of its family: the lock of one that another made and that is done is its family's, until
--- that is over too, for it may be taken back with it.
local function held_in_family(journal, id, meta)
  local held = M.held(journal, id)
  if held or not meta.caller or meta.undoes or states.status(journal, id) ~= "done" then return held end
  local state = states.summary(journal, id)
  return state.lock and not OVER[states.status(journal, meta.family)] and state or nil
end

--- The run that holds a lock.
---@param journal table
---@param name string     of the lock
---@param family string?  a run that does not count, with its family
---@return almanac.LockOwner?
function M.of(journal, name, family)
  for _, row in ipairs(journal:runs()) do
    local meta = rows.meta(row)
    local wanted = meta.lock == name and M.family_of(row.id, meta) ~= family
    local held = wanted and held_in_family(journal, row.id, meta)
    if held and held.lock.name == name then
      local id = meta.caller and meta.caller.root or row.id
      return {
        id = id, undoes = meta.undoes, status = meta.caller and states.status(journal, id) or held.status, since = held.lock.since,
        operator = held.operator or meta.operator, host = meta.host,
      }
    end
  end
end

--- Whether a run, or another one of its family, holds a lock.
---@param journal table
---@param family string  id of the run
---@return boolean
function M.holds(journal, family)
  for _, row in ipairs(journal:runs()) do
    local meta = rows.meta(row)
    if M.family_of(row.id, meta) == family and held_in_family(journal, row.id, meta) then return true end
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
    if rows.meta(row).undoes == id and not OVER[states.status(journal, row.id)] then out[#out + 1] = row.id end
  end
  return out
end

--- The runs that a run made and that are not over, the newest first.
---@param journal table
---@param id string
---@return string[] ids
function M.open_calls(journal, id)
  local out = {}
  for _, row in ipairs(journal:runs()) do
    local caller = rows.meta(row).caller
    if caller and caller.run == id and not OVER[states.status(journal, row.id)] then out[#out + 1] = row.id end
  end
  return out
end

return M
