--- How many commits N parallel steps sync to the disk. Usage: almanac lua tests/bench/group_commit.lua DIR N
local execute = require "almanac.run.mode.execute"
local journals = require "native.journal"
local parallel = require "almanac.run.parallel"
local runs = require "almanac.journal.run"
local task = require "native.task"
local terminal = require "native.terminal"

local dir, n = ...
local journal <close> = journals.open { dir = dir }
local run = runs.create(journal, { runbook = "bench", params = {} }, execute)
local branches = {}
for i = 1, tonumber(n) do branches["step " .. i] = function() return i end end
local before = journal:syncs()
task.with({ context = { run = run }, permit = "compute" }, parallel.parallel, "all", branches)
run:flush()
terminal.write(1, journal:syncs() - before .. "\n")
