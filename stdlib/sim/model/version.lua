--- How one version of an object follows from the one before, and how two differ. Pure.
local value = require "almanac.sim.model.value"

local version = {}

-- What an update cannot change: it is put back from the stored object.
local FIXED = { "name", "namespace", "uid", "creationTimestamp", "deletionTimestamp",
  "deletionGracePeriodSeconds", "generateName", "generation" }

--- The object that an update of `old` to `given` asks for: what cannot change is the old one's.
function version.next(res, old, given, subresource)
  local object, meta
  if subresource == "status" then
    object, meta = value.shallow(old), value.shallow(old.metadata)
    object.status = given.status
    -- A status update may also carry labels, annotations, finalizers and owners.
    for _, field in ipairs { "labels", "annotations", "managedFields" } do
      meta[field] = given.metadata[field]
    end
  else
    object, meta = value.shallow(given), value.shallow(given.metadata)
    if res.has_status then object.status = old.status end
    for _, field in ipairs(FIXED) do meta[field] = old.metadata[field] end
  end
  object.metadata = meta
  object.apiVersion, object.kind = old.apiVersion, old.kind
  return object
end

--- Whether two versions ask for different things: everything but metadata and status is what is wanted; a
--- Deployment's annotations count too.
function version.wants_other(res, old, object)
  if res.key == "apps/v1/deployments"
    and not value.equal(old.metadata.annotations or {}, object.metadata.annotations or {}) then
    return true
  end
  for _, pair in ipairs { { old, object }, { object, old } } do
    for k, v in pairs(pair[1]) do
      if k ~= "metadata" and k ~= "status" and k ~= "apiVersion" and k ~= "kind"
        and not value.equal(v, pair[2][k]) then
        return true
      end
    end
  end
  return false
end

--- Whether two versions differ in nothing but their resourceVersion.
function version.same(old, object)
  local a, b = value.shallow(old), value.shallow(object)
  a.metadata, b.metadata = value.shallow(old.metadata), value.shallow(object.metadata)
  a.metadata.resourceVersion, b.metadata.resourceVersion = nil, nil
  a.metadata.managedFields, b.metadata.managedFields = nil, nil
  return value.equal(a, b) and value.equal(old.metadata.managedFields or {}, object.metadata.managedFields or {})
end

return version
