--- Reports of made-up runs: a list of events gives the report that a journal of them gives.
local models = require "almanac.report.model"
local states = require "almanac.journal.state"

local M = {}

--- The report of these events: { kind, path, data, seconds? } each, a second after the one before where no time is said.
---@param events table[]
---@param facts? table  over the usual ones
---@return almanac.Report
function M.report(events, facts)
  local state, model, at = states.new(), models.new(), 1795912000
  for _, one in ipairs(events) do
    at = one[4] and 1795912000 + one[4] or at + 1
    local event = { kind = one[1], path = one[2] or "", data = one[3] or {}, time_ms = math.floor(at * 1000), run = one.run }
    states.apply(state, event)
    model:add(event, state)
  end
  local all = {
    row = { id = "r-20261129-000000-abcd", runbook = "r", created_ms = 1795912000000 }, words = "r-20261129-000000-abcd",
    meta = { runbook = "r", script = "runbooks/r.lua", digest = ("ab"):rep(32), operator = "alice", host = "here", version = "0.1.0" },
    head = { seq = #events, hash = ("cd"):rep(32) }, now_ms = math.floor(at * 1000), rollbacks = {},
  }
  for field, value in pairs(facts or {}) do all[field] = value end
  return model:finish(state, all)
end

return M
