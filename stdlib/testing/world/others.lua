--- What others do in a world while a run goes on: they change an object by hand, kill a helm, take a service off the
--- network, at a moment that the test says.
local codec = require "native.codec"
local errors = require "almanac.base.errors"
local http = require "native.http"
local json = require "native.json"
local lookup = require "almanac.base.lookup"
local outages = require "almanac.sim.outage"
local process = require "native.process"
local sh = require "native.sh"
local task = require "native.task"

local M = {}

--- Has a function called when so much time has passed, whoever asks for it and ends meanwhile.
---@param self almanac.testing.World
---@param seconds number
---@param fn function
function M.later(self, seconds, fn)
  self.appointments = (self.appointments or 0) + 1
  self.served.cluster.agenda:after(seconds, "test\0" .. self.appointments, function()
    task.spawn(function()
      local ok, err = errors.try(self.call, self, fn)
      if not ok then self:complain(err) end
    end)
  end)
end

--- Has a function called once, before the cluster looks at the first request that is meant.
---@param self almanac.testing.World
---@param request string  "PATCH */statefulsets/web": method and path, with * for any text
---@param fn function
function M.await(self, request, fn) table.insert(self.awaited, { request = request, fn = fn }) end

--- A request of the cluster comes. Dry runs change nothing, and are not waited for.
---@param self almanac.testing.World
---@param request table
---@return boolean goes_on  false: the API is gone by now
function M.asked(self, request)
  local line = request.method .. " " .. request.path
  for i, one in ipairs(request.query.dryRun and {} or self.awaited) do
    if lookup.find({ [one.request] = true }, line) then
      table.remove(self.awaited, i)
      local ok, err = errors.try(self.call, self, one.fn)
      if not ok then self:complain(err) end
      break
    end
  end
  return not self.served or self.served.listeners.api ~= nil
end

--- What is still waited for.
---@param self almanac.testing.World
---@return string[] requests
function M.missed(self)
  local out = {}
  for i, one in ipairs(self.awaited) do out[i] = one.request end
  return out
end

local function split(names)
  local of_cluster, silent = {}, {}
  for _, name in ipairs(names or {}) do table.insert(outages.WORDS[name] and silent or of_cluster, name) end
  return of_cluster, silent
end

--- Puts faults and outages on and off. Raises kind "usage" for one that there is none of, and changes nothing.
---@param self almanac.testing.World
---@param add string[]?
---@param remove string[]?
function M.change(self, add, remove)
  local faults, begun = split(add)
  local healed, over = split(remove)
  local ok, why = self.served.cluster.faults:change(faults, healed)
  if not ok then errors.usage("world.fault: %s", why) end
  for _, name in ipairs(begun) do self.prometheus_is_silent = outages.put(self.served, name, true) or self.prometheus_is_silent end
  for _, name in ipairs(over) do
    if outages.put(self.served, name, false) then self.prometheus_is_silent = false end
  end
  for _, name in ipairs(over) do
    while outages.is_away(self.served, name) do task.sleep(0.001) end
  end
end

--- Changes an object as somebody at a terminal does, through the API.
---@param self almanac.testing.World
---@param resource table  of the object's kind
---@param namespace string
---@param name string
---@param patch table     a strategic merge patch
---@param manager string  who set the fields, for the cluster
function M.patch(self, resource, namespace, name, patch, manager)
  local group = resource.group == "" and "/api/" or "/apis/" .. resource.group .. "/"
  local within = resource.namespaced and "/namespaces/" .. namespace or ""
  local path = string.format("%s%s%s/%s/%s", group, resource.version, within, resource.resource, name)
  local response = http.request {
    who = "world.patch", method = "PATCH", read = true, body = json.encode(patch),
    url = self.served.api .. path .. "?fieldManager=" .. codec.percent_encode(manager),
    headers = { ["Content-Type"] = resource.custom and "application/merge-patch+json" or "application/strategic-merge-patch+json" },
  }
  if response.status >= 300 then
    local ok, status = errors.try(json.decode, response.body)
    errors.usage("world.patch: %s", ok and status.message or response.body)
  end
end

--- Ends the helms of the world with SIGKILL.
---@param self almanac.testing.World
---@return integer count
function M.kill_helm(self)
  local pids = sh.find_by_env("HOME", self.dir .. "/helm")
  for _, pid in ipairs(pids) do process.interrupt(pid, "KILL") end
  return #pids
end

return M
