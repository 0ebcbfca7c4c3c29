--- Scale, finalize, eviction, logs, and the reviews of authorization. Handlers as in writes.lua.
local value = require "almanac.sim.model.value"
local errors = require "almanac.sim.model.errors"
local body = require "almanac.sim.api.body"
local disruption = require "almanac.sim.control.disruption"
local identity = require "almanac.sim.api.identity"
local respond = require "almanac.sim.api.respond"
local schema = require "almanac.sim.model.schema"
local writes = require "almanac.sim.api.writes"

local subresources = {}

local BUDGETS = "policy/v1/poddisruptionbudgets"

local function scale_of(object)
  local meta, labels = object.metadata, {}
  local selector = value.dig(object, "spec", "selector", "matchLabels") or {}
  for _, k in ipairs(value.sorted_keys(selector)) do labels[#labels + 1] = k .. "=" .. selector[k] end
  return {
    kind = "Scale", apiVersion = "autoscaling/v1",
    metadata = { name = meta.name, namespace = meta.namespace, uid = meta.uid, resourceVersion = meta.resourceVersion,
      creationTimestamp = meta.creationTimestamp },
    spec = { replicas = value.dig(object, "spec", "replicas") or 0 },
    status = { replicas = value.dig(object, "status", "replicas") or 0, selector = table.concat(labels, ",") },
  }
end

local SCALE = { group = "autoscaling", kind = "Scale", resource = "scales" }

local function wanted_scale(cx, scale)
  if cx.request.method == "PATCH" then return writes.patched(cx, scale, schema.root("autoscaling/v1", "Scale")) end
  return body.object(cx.request.body, cx.request.headers["content-type"], "Scale")
end

--- GET, PUT and PATCH of a workload's scale.
function subresources.scale(cx)
  local route = cx.route
  local object, status = cx.store:get(route.res.key, route.ns, route.name)
  if not object then return nil, status end
  local scale = scale_of(object)
  if cx.request.method ~= "GET" then
    local wanted
    wanted, status = wanted_scale(cx, scale)
    if not wanted then return nil, status end
    local replicas = value.dig(wanted, "spec", "replicas") or 0
    if math.type(replicas) ~= "integer" then
      return nil, errors.bad_request(('Scale in version "v1" cannot be handled as a Scale: json: cannot unmarshal %s into '
        .. "Go struct field ScaleSpec.spec.replicas of type int32"):format(type(replicas)))
    elseif replicas < 0 then
      return nil, errors.invalid(SCALE, route.name, { errors.cause("FieldValueInvalid", "spec.replicas",
        ("Invalid value: %d: must be greater than or equal to 0"):format(replicas)) })
    end
    object, status = writes.scale(cx, object, replicas, value.dig(wanted, "metadata", "resourceVersion"))
    if not object then return nil, status end
    scale = scale_of(object)
  end
  return { status = 200, body = value.json.encode(scale) .. "\n" }
end

--- PUT of a namespace's finalizers.
function subresources.finalize(cx)
  local route = cx.route
  local given, status = body.object(cx.request.body, cx.request.headers["content-type"], "Namespace")
  if not given then return nil, status end
  local object
  object, status = cx.store:modify(route.res.key, nil, route.name, function(ns)
    ns.spec = ns.spec or {}
    ns.spec.finalizers = value.dig(given, "spec", "finalizers")
  end)
  if not object then return nil, status end
  return { status = 200, body = respond.text(route.res, object) .. "\n" }
end

--- Takes one of the disruptions that a budget allows.
local function charge(cx, budget, pod)
  cx.store:modify(BUDGETS, budget.metadata.namespace, budget.metadata.name, function(object)
    local status = object.status
    status.disruptionsAllowed = status.disruptionsAllowed - 1
    status.disruptedPods = status.disruptedPods or {}
    status.disruptedPods[pod.metadata.name] = value.timestamp(cx.store.now())
  end, { subresource = "status" })
end

--- POST of an Eviction: a delete that a disruption budget may refuse.
function subresources.eviction(cx)
  local route = cx.route
  local given, status = body.object(cx.request.body, cx.request.headers["content-type"], "Eviction")
  if not given then return nil, status end
  body.drop_nulls(given)
  local options = given.deleteOptions or {}
  local dry = cx.query.dryRun == "All" or value.dig(options, "dryRun", 1) == "All"
  local pod
  pod, status = cx.store:get("v1/pods", route.ns, route.name)
  if not pod then return nil, status end
  local uid = value.dig(options, "preconditions", "uid")
  local budget
  if not uid or uid == pod.metadata.uid then -- else the delete below says what is wrong
    status, budget = disruption.check(pod, (cx.store:list(BUDGETS, route.ns)))
    if status then return nil, status end
    if budget and not dry then charge(cx, budget, pod) end
  end
  local object, gone = cx.store:delete("v1/pods", route.ns, route.name, {
    grace = options.gracePeriodSeconds, uid = uid, rv = value.dig(options, "preconditions", "resourceVersion"),
    dry_run = dry,
  })
  if not object then return nil, gone end
  return { status = 201, body = value.json.encode { kind = "Status", apiVersion = "v1", metadata = {}, status = "Success",
    code = 201 } .. "\n" }
end

--- The container whose log, or to exec in, is asked for, or nil and a Status.
function subresources.container(pod, name)
  local names = {}
  for _, list in ipairs { "containers", "initContainers", "ephemeralContainers" } do
    for _, c in ipairs(pod.spec[list] or {}) do
      if c.name == name then return c.name end
      if list == "containers" then names[#names + 1] = c.name end
    end
  end
  if name then
    return nil, errors.bad_request(("container %s is not valid for pod %s"):format(name, pod.metadata.name))
  end
  if #names == 1 then return names[1] end
  return nil, errors.bad_request(("a container name must be specified for pod %s, choose one of: [%s]"):format(
    pod.metadata.name, table.concat(names, " ")))
end

local function log_state(pod, name)
  for _, list in ipairs { "containerStatuses", "initContainerStatuses" } do
    for _, c in ipairs(value.dig(pod, "status", list) or {}) do
      if c.name == name then return c end
    end
  end
  return nil
end

local PULLING = { ErrImagePull = true, ImagePullBackOff = true }

--- Why there is no log yet, or nil.
local function log_refusal(pod, name, previous)
  local c = log_state(pod, name)
  if previous then
    if c and value.dig(c, "lastState", "terminated") then return nil end
    return errors.bad_request(('previous terminated container "%s" in pod "%s" not found'):format(name, pod.metadata.name))
  end
  local reason = not c and "ContainerCreating" or value.dig(c, "state", "waiting", "reason")
  if not reason or (c and (c.restartCount or 0) > 0) or (c and value.dig(c, "lastState", "terminated")) then return nil end
  if PULLING[reason] then reason = "trying and failing to pull image" end
  return errors.bad_request(('container "%s" in pod "%s" is waiting to start: %s'):format(name, pod.metadata.name, reason))
end

local function number(text) return text and tonumber(text) or nil end

--- GET of a pod's log. The text is the node's: opts.logs(pod, container, { previous, follow, timestamps,
--- tail, since, since_time, limit }) gives a string, or a function that waits for the next piece and
--- ends with nil; or nil and why not.
function subresources.log(cx)
  local route, query = cx.route, cx.query
  local pod, status = cx.store:get("v1/pods", route.ns, route.name)
  if not pod then return nil, status end
  local container = query.container ~= "" and query.container or nil
  local name
  name, status = subresources.container(pod, container)
  if not name then return nil, status end
  local previous = query.previous == "true"
  status = log_refusal(pod, name, previous)
  if status then return nil, status end
  if not cx.opts.logs then return { status = 200, body = "", type = "text/plain" } end
  local text, why = cx.opts.logs(pod, name, {
    previous = previous, follow = query.follow == "true" or query.follow == "1", timestamps = query.timestamps == "true",
    tail = number(query.tailLines), since = number(query.sinceSeconds), since_time = query.sinceTime,
    limit = number(query.limitBytes),
  })
  if text == nil then
    return nil, type(why) == "table" and why or errors.bad_request(tostring(why or "the log is not available"))
  end
  if type(text) == "function" then return { status = 200, type = "text/plain", pieces = text } end
  return { status = 200, body = text, type = "text/plain" }
end

local REVIEWS = {}

function REVIEWS.SelfSubjectAccessReview() return { allowed = true } end

function REVIEWS.SelfSubjectRulesReview()
  local all = value.array { "*" }
  return { incomplete = false,
    resourceRules = value.array { { verbs = all, apiGroups = all, resources = all } },
    nonResourceRules = value.array { { verbs = all, nonResourceURLs = all } } }
end

function REVIEWS.SelfSubjectReview(cx)
  return { userInfo = identity.user_info(cx.who) }
end

--- POST of a review: everybody may do everything.
function subresources.review(cx)
  local res = cx.route.res
  local object, status = body.object(cx.request.body, cx.request.headers["content-type"], res.kind)
  if not object then return nil, status end
  object.apiVersion, object.kind, object.metadata = res.api_version, res.kind, object.metadata or {}
  object.status = REVIEWS[res.kind](cx)
  return { status = 201, body = value.json.encode(object) .. "\n" }
end

--- Whether a resource is a review, which is answered and not kept.
---@param res table
---@return boolean
function subresources.is_review(res)
  return REVIEWS[res.kind] ~= nil
end

return subresources
