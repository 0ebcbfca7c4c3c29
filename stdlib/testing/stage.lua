--- What belongs to the case that runs: its worlds, in directories of their own.
local digest = require "native.digest"
local errors = require "almanac.base.errors"
local fs = require "native.fs"
local terminal = require "almanac.base.terminal"
local worlds = require "almanac.testing.world.world"

local M = {}

---@class almanac.testing.Stage
---@field dir string
---@field project string
---@field clock string
---@field granted almanac.testing.Granted
---@field worlds almanac.testing.World[]
---@field count integer
---@field printed string[]  lines that the case said

local current ---@type almanac.testing.Stage?

--- Begins a case.
---@param dir string      that is there, for its worlds
---@param project string  the operator's
---@param clock string    file of the simulated clock
---@param granted almanac.testing.Granted
function M.begin(dir, project, clock, granted)
  current = { dir = dir, project = project, clock = clock, granted = granted, worlds = {}, count = 0, printed = {} }
end

--- Makes a world for the case that runs.
---@param spec table  checked
---@return almanac.testing.World
function M.world(spec)
  if not current then
    errors.raise { kind = "usage", message = "world: there is one in a case alone",
      hint = "call it in the function of it or before_each, not where the file is loaded" }
  end
  current.count = current.count + 1
  local dir = string.format("%s/%d-%s", current.dir, current.count, digest.random_hex(4))
  fs.mkdir(dir)
  local world = worlds.new(spec, dir, current.project, current.granted)
  world.clock, world.stand_in, world.known, world.runs = current.clock, worlds.STAND_IN, {}, {}
  table.insert(current.worlds, world)
  return world
end

--- The worlds of the case that runs.
---@return almanac.testing.World[]
function M.worlds() return current.worlds end

--- Says something of the case that runs; outside of one it is shown at once.
---@param ... any
function M.print(...)
  local parts = table.pack(...)
  for i = 1, parts.n do parts[i] = tostring(parts[i]) end
  local text = table.concat(parts, "\t")
  if not current then
    terminal.write(2, terminal.lines { text })
    return
  end
  for line in (text .. "\n"):gmatch "(.-)\n" do table.insert(current.printed, line) end
end

--- What the case that runs said.
---@return string[]
function M.printed() return current.printed end

--- Ends a world before its case does, and removes what it left.
---@param world almanac.testing.World
function M.drop(world)
  world:close()
  world:remove()
  for i, one in ipairs(current.worlds) do
    if one == world then table.remove(current.worlds, i) end
  end
end

--- Ends the worlds of the case; what they left stays.
function M.close()
  for _, world in ipairs(current.worlds) do world:close() end
end

--- Ends the case: where nobody is to look at them, what they left.
---@param keep boolean
---@return almanac.testing.World[] kept  those in which something was run
function M.finish(keep)
  local kept = {}
  M.close()
  for _, world in ipairs(current.worlds) do
    if keep and #world.runs > 0 then kept[#kept + 1] = world else world:remove() end
  end
  current = nil
  return kept
end

return M
