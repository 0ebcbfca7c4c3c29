--- What the effects on a cluster share: where an object is, what is kept of it in the journal, the
--- request that changes it, and its dry run as a preview.
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local fingerprints = require "almanac.journal.fingerprint"
local k8s_client = require "almanac.k8s.client"
local objects = require "almanac.k8s.objects"
local previews = require "almanac.k8s.preview"
local scope = require "almanac.k8s.scope"
local secret = require "almanac.base.secret"
local step = require "almanac.run.step"
local unknown = require "almanac.base.unknown"
local written = require "almanac.k8s.written"

local M = {
  manager = "almanac",
  --- Carries the id of the effect that wrote it, so that a recovery can tell.
  annotation = "almanac/effect",
  --- Stands for an effect's id where there is none yet.
  no_id = ("0"):rep(16),
  patch_types = {
    strategic = "application/strategic-merge-patch+json", merge = "application/merge-patch+json",
    json = "application/json-patch+json",
  },
}

--- The fields of a Secret that hold its values.
local secret_fields = { "data", "stringData" }

local function conceal_value(name, value)
  local text = secret.reveal(value)
  if type(text) ~= "string" then return text end
  return secret.new(string.format("%s %s", name, fingerprints.of(step.current().run, name, text)), text)
end

local function conceal_values(name, values)
  if type(values) ~= "table" or secret.is(values) then return conceal_value(name, values) end
  local out = {}
  for key, value in pairs(values) do out[key] = conceal_value(name .. "/" .. key, value) end
  return out
end

local function conceal_fields(name, object)
  local out = {}
  for key, value in pairs(object) do out[key] = value end
  for _, field in ipairs(secret_fields) do
    if type(object[field]) == "table" then out[field] = conceal_values(name, object[field]) end
  end
  return out
end

--- An object with the values of a Secret as opaque ones: what goes into the journal and a plan names them,
--- by their fingerprint, so that another value is another input.
---@param object table
---@return table
function M.conceal(object)
  return object.kind == "Secret" and conceal_fields(object.metadata.name, object) or object
end

--- The same for a patch of an object.
---@param ref string|table
---@param patch table of the object's shape, or a list of operations
---@return table
function M.conceal_patch(ref, patch)
  local kind, name = objects.parse_ref("k8s.patch", ref)
  local word = kind:lower()
  if word ~= "secret" and word ~= "secrets" and not word:find "^secrets?%.v1%.?$" then return patch end
  if #patch == 0 then return conceal_fields(name, patch) end
  local out = {}
  for i, operation in ipairs(patch) do
    out[i] = {}
    for key, value in pairs(operation) do out[i][key] = value end
    local key = operation.path:match "^/data/(.+)" or operation.path:match "^/stringData/(.+)"
    if key then
      out[i].value = conceal_value(name .. "/" .. key, operation.value)
    elseif operation.path == "/data" or operation.path == "/stringData" then
      out[i].value = conceal_values(name, operation.value)
    end
  end
  return out
end

--- What is kept of an object in the journal. Pure.
---@param object table?
---@return table
function M.identity(object)
  if not object then return { absent = true } end
  local meta = object.metadata
  return {
    uid = meta.uid, resource_version = meta.resourceVersion, generation = meta.generation,
    terminating = meta.deletionTimestamp ~= nil or nil,
  }
end

--- What an effect returns of an object it changed. Pure.
---@param object table
---@param before? table  its identity before
---@return table
function M.summary(object, before)
  local meta = object.metadata
  return {
    kind = object.kind, name = meta.name, namespace = meta.namespace, uid = meta.uid,
    resource_version = meta.resourceVersion, generation = meta.generation,
    changed = not before or before.resource_version ~= meta.resourceVersion,
  }
end

--- Says in a rollback that an object had to be made once more: it has what it is given there, and nothing else that it had.
---@param target table
---@param before table?  its identity before
function M.tell_anew(target, before)
  local frame = step.current()
  if not (before and before.absent and frame and frame.run.meta.undoes) then return end
  step.note(string.format("%s was gone: it is made anew, with what it is given here, as another object (uid)", target.label))
end

--- What an effect will return, as far as it is known beforehand. A dry run makes up a uid for what is not there.
---@param object table
---@param live? table
---@return table
function M.predicted(object, live)
  local out, frame = M.summary(object), step.current()
  local later = unknown.new(frame and frame.path or "the effect")
  out.resource_version, out.generation, out.changed = later, later, nil
  if not live then out.uid = later end
  return out
end

---@return almanac.k8s.Target
function M.target(who, input)
  return objects.one(who, input.ref, input)
end

--- The options of an effect on one object, checked: where it is.
---@param declaration almanac.Declaration  of the effect's options
---@param ref string|table
---@param opts any
---@return table input { ref, namespace, context }
---@return table opts  checked
function M.where(declaration, ref, opts)
  local who = declaration.who
  opts = fields.check(declaration, opts)
  local kind, name, namespace, api_version = objects.parse_ref(who, ref)
  if not name then errors.usage('%s: %q names a kind; write which one: "%s/NAME"', who, tostring(ref), kind) end
  local plain = type(ref) == "table" and
    { kind = kind, name = name, namespace = namespace, apiVersion = api_version } or ref
  return { ref = plain, namespace = opts.namespace, context = opts.context }, opts
end

--- An object's name for people, from an effect's input. Pure.
function M.label(input)
  if type(input.ref) == "string" then return input.ref end
  return input.ref.kind:lower() .. "/" .. input.ref.name
end

--- The observe of an effect that keeps the object's identity.
function M.observe(who)
  return function(input) return M.identity(objects.find(who, M.target(who, input))) end
end

--- What `allow` of a runbook is asked for.
M.allow = {
  category = "k8s",
  of = function(input) return { scope.of_target(M.target("k8s", input)) } end,
}

--- Sends a write; `dry` asks the server what would come of it.
---@param who string
---@param target almanac.k8s.Target
---@param request table
---@param dry? boolean
---@return table answer
function M.send(who, target, request, dry)
  request.who, request.object = who, target.label
  request.query = request.query or {}
  request.query.fieldManager = M.manager
  if dry then request.query.dryRun = "All" end
  local answer = k8s_client.request(target.client, request)
  if not dry then written.note(answer) end
  return answer
end

--- The preview of a write to one object: the live one, and what a dry run makes of it.
---@param who string
---@param write fun(target: almanac.k8s.Target, input: table, dry: boolean): table
function M.preview_with(who, write)
  return function(input)
    local target = M.target(who, input)
    local live = objects.find(who, target)
    local change, after = previews.try(target.label, live, function() return write(target, input, true) end)
    return previews.of({ change }, { previews.ground(target.label, target.namespace, live) }, after and M.predicted(after, live))
  end
end

return M
