--- Events: what the cluster says has happened to its objects.
local arguments = require "almanac.k8s.arguments"
local fields = require "almanac.base.fields"
local objects = require "almanac.k8s.objects"
local step = require "almanac.run.step"

local M = {}

local EVENTS = fields.declare("k8s.events", fields.with(arguments.some, {
  fields = arguments.many.fields,
  limit = { "integer", unit = "events", help = "at most, the newest" },
  type = { "string", help = '"Normal" or "Warning"' },
}), { at = 2 })

local function event_time(event)
  local series = type(event.series) == "table" and event.series.lastObservedTime
  for _, time in ipairs { series or false, event.lastTimestamp or false, event.eventTime or false } do
    if type(time) == "string" then return time end
  end
  return event.metadata.creationTimestamp or ""
end

--- The API's event as a line of a table. Pure.
---@param event table
function M.event_line(event)
  local about = event.involvedObject or {}
  local series = type(event.series) == "table" and event.series.count
  return {
    time = event_time(event), type = event.type, reason = event.reason, message = event.message,
    count = math.tointeger(series) or math.tointeger(event.count) or 1,
    object = (about.kind or ""):lower() .. "/" .. (about.name or ""), uid = about.uid,
  }
end

--- Times with and without a fraction of a second, so that text compares as time.
local function sortable(time)
  return time:match "%." and time or (time:gsub("Z$", ".000000Z"))
end

--- Events of the namespace, or about one object, newest first. A read.
function M.events(ref, opts)
  step.require_read "k8s.events"
  opts = fields.check(EVENTS, opts)
  local given = { fields = opts.fields, selector = opts.selector, namespace = opts.namespace, context = opts.context,
    all_namespaces = opts.all_namespaces }
  if ref then
    local about = objects.one("k8s.events", ref, opts)
    given.fields = { ["involvedObject.name"] = about.name, ["involvedObject.kind"] = about.resource.kind }
    given.namespace = about.namespace
  end
  local out = {}
  for _, event in ipairs((objects.list("k8s.events", objects.target("k8s.events", "events", given), given))) do
    if not opts.type or event.type == opts.type then out[#out + 1] = M.event_line(event) end
  end
  table.sort(out, function(a, b)
    local x, y = sortable(a.time), sortable(b.time)
    if x ~= y then return x > y end
    return a.object .. a.reason < b.object .. b.reason
  end)
  for i = #out, (opts.limit or #out) + 1, -1 do out[i] = nil end
  return out
end

return M
