--- For make demo: what a Prometheus would remember of the last minutes of the devnet, on stdout.
---     almanac lua tests/demo_memory.lua MINUTES BLOCK_TIME RPC_RATE ADDRESS >FILE
local history = require "tests.devnet_history"
local task = require "native.task"
local terminal = require "native.terminal"

local minutes, block_time, rpc_rate, address = ...
terminal.write(1, history.text {
  now = task.wall_ms() / 1000, seconds = tonumber(minutes) * 60, block_time = tonumber(block_time), rpc_rate = tonumber(rpc_rate),
  labels = string.format('job="devnet",instance="%s"', address),
})
