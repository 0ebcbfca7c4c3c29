--- Prometheus as a test says it is: the answers to queries, at the time of the simulated clock.
local json = require "native.json"
local lookup = require "almanac.base.lookup"
local simulated = require "almanac.sim.world.prometheus"

local M = {}

--- The recorded answer to a query; raises kind "no_answer".
local function answer_of(world, query)
  local answers = world.spec.prom
  if type(answers) == "function" then return function(seconds) return answers(query, seconds) end end
  local answer, pattern = lookup.find(answers or {}, query)
  if pattern == nil then
    world:no_answer("prom " .. query, string.format("prom = { [%s] = 0 }", json.encode(query)))
  end
  return answer
end

local function firing(world)
  local list = world.spec.alerts or {}
  if type(list) == "function" then list = world:call(list, world:now() - world.began) or {} end
  return list
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
