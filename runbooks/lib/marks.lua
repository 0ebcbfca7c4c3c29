--- Marks on the dashboards, where almanac.yaml names some: when a change of the devnet began, when it was over, and when it was
--- taken back. Each is a step; a Grafana that is down, and an almanac.yaml that cannot be read, fail nothing.
local config = require "lib.config"
local devnet = require "lib.devnet"

local marks = {}

local function add(text, tags)
  local ok, c = errors.try(config.read)
  if not ok then note("no mark in Grafana: " .. c.message) end
  if not ok or next(c.dashboards) == nil then return { made = false } end
  return grafana.annotate { text = text, tags = { devnet.release, table.unpack(tags) }, optional = true }
end

--- The beginning of a change. When the run is taken back, that is marked as well, once the rest is.
---@param what string   "rollout of v0.5.0-a1b2c3d"
---@param tags string[]
function marks.begin(what, tags)
  step("mark the beginning", { undo = function() add(what .. " was taken back", { "rollback", table.unpack(tags) }) end }, function()
    return add(what .. " begins", tags)
  end)
end

--- The end of a change that went well. It stays when the run is taken back later: that is what happened.
---@param what string
---@param tags string[]
function marks.done(what, tags)
  step("mark the end", { undo = function() end }, function() return add(what .. " is over", tags) end)
end

return marks
