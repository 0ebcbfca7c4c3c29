--- What an API server answers that took a request, as data: an object, or a list of objects. Any other answer is refused here,
--- in words; to a write it leaves in doubt whether that took place.
local errors = require "almanac.base.errors"
local forms = require "almanac.k8s.form"
local json = require "native.json"
local redaction = require "almanac.base.redaction"

local M = {}

--- The longest answer, in bytes: a list of everything.
M.BODY_MAX = 256 * 1024 * 1024
local EXCERPT_MAX = 200 -- bytes

-- What the API calls null is absent: Go writes an empty list, map or pointer so.
local decode_options = { max_bytes = M.BODY_MAX, big = "text", null = "absent" }

--- What is wrong with an answer, in words; nil where it is one of this API.
local function fault_of(request, is_json, body)
  if not is_json then return "what is no JSON" end
  local at, how = forms.wrong(request, body)
  if not at then return nil end
  if at == "." then return "what is no object" end
  return string.format("what no API server writes (%s %s)", at:sub(2), how)
end

--- The body of an answer of success. Raises kind "protocol" where it is none of this API's.
---@param request almanac.k8s.Request
---@param response { status: integer, body: string }
---@param server string  its URL
---@return table body
function M.decode(request, response, server)
  local is_json, body = errors.try(json.decode, response.body, decode_options)
  local fault = fault_of(request, is_json, body)
  if not fault then return body end
  local method = request.method or "GET"
  local is_write = method ~= "GET" and not (request.query and request.query.dryRun)
  local shown = redaction.excerpt(response.body:gsub("%s+", " "), EXCERPT_MAX)
  errors.raise {
    kind = "protocol", in_doubt = is_write or nil,
    message = string.format("%s: %s %s%s answered %d with %s%s: %s", request.who, method, server, request.path,
      response.status, fault, is_write and ", and may have taken place" or "", shown == "" and "nothing" or shown),
    hint = "ask what stands between (a proxy, a webhook), or look with: kubectl get --raw " .. request.path,
  }
end

return M
