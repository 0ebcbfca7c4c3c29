--- Neighbours of a run that answer nobody for a while: the API of a simulated cluster, its Loki, and Prometheus, which is
--- for whoever serves one to see to.
local outage = {}

--- What each is, in words.
---@type table<string, string>
outage.WORDS = { ["api-down"] = "the API answers nobody", ["prom-silent"] = "Prometheus answers nobody",
  ["loki-silent"] = "Loki answers nobody" }

local SERVED = { ["api-down"] = "api", ["loki-silent"] = "loki" }

--- Begins or ends one.
---@param served table  a simulated cluster that is served
---@param name string   of WORDS
---@param on boolean
---@return boolean silent  whether it is Prometheus that is to answer nobody, or to answer again
function outage.put(served, name, on)
  if not SERVED[name] then return true end
  served:put(SERVED[name], not on)
  return false
end

--- Whether a service is off the network. Where an outage of it ended it comes back soon.
---@param served table
---@param name string   of WORDS
---@return boolean
function outage.is_away(served, name) return SERVED[name] ~= nil and served.listeners[SERVED[name]] == nil end

return outage
