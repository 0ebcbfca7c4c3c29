--- Giving a run up: it is not gone on with, and what it holds is free. What it did stays done.
local approval = require "almanac.journal.approval"
local errors = require "almanac.base.errors"
local events = require "almanac.journal.event"
local holder = require "almanac.session.holder"
local json = require "native.json"
local locks = require "almanac.session.lock"
local ownership = require "almanac.journal.ownership"
local replays = require "almanac.journal.replay"
local reopen = require "almanac.session.reopen"
local rows = require "almanac.journal.row"
local states = require "almanac.journal.state"
local store = require "almanac.journal.store"

local M = {}

local function check_stopped(journal, id, status)
  if not ownership.is_over(status) then return end
  local rollbacks = ownership.open_rollbacks(journal, id)
  errors.raise {
    kind = "refused", message = string.format("%s is %s: there is nothing to give up", id, status),
    hint = rollbacks[1] and "its rollback is not over: almanac abandon " .. store.words(rollbacks[1]) .. " --reason TEXT" or nil,
  }
end

--- The lease is given up before the run is: where its cluster does not answer, the run is given up all the same,
--- and the operator is told what is left to do there.
local function give_up_lease(operator, lock, family)
  local ok, err = errors.try(locks.give_up, lock, family)
  if ok then return true end
  if errors.is_interrupt(err) then error(err, 0) end
  local where = locks.lease_of(lock)
  operator:say {
    string.format("! the lease %s/%s could not be given up: %s", where.namespace, where.name, err.message),
    string.format("  when its cluster is there: kubectl -n %s delete lease %s", where.namespace, where.name),
  }
  return false
end

--- Adds the runs that `open` names of those that are there, and those of these.
local function add_all(journal, given_up, open)
  local i = 1
  while given_up[i] do
    for _, id in ipairs(open(journal, given_up[i])) do
      holder.own(journal, id)
      given_up[#given_up + 1] = id
    end
    i = i + 1
  end
end

--- almanac abandon RUN
---@param id string
---@param reason string
---@param options table
---@param operator almanac.Operator
---@return integer exit code
function M.run(id, reason, options, operator)
  local journal <close> = store.open "rw"
  local row = store.find(journal, id, function(row) return not ownership.is_over(states.status(journal, row.id)) end)
  local meta = rows.meta(row)
  local family = ownership.family_of(row.id, meta)
  holder.own(journal, row.id)
  check_stopped(journal, row.id, states.status(journal, row.id))
  reopen.check_environment(row.id, meta, options) -- before anything is given up
  local given_up = { row.id }
  for _, open in ipairs { ownership.open_rollbacks, ownership.open_calls } do add_all(journal, given_up, open) end
  local by = approval.operator()
  for _, run in ipairs(given_up) do
    events.append(journal, run, "run.abandoned", "", { reason = reason, by = by })
    operator:result(string.format("abandoned %s\n", run))
  end
  local lock = reopen.lock_of(meta)
  if not lock or ownership.holds(journal, family) then return 0 end
  reopen.settings({
    id = row.id, journal = journal, meta = json.decode(store.find(journal, family).meta), replay = replays.load(journal, family),
  }, options)
  return give_up_lease(operator, lock, family) and 0 or 1
end

return M
