--- A script walked over events of a journal, in this process: for tests of what a walk finds.
local json = require "native.json"
local runs = require "almanac.journal.run"
local source = require "almanac.base.source"
local t = require "tests.harness"
local undo_list = require "almanac.run.undo_list"
local walk = require "almanac.run.mode.walk"

local M = {}

--- A runbook whose body is this function.
---@param run fun(params: table)
---@return almanac.Runbook
function M.book(run)
  local script = { path = "book.lua", files = {}, sources = {}, required = {}, definitions = {}, digest = "d" }
  return { name = "book", path = script.path, params = {}, run = run, script = script }
end

local function journal_of(events)
  local journal = require("native.journal").open { dir = t.tmpdir() .. "/store" }
  t.defer(function() journal:close() end)
  journal:create { id = "r", runbook = "book", meta = "{}" }
  for _, one in ipairs(events) do
    local data = {}
    for key, value in pairs(one[3] or {}) do data[key] = value end
    if data.digest_of then data.digest, data.digest_of = source.digest(data.digest_of), nil end
    journal:append("r", one[1], one[2], json.encode(data), false)
  end
  return journal
end

--- A run that goes on over the events.
---@param events table[]
---@param mode almanac.Mode
---@return almanac.Run
function M.load(events, mode) return runs.load(journal_of(events), "r", mode) end

--- Walks a body over the events.
---@param events table[]  { kind, path, data }; "digest_of" in the data of step.done: the function that was run
---@param body fun(params: table)
---@return almanac.Run walked
---@return almanac.Error? err
function M.walk(events, body)
  local run = runs.load(journal_of(events), "r", walk)
  return run, undo_list.walk(run, M.book(body), {})
end

--- The same as of a run that is taken back.
---@param events table[]
---@param body fun(params: table)
---@return almanac.Run walked
---@return almanac.Error? err
function M.walk_back(events, body)
  local run = runs.load_to_undo(journal_of(events), "r", walk)
  return run, undo_list.walk_back(run, M.book(body), {})
end

return M
