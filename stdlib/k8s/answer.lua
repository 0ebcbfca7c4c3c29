--- What an API server answers that took a request, as data: an object, or a list of objects. Any other answer is refused here,
--- in words; to a write it leaves in doubt whether that took place.
local errors = require "almanac.base.errors"
local json = require "native.json"
local redaction = require "almanac.base.redaction"

local M = {}

--- The longest answer, in bytes: a list of everything.
M.BODY_MAX = 256 * 1024 * 1024
local EXCERPT_MAX = 200 -- bytes

-- What the API calls null is absent: Go writes an empty list, map or pointer so.
local decode_options = { max_bytes = M.BODY_MAX, big = "text", null = "absent" }

--- Whether a path is that of objects: what lies above (/version, /api, /apis/GROUP/VERSION) describes the server.
local function is_of_objects(path)
  return path:find "^/api/[^/]+/[^/]" ~= nil or path:find "^/apis/[^/]+/[^/]+/[^/]" ~= nil
end

local function is_object(value)
  return type(value) == "table" and type(value.metadata) == "table"
end

--- Whether a value is what a path of objects has. Pure.
local function is_answer(value)
  if type(value) ~= "table" then return false end
  if value.items == nil then return is_object(value) or tostring(value.kind):find "List$" ~= nil end
  if not json.is_array(value.items) then return false end
  for _, item in ipairs(value.items) do
    if not is_object(item) then return false end
  end
  return true
end

--- The body of an answer of success. Raises kind "protocol" where it is none of this API's.
---@param request almanac.k8s.Request
---@param response { status: integer, body: string }
---@return table body
function M.decode(request, response)
  local ok, body = errors.try(json.decode, response.body, decode_options)
  local is_fine = ok and type(body) == "table" and (not is_of_objects(request.path) or is_answer(body))
  if is_fine then return body end
  local method = request.method or "GET"
  local is_write = method ~= "GET" and not (request.query and request.query.dryRun)
  local shown = redaction.excerpt(response.body:gsub("%s+", " "), EXCERPT_MAX)
  errors.raise {
    kind = "protocol", in_doubt = is_write or nil,
    message = string.format("%s: %s %s answered %d with what is no object%s: %s", request.who, method, request.path,
      response.status, is_write and ", and may have taken place" or "", shown == "" and "nothing" or shown),
    hint = "ask what stands between (a proxy, a webhook), or look with: kubectl get --raw " .. request.path,
  }
end

return M
