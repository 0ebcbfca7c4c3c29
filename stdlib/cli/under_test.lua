--- almanac under-test FILE COMMAND WORD…: a command as it always is, in the world of a test: FILE says where that is.
--- From its first line on the process reaches nothing else.
local clock = require "native.clock"
local errors = require "almanac.base.errors"
local fs = require "native.fs"
local isolation = require "native.isolation"
local json = require "native.json"
local process = require "native.process"

local M = {}

M.usage = "under-test FILE COMMAND WORD…\n\nRuns a command in the world of a test: for almanac's own use."
M.options = {}

function M.run(words, operator)
  local world = json.decode(fs.read_own(table.remove(words, 1), "world of a test"))
  require("native.signals").follow(world.parent)
  if not words[1] then errors.usage "usage: almanac under-test FILE COMMAND WORD…" end
  local zones = process.getenv "TZDIR" or "/usr/share/zoneinfo"
  isolation.files({ world.dir, zones }, { world.dir .. "/project", world.dir .. "/home", world.dir .. "/tmp" })
  isolation.requests(world.address, world.api)
  isolation.programs({ process.exe(), "stand-in", world.address, world.stand_in }, world.real)
  operator.stage = "a test"
  if world.helm then isolation.guard(world.dir .. "/bin/helm", world.helm) end
  clock.join(world.clock, world.seat)
  return require("almanac.cli.main").perform(table.remove(words, 1), words, operator)
end

return M
