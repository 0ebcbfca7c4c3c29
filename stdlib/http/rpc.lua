--- JSON-RPC 2.0 over HTTP: https://www.jsonrpc.org/specification
local client = require "almanac.http.client"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local json = require "native.json"
local redaction = require "almanac.base.redaction"
local secret = require "almanac.base.secret"

local M = {}

fields.declare("http.rpc", fields.with(fields.of("http.get").fields, {
  url = { "any", help = "is the first argument" },
  check = fields.of("http.post").fields.check,
  effect = { "flag", help = "the call changes something" },
}), { at = 4 })

local EXCERPT_MAX = 500 -- bytes
local ID = 1            -- one call a request, so that one number does

--- Integers of a chain pass 2^63: those are kept as text.
local decode_options = { big = "text" }

local function refuse(url, method, why, body)
  errors.raise {
    kind = "http",
    message = string.format("http.rpc: %s answered %s with no JSON-RPC%s: %s", url, method, why,
      redaction.excerpt(body:gsub("%s+", " "), EXCERPT_MAX)),
    hint = "is this the right path? JSON-RPC is often at /rpc", body = body,
  }
end

--- What a server says went wrong: an object with message and code, or whatever else it sends as `error`.
local function raise_error(url, method, failure)
  local code = type(failure) == "table" and failure.code or nil
  local said = type(failure) == "table" and failure.message or failure
  if type(said) ~= "string" then said = json.encode(failure) end
  errors.raise {
    kind = "http",
    message = string.format("http.rpc: %s refused %s: %s%s", url, method, said, code and string.format(" (code %s)", code) or ""),
    code = code, data = type(failure) == "table" and failure.data or nil,
    hint = code == -32601 and "the server does not know this method" or nil,
  }
end

--- The result in an answer; raises kind "http", with `code` and `data` for the server's own error. Pure.
---@param url string
---@param method string
---@param body string
---@return any result  nil for null; an integer past 64 bits is text
function M.result(url, method, body)
  local ok, answer = errors.try(json.decode, body, decode_options)
  if not ok or type(answer) ~= "table" then refuse(url, method, "", body) end
  -- An error may have no id: the server could not read the call.
  if answer.error ~= nil and answer.error ~= json.null then raise_error(url, method, answer.error) end
  if answer.result == nil then refuse(url, method, "", body) end
  if answer.id ~= ID then
    refuse(url, method, string.format(" of this call (id %s)", answer.id == nil and "is missing" or json.encode(answer.id)), body)
  end
  if answer.result == json.null then return nil end
  return answer.result
end

--- An error of HTTP whose body is the server's own error says that instead.
local function with_reason(url, method, err)
  if err.kind == "http" and type(err.body) == "string" then
    local ok, answer = errors.try(json.decode, err.body, decode_options)
    if ok and type(answer) == "table" and answer.error ~= nil and answer.error ~= json.null and answer.jsonrpc then
      raise_error(url, method, answer.error)
    end
  end
  error(err, 0)
end

local function is_json(kind)
  return kind == "application/json" or kind == "application/json-rpc" or kind:find "^application/[%w.-]+%+json$" ~= nil
end

local function request_of(url, params, method, opts)
  local request = {}
  for key, value in pairs(opts) do request[key] = value end
  request.effect, request.url = nil, url
  request.headers = { ["Content-Type"] = "application/json" }
  for name, value in pairs(opts.headers or {}) do
    if name:lower():gsub("_", "-") ~= "content-type" then
      request.headers[name] = value
    elseif not is_json(tostring(secret.reveal(value)):lower():match "^[^;%s]*") then
      errors.raise { kind = "usage", message = "http.rpc: the header " .. name .. " would make something else of the call",
        hint = "JSON-RPC is sent as application/json" }
    else
      request.headers["Content-Type"] = value
    end
  end
  return request, { jsonrpc = "2.0", id = ID, method = method, params = params or json.array {} }
end

--- Calls a JSON-RPC 2.0 method. A read, unless `effect = true`.
function M.call(url, method, params, opts)
  if type(method) ~= "string" then errors.usage "http.rpc: the method must be a string" end
  if params ~= nil and type(params) ~= "table" then
    local shown = type(params) == "string" and string.format("%q", params) or tostring(params)
    errors.raise {
      kind = "usage", message = "http.rpc: the parameters must be a list or a table of names, not a " .. type(params),
      hint = string.format("one parameter is a list of one: { %s }", shown),
    }
  end
  opts = fields.check(fields.of "http.rpc", opts)
  local request, call = request_of(url, params, method, opts)
  local ok, response
  if opts.effect then
    request.json = call
    ok, response = errors.try(client.post, request)
  else
    request.body = json.encode(secret.reveal_all(call))
    ok, response = errors.try(client.ask, "http.rpc", request)
  end
  if not ok then with_reason(url, method, response) end
  return M.result(url, method, response.body)
end

return M
