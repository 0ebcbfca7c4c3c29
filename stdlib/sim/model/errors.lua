--- Kubernetes Status objects. The store and the API return them as errors; they are plain data, with
--- the words a real API server uses.
local value = require "almanac.sim.model.value"

local errors = {}

--- A Failure Status. `code` is the HTTP status.
---@param code integer
---@param reason? string
---@param message string
---@param details? table
---@return table status
function errors.failure(code, reason, message, details)
  return {
    kind = "Status", apiVersion = "v1", metadata = {}, status = "Failure",
    message = message, reason = reason, details = details, code = code,
  }
end

--- The Status of a delete that is complete.
---@param details table
---@return table status
function errors.success(details)
  return { kind = "Status", apiVersion = "v1", metadata = {}, status = "Success", details = details }
end

--- "deployments.apps", or "pods" in the core group.
---@param res table resource, as in resources.lua
---@return string
function errors.qualified(res)
  if res.group == "" then return res.resource end
  return res.resource .. "." .. res.group
end

local function details_of(res, name)
  return { name = name, group = res.group ~= "" and res.group or nil, kind = res.resource }
end

function errors.not_found(res, name)
  return errors.failure(404, "NotFound",
    ('%s "%s" not found'):format(errors.qualified(res), name), details_of(res, name))
end

function errors.already_exists(res, name)
  return errors.failure(409, "AlreadyExists",
    ('%s "%s" already exists'):format(errors.qualified(res), name), details_of(res, name))
end

function errors.conflict(res, name, why)
  return errors.failure(409, "Conflict",
    ('Operation cannot be fulfilled on %s "%s": %s'):format(errors.qualified(res), name, why),
    details_of(res, name))
end

--- The optimistic lock failed: the caller's resourceVersion is not the current one.
function errors.modified(res, name)
  return errors.conflict(res, name,
    "the object has been modified; please apply your changes to the latest version and try again")
end

function errors.forbidden(res, name, why)
  return errors.failure(403, "Forbidden",
    ('%s "%s" is forbidden: %s'):format(errors.qualified(res), name, why), details_of(res, name))
end

function errors.bad_request(message)
  return errors.failure(400, "BadRequest", message)
end

function errors.unauthorized()
  return errors.failure(401, "Unauthorized", "Unauthorized")
end

function errors.expired(message)
  return errors.failure(410, "Expired", message)
end

function errors.too_old(rv, oldest)
  return errors.expired(("too old resource version: %d (%d)"):format(rv, oldest))
end

function errors.method_not_allowed()
  return errors.failure(405, "MethodNotAllowed",
    "the server does not allow this method on the requested resource", {})
end

--- One cause of an invalid object: `reason` FieldValueInvalid, FieldValueRequired, …, `message` the
--- text after the field, `field` its path.
---@return table cause
function errors.cause(reason, field, message)
  return { reason = reason, message = message, field = field }
end

--- 422 with its causes, in the words of apimachinery's field errors.
---@param res table
---@param name? string
---@param causes table[]
---@return table status
function errors.invalid(res, name, causes)
  local texts = {}
  for i, cause in ipairs(causes) do texts[i] = cause.field .. ": " .. cause.message end
  local text = texts[1]
  if #texts > 1 then text = "[" .. table.concat(texts, ", ") .. "]" end
  local kind = res.group ~= "" and res.kind .. "." .. res.group or res.kind
  return errors.failure(422, "Invalid",
    ('%s "%s" is invalid: %s'):format(kind, name or "", text), {
      name = name, group = res.group ~= "" and res.group or nil, kind = res.kind,
      causes = value.array(causes),
    })
end

return errors
