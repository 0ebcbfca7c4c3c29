--- Which clusters a process has spoken with, as a plan names them: a plan that was made for one cluster is not run on
--- another. A cluster is known by the uid of its namespace kube-system, which is made once and never again.
local client = require "almanac.k8s.client"
local errors = require "almanac.base.errors"
local interrupt = require "almanac.base.interrupt"

local M = {}

---@class almanac.k8s.Identity
---@field asked? string   the context that was asked for by name; nil: the one of the settings
---@field context? string
---@field server string
---@field uid? string     nil where the credentials may not read the namespace

--- The identity of the cluster that a context leads to. A read.
---@param asked? string context
---@return almanac.k8s.Identity  raises what reaching the server raises
function M.of(asked)
  local opened = client.open { context = asked }
  local ok, answer = errors.try(client.request, opened, {
    who = "almanac", within = {}, path = "/api/v1/namespaces/kube-system", object = "namespace/kube-system",
  })
  if not ok and answer.status ~= 403 and answer.status ~= 404 then error(answer, 0) end
  return {
    asked = asked, context = opened.info.context, server = opened.info.server,
    uid = ok and answer.metadata and answer.metadata.uid or nil,
  }
end

--- The clusters that this process has spoken with, by the contexts that were asked for. One that cannot be reached
--- any more is left out: what was read of it is what the plan says of it. A read.
---@return almanac.k8s.Identity[]
function M.used()
  local out = {}
  for _, asked in ipairs(client.contexts()) do
    local ok, identity = errors.try(M.of, asked or nil)
    if ok then
      out[#out + 1] = identity
    elseif interrupt.of(identity) then
      error(identity, 0)
    end
  end
  return out
end

return M
