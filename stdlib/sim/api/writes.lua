--- create, update, patch, apply, delete and deletecollection. A handler takes the request's context (see
--- api.lua) and returns an answer { status, body, warnings }, or nil and a Status.
local value = require "almanac.sim.model.value"
local errors = require "almanac.sim.model.errors"
local body = require "almanac.sim.api.body"
local convert = require "almanac.sim.model.convert"
local defaults = require "almanac.sim.model.defaults"
local patches = require "almanac.sim.model.patches"
local reads = require "almanac.sim.api.reads"
local respond = require "almanac.sim.api.respond"
local ssa = require "almanac.sim.model.ssa"
local strategic = require "almanac.sim.model.strategic"
local structural = require "almanac.sim.model.structural"
local validate = require "almanac.sim.model.validate"
local version = require "almanac.sim.model.version"

local writes = {}

local function answer(cx, status, object, warnings)
  local out = respond.object(cx, status, object)
  out.warnings = warnings
  return out
end

--- Whether the request is a dry run, or nil and a Status.
local function dry_run(cx)
  local text = cx.query.dryRun
  if text == nil or text == "" then return false end
  if text == "All" then return true end
  return nil, errors.failure(422, "Invalid",
    ('PatchOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["%s"]: supported values: "All"'):format(text))
end

--- The field manager of a request: what it says, or the first word of its user agent.
---@param cx table
---@return string
local function manager(cx)
  local given = cx.query.fieldManager
  if given and given ~= "" then return given end
  return (cx.request.headers["user-agent"] or ""):match("^[^/]+") or "unknown"
end

local function operation(cx, subresource)
  local res = cx.route.res
  return { manager = manager(cx), api_version = res.api_version, kind = res.kind,
    ref = res.ref, subresource = subresource,
    has_status = res.has_status, time = value.timestamp(cx.store.now()), force = cx.query.force == "true" }
end

--- Makes sure that there is metadata, and that what is looked at before decoding is of its type.
local function check_metadata(object, res)
  local wrong
  if value.is_nil(object.metadata) then object.metadata = {} end
  local meta = object.metadata
  if not value.is_object(meta) then
    wrong = res.kind .. ".metadata of type v1.ObjectMeta"
  else
    for _, k in ipairs { "name", "generateName", "namespace", "resourceVersion", "uid" } do
      if not value.is_nil(meta[k]) and type(meta[k]) ~= "string" then
        wrong = wrong or "ObjectMeta.metadata." .. k .. " of type string"
      end
    end
  end
  return wrong and errors.bad_request(
    ('%s in version "%s" cannot be handled as a %s: json: cannot unmarshal into Go struct field %s'):format(
      res.kind, res.version, res.kind, wrong)) or nil
end

--- Checks that an object is of the kind and place the URL says, and fills in what it leaves out.
local function place(cx, object)
  local route = cx.route
  local res = route.res
  local status = check_metadata(object, res)
  if status then return status end
  local api_version, kind = object.apiVersion, object.kind
  if api_version and api_version ~= res.api_version then
    return errors.bad_request(("the API version in the data (%s) does not match the expected API version (%s)"):format(
      tostring(api_version), res.api_version))
  end
  if kind and kind ~= res.kind then
    return errors.bad_request(('%s in version "%s" cannot be handled as a %s: no kind "%s" is registered for the '
      .. "internal version"):format(tostring(kind), res.version, res.kind, tostring(kind)))
  end
  object.apiVersion, object.kind = res.api_version, res.kind
  local meta = object.metadata
  if res.namespaced then
    local ns = meta.namespace
    if not value.is_nil(ns) and ns ~= "" and ns ~= route.ns then
      return errors.bad_request("the namespace of the provided object does not match the namespace sent on the request")
    end
    meta.namespace = route.ns
  end
  if route.name then
    if value.is_nil(meta.name) or meta.name == "" then meta.name = route.name end
    if meta.name ~= route.name then
      return errors.bad_request(("the name of the object (%s) does not match the name on the URL (%s)"):format(
        tostring(meta.name), route.name))
    end
  end
  return nil
end

--- The object as it is stored, with the defaults of its type. `object` is the caller's own.
local function with_defaults(res, object)
  if not res.custom then return defaults.set(convert.to_storage(res, object)) end
  structural.set_defaults(res.custom, object)
  return convert.to_storage(res, object)
end

--- Stores a new object. `object` is the caller's own.
local function insert(cx, write, object, dry)
  local res = cx.route.res
  if res.has_status and res.kind ~= "Namespace" then object.status = nil end
  if not write.managed then object = ssa.update(nil, object, operation(cx)) end
  local causes = validate.create(res, object)
  if #causes > 0 then return nil, errors.invalid(res, object.metadata.name, causes) end
  return cx.store:create(res.key, object, { dry_run = dry })
end

--- Stores what becomes of an object. `given` is the caller's own.
local function change(cx, write, given, dry)
  local res, old, subresource = cx.route.res, write.old, cx.route.sub
  local object = version.next(res, old, given, subresource)
  object.metadata.resourceVersion = given.metadata.resourceVersion
  object.metadata.uid = given.metadata.uid or old.metadata.uid
  local rv = object.metadata.resourceVersion
  if rv and rv ~= "" and rv ~= old.metadata.resourceVersion then return nil, errors.modified(res, old.metadata.name) end
  if not write.managed then object = ssa.update(old, object, operation(cx, subresource)) end
  local causes = subresource and {} or validate.update(res, old, object)
  if #causes > 0 then return nil, errors.invalid(res, old.metadata.name, causes) end
  return cx.store:update(res.key, object, { subresource = subresource, dry_run = dry })
end

---@class sim.Write  what a request asks to have stored
---@field object table       the handler's own, placed
---@field old? table         what is stored now; nil: it is new
---@field managed? boolean   managedFields are settled (an apply)
---@field validation? string  Ignore, Warn, Strict; nil: as the query says

--- The handler of a verb, from what decodes its request: every write goes this way.
---@param decode fun(cx: table): sim.Write|nil, table|nil status
---@return fun(cx: table): table|nil answer, table|nil status
local function handler(decode)
  return function(cx)
    local res = cx.route.res
    local dry, status = dry_run(cx)
    if dry == nil then return nil, status end
    local write
    write, status = decode(cx)
    if not write then return nil, status end
    local warnings
    warnings, status = body.conform(write.object, res, write.validation or cx.query.fieldValidation or "Warn")
    if not warnings then return nil, status end
    local stored
    stored, status = (write.old and change or insert)(cx, write, with_defaults(res, write.object), dry)
    if not stored then return nil, status end
    return answer(cx, write.old and 200 or 201, stored, warnings)
  end
end

--- The object that a request's body is, placed.
local function given_object(cx)
  local object, status = body.object(cx.request.body, cx.request.headers["content-type"], cx.route.res.kind)
  if not object then return nil, status end
  status = place(cx, object)
  if status then return nil, status end
  return object
end

--- create
writes.create = handler(function(cx)
  local object, status = given_object(cx)
  if not object then return nil, status end
  local rv = object.metadata.resourceVersion
  if not value.is_nil(rv) and rv ~= "" then
    return nil, errors.bad_request("resourceVersion should not be set on objects to be created")
  end
  return { object = object }
end)

--- update, of an object or of its status
writes.update = handler(function(cx)
  local object, status = given_object(cx)
  if not object then return nil, status end
  local old
  old, status = cx.store:get(cx.route.res.key, cx.route.ns, cx.route.name)
  if not old then return nil, status end
  return { object = object, old = old }
end)

local APPLY = "application/apply-patch+yaml"

--- `object` (with kind and apiVersion) as a patch of the request's type leaves it, or nil and a Status.
---@param cx table
---@param object table
---@param ref table its type, for strategic merges
---@return table|nil object, table|nil status
function writes.patched(cx, object, ref)
  local type = (cx.request.headers["content-type"] or ""):match("^[^;%s]*")
  local patch, status = body.patch(cx.request.body, false)
  if not patch then return nil, status end
  if type == "application/json-patch+json" then return patches.json(object, patch) end
  if not value.is_object(patch) then
    return nil, errors.bad_request("error decoding patch: json: cannot unmarshal array into Go value of type "
      .. "map[string]interface {}")
  end
  if type == "application/merge-patch+json" then return patches.merge(object, patch) end
  if type == "application/strategic-merge-patch+json" and ref.kind == "struct" and not ref.type then
    return strategic.merge(ref, object, patch)
  end
  return nil, errors.failure(415, "UnsupportedMediaType",
    "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, "
    .. "application/merge-patch+json, application/apply-patch+yaml"
    .. (ref.type and "" or ", application/strategic-merge-patch+json"), {})
end

local function must_be_apply(field, why)
  return errors.failure(422, "Invalid", ('PatchOptions.meta.k8s.io "" is invalid: %s: %s'):format(field, why),
    { group = "meta.k8s.io", kind = "PatchOptions", causes = value.array {
      errors.cause(why:match("^Required") and "FieldValueRequired" or "FieldValueForbidden", field, why) } })
end

local function decode_patch(cx)
  local res, route = cx.route.res, cx.route
  if cx.query.force then return nil, must_be_apply("force", "Forbidden: may not be specified for non-apply patch") end
  local old, status = cx.store:get(res.key, route.ns, route.name)
  if not old then return nil, status end
  local object
  object, status = writes.patched(cx, convert.from_storage(res, old), structural.of(res))
  if not object then return nil, status end
  object = value.copy(object)
  status = place(cx, object)
  if status then return nil, status end
  return { object = object, old = old }
end

local function check_apply(cx, config)
  local status
  if value.is_nil(cx.query.fieldManager) or cx.query.fieldManager == "" then
    status = must_be_apply("fieldManager", "Required value: is required for apply patch")
  elseif value.is_nil(config.apiVersion) or value.is_nil(config.kind) then
    status = errors.bad_request(("invalid object type: %s, Kind=%s"):format(
      tostring(config.apiVersion or "/"), tostring(config.kind or "")))
  end
  if status then return status end
  local ns = value.dig(config, "metadata", "namespace")
  status = place(cx, config)
  if status then return status end
  -- The namespace is the URL's; an error about the patch shows what the patch said.
  config.metadata.namespace = ns
  return nil
end

--- Why an apply that would make an object may not, or nil.
local function refuse_creation(cx, config)
  local res, route = cx.route.res, cx.route
  if route.sub then return errors.not_found(res, route.name) end
  if config.metadata.uid then
    return errors.conflict(res, route.name,
      ("uid mismatch: the provided object specified uid %s, and no existing object was found"):format(config.metadata.uid))
  end
  return config.metadata.resourceVersion and errors.modified(res, route.name) or nil
end

local function decode_apply(cx)
  local res, route = cx.route.res, cx.route
  local config, status = body.patch(cx.request.body, true)
  if not config then return nil, status end
  status = check_apply(cx, config)
  if status then return nil, status end
  local live = cx.store:peek(res.storage, route.ns or "", route.name)
  local object
  object, status = ssa.apply(live and convert.from_storage(res, live), config, operation(cx, route.sub))
  if not object then return nil, status end
  status = not live and refuse_creation(cx, config)
  if status then return nil, status end
  object = value.copy(object)
  object.metadata.namespace = route.ns
  if live then
    object.metadata.resourceVersion, object.metadata.uid = config.metadata.resourceVersion, config.metadata.uid
  end
  return { object = object, old = live, managed = true, validation = "Ignore" }
end

--- patch and apply, of an object or of its status
writes.patch = handler(function(cx)
  local type = (cx.request.headers["content-type"] or ""):match("^[^;%s]*")
  return (type == APPLY and decode_apply or decode_patch)(cx)
end)

--- The options of a delete, from its body and its query, or nil and a Status.
---@param cx table
---@return table|nil options, table|nil status
local function delete_options(cx)
  local given, status = {}
  if cx.request.body and cx.request.body ~= "" then
    given, status = body.object(cx.request.body, cx.request.headers["content-type"], "DeleteOptions")
    if not given then return nil, status end
    body.drop_nulls(given)
  end
  local dry
  dry, status = dry_run(cx)
  if dry == nil then return nil, status end
  local policy = given.propagationPolicy or cx.query.propagationPolicy
  if given.orphanDependents ~= nil then policy = given.orphanDependents and "Orphan" or "Background" end
  return {
    propagation = policy, grace = given.gracePeriodSeconds or math.tointeger(tonumber(cx.query.gracePeriodSeconds)),
    uid = value.dig(given, "preconditions", "uid"), rv = value.dig(given, "preconditions", "resourceVersion"),
    dry_run = dry or (given.dryRun and given.dryRun[1] == "All") or false,
  }
end

-- Kinds whose deletion is answered with the object even when it is gone.
local RETURNS_OBJECT = { Pod = true, Service = true, PersistentVolumeClaim = true, PersistentVolume = true,
  PodTemplate = true, ResourceQuota = true, ServiceAccount = true, StorageClass = true }

--- delete
function writes.delete(cx)
  local res, route = cx.route.res, cx.route
  local options, status = delete_options(cx)
  if not options then return nil, status end
  local object, gone = cx.store:delete(res.key, route.ns, route.name, options)
  if not object then return nil, gone end
  if not gone or RETURNS_OBJECT[res.kind] then return answer(cx, 200, object) end
  return { status = 200, body = value.json.encode(errors.success {
    name = route.name, group = res.group ~= "" and res.group or nil, kind = res.resource, uid = object.metadata.uid,
  }) .. "\n" }
end

--- deletecollection
function writes.delete_collection(cx)
  local res, route = cx.route.res, cx.route
  local options, status = delete_options(cx)
  if not options then return nil, status end
  local match
  match, status = reads.matcher(cx)
  if not match then return nil, status end
  local done = {}
  for _, object in ipairs((cx.store:list(res.key, route.ns))) do
    if match(object) then
      done[#done + 1] = object
      cx.store:delete(res.key, object.metadata.namespace, object.metadata.name, options)
    end
  end
  return respond.list(cx, done, { resourceVersion = tostring(cx.store.rv) })
end

--- Changes spec.replicas of a workload, as its scale subresource does.
---@param cx table
---@param old table
---@param replicas integer
---@param rv string|nil the version the Scale was of
---@return table|nil object, table|nil status
function writes.scale(cx, old, replicas, rv)
  local dry, status = dry_run(cx)
  if dry == nil then return nil, status end
  local object = value.copy(old)
  object.spec.replicas = replicas
  if rv and rv ~= "" and rv ~= old.metadata.resourceVersion then
    return nil, errors.modified(cx.route.res, old.metadata.name)
  end
  object = ssa.update(old, object, operation(cx, "scale"))
  return cx.store:update(cx.route.res.key, object, { dry_run = dry })
end

return writes
