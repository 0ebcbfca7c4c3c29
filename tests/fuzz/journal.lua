-- Rows of a journal, a line each: kind, path and payload, with tabs between; a first line of the kind "meta" has the run's
-- own. What reads a run (its fold for a replay, its tree, its status, its report, the list of runs) takes them or says that
-- the journal is damaged.
local errors = require "almanac.base.errors"
local event = require "almanac.journal.event"
local expect = dofile "tests/fuzz/expect.lua"
local find = require "almanac.journal.find"
local fs = require "native.fs"
local journals = require "native.journal"
local replays = require "almanac.journal.replay"
local report = require "almanac.report.load"
local state = require "almanac.journal.state"
local tree = require "almanac.render.tree"

local REFUSED = { corrupt = true, usage = true, limit = true }
local RUNS = 500 -- of a journal, before a new one is begun

local dir, journal, runs

local function fresh()
  if journal then journal:close() end
  if dir then fs.remove_tree(dir) end
  dir = fs.tmpdir "almanac-fuzz"
  journal, runs = journals.open { dir = dir .. "/store" }, 0
end

local function readers(id)
  return {
    function() for _ in event.each(journal, id) do end end, -- luacheck: ignore 542
    function() replays.load(journal, id) end,
    function() state.summary(journal, id) end,
    function() state.status(journal, id) end,
    function() report.report(journal, journal:run(id)) end,
    function() find.runs(journal, { limit = 1 }) end,
    function() find.runs(journal, { limit = 1, statuses = { "failed" }, operator = "x", params = { a = "1" } }) end,
    function() tree.lines(state.load(journal, id), { color = false, now_ms = 0, spin = 0, notes = 3 }) end,
  }
end

return function(input)
  if not journal or runs >= RUNS then fresh() end
  runs = runs + 1
  local id = "r" .. runs
  local meta = input:match "^meta\t[^\t]*\t([^\n]*)"
  if not (meta and errors.try(journal.create, journal, { id = id, runbook = "r", meta = meta })) then
    journal:create { id = id, runbook = "r", meta = "{}" }
  end
  for line in input:gmatch "[^\n]+" do
    local kind, path, payload = line:match "^([^\t]*)\t([^\t]*)\t(.*)$"
    if kind and kind ~= "meta" then errors.try(journal.append, journal, id, kind, path, (payload:gsub("@RUN@", id)), false) end
  end
  for _, read in ipairs(readers(id)) do
    local ok, err = errors.try(read)
    if not ok then expect.kind(err, REFUSED) end
  end
end
