--- Request paths of the API. Pure.
local router = {}

local function split(path)
  local out = {}
  for part in path:gmatch("[^/]+") do out[#out + 1] = part end
  return out
end

--- A proxied name: "name", "name:port" or "scheme:name:port".
local function target_of(text)
  local scheme, name, port = text:match("^([^:]*):([^:]+):([^:]*)$")
  if scheme then return scheme, name, port end
  name, port = text:match("^([^:]+):([^:]*)$")
  return "http", name or text, port
end

---@class sim.Route
---@field res table           the resource
---@field ns? string
---@field name? string
---@field sub? string         subresource
---@field rest? string        of a proxy: what follows it, with its slash
---@field scheme? string      of a proxy
---@field target? string      of a proxy: the object's name
---@field port? string        of a proxy: a number, a port's name, or nil

--- What a path under /api or /apis asks for: { res, ns, name, sub, rest }, or nil where there is no such
--- resource.
---@param served sim.Registry
---@param path string decoded
---@return sim.Route|nil
function router.parse(served, path)
  local parts = split(path)
  local api_version, at
  if parts[1] == "api" then
    api_version, at = parts[2], 3
  elseif parts[1] == "apis" and parts[3] then
    api_version, at = parts[2] .. "/" .. parts[3], 4
  end
  if not api_version then return nil end
  local ns
  -- "namespaces/x/y" is the resource y in x, unless y is a subresource of the namespace itself.
  if parts[at] == "namespaces" and parts[at + 2]
    and not (#parts == at + 2 and (parts[at + 2] == "status" or parts[at + 2] == "finalize")) then
    ns, at = parts[at + 1], at + 2
  end
  local res = served.by_key[api_version .. "/" .. (parts[at] or "")]
  if not res or res.served == false or (ns and not res.namespaced) then return nil end
  local route = { res = res, ns = ns, name = parts[at + 1], sub = parts[at + 2] }
  if route.sub and not res.subresource[route.sub] then return nil end
  if parts[at + 3] then
    if route.sub ~= "proxy" then return nil end
  end
  if route.sub == "proxy" then
    route.rest = path:match("/proxy(/.*)$") or "/"
    route.scheme, route.target, route.port = target_of(route.name)
  end
  return route
end

return router
