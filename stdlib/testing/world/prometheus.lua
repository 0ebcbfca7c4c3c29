--- Prometheus as a test says it is: the answers to queries, at the time of the simulated clock.
local answers = require "almanac.testing.world.answers"
local json = require "native.json"
local lookup = require "almanac.base.lookup"
local simulated = require "almanac.sim.world.prometheus"

local M = {}

--- The recorded answer to a query; raises kind "no_answer".
local function answer_of(world, query)
  local given = world.spec.prom
  if type(given) == "function" then return function(seconds) return given(query, seconds) end end
  local answer, pattern = lookup.find(given or {}, query)
  if pattern == nil then
    world:no_answer("prom " .. query, string.format("prom = { [%s] = 0 }", json.encode(query)))
  end
  return answer
end

local function firing(world)
  local given = world.spec.alerts or {}
  if type(given) ~= "function" then return given end
  return answers.alerts(world:call(given, world:now() - world.began))
end

---@param world almanac.testing.World
---@return sim.PrometheusSource
local function source_of(world)
  return {
    began = world.began, now = function() return world:now() end,
    answer_of = function(_, query) return answer_of(world, query) end,
    call = function(_, fn, ...) return world:call(fn, ...) end,
    firing = function() return firing(world) end,
  }
end

--- Answers a request of Prometheus' API; false: there is no such path.
---@param self almanac.testing.World
---@param request table
---@param response table
---@return boolean
function M.handle(self, request, response)
  if self.prometheus_is_silent then
    simulated.be_silent(response)
    return true
  end
  return simulated.handle(source_of(self), request.path, request, response)
end

return M
