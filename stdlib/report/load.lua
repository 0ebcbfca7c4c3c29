--- Loading a report: from the journal to the plain data that is rendered.
local models = require "almanac.report.model"
local rows = require "almanac.journal.row"
local states = require "almanac.journal.state"
local store = require "almanac.journal.store"
local task = require "native.task"

local M = {}

local function fold(journal, row, meta, good)
  local model = models.new()
  local state = states.load(journal, row.id, function(event, state) model:add(event, state) end)
  local seq, hash = journal:head(row.id)
  local rollbacks = {}
  for _, other in ipairs(journal:runs()) do
    local undoes = other.runbook:find "^rollback%-of%-" and rows.meta(other).undoes
    if undoes == row.id then rollbacks[#rollbacks + 1] = other.id end
  end
  return model:finish(state, {
    row = row, meta = meta, words = store.words(row.id), head = { seq = seq, hash = hash }, broken = store.broken(journal, row.id),
    now_ms = task.wall_ms(), rollbacks = rollbacks, good = good,
  })
end

--- The last run of the same runbook before this one that was done; nil: there is none.
local function last_good(journal, row, meta)
  if meta.undoes then return nil end
  for _, other in ipairs(journal:runs()) do
    local is_earlier = other.created_ms < row.created_ms and other.runbook == row.runbook
    if is_earlier and states.status(journal, other.id) == "done" then return other end
  end
end

--- The report of a run.
---@param journal table
---@param row table  of the journal
---@return almanac.Report
function M.report(journal, row)
  local meta = rows.meta(row)
  local good = last_good(journal, row, meta)
  return fold(journal, row, meta, good and fold(journal, good, rows.meta(good)) or nil)
end

return M
