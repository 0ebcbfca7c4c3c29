--- A web service with a JSON API that almanac.yaml names as an endpoint: reads that are tried again where that is
--- safe, writes for effects to make, and refusals in the service's own words.
local client = require "almanac.http.client"
local endpoints = require "almanac.http.endpoint"
local errors = require "almanac.base.errors"
local exchange = require "almanac.http.exchange"
local json = require "native.json"
local redaction = require "almanac.base.redaction"
local secret = require "almanac.base.secret"
local step = require "almanac.run.step"

local M = {}

local TIMEOUT = 30 -- seconds
local EXCERPT_MAX = 300 -- bytes

local decode_options = { big = "text", null = "absent" }

---@class almanac.Service
---@field who string    the public function that asks, for errors
---@field name string   the endpoint
---@field url string    without a slash at its end
---@field headers table<string, string|table>
---@field within? almanac.Target[]  what stands for its URL where `allow` is asked; {}: nothing, it is the operator's
---@field explain? fun(response: table): string?, string?  what a refusal means, and what to do, where the service has its own rules

--- Raises kind "usage" where no URL is known, "refused" where the endpoint is not as it must be.
---@param who string
---@param name string
---@param options { default?: string, headers?: table<string, string>, explain?: function, within?: almanac.Target[] }
---@return almanac.Service
function M.open(who, name, options)
  local endpoint = endpoints.find(name)
  local url = endpoint.url or options.default
  if not url then
    errors.raise {
      kind = "usage", message = string.format("%s: no URL of %s is known", who, name),
      hint = string.format('in almanac.yaml: endpoints: { %s: { url: "https://…", token: "env:NAME" } }', name),
    }
  end
  local headers = { Accept = "application/json", Authorization = endpoints.authorization(endpoint) }
  for key, value in pairs(options.headers or {}) do headers[key] = value end
  return { who = who, name = name, url = url, headers = headers, explain = options.explain, within = options.within }
end

--- What the body of a refusal says: the message of its JSON, or its beginning.
local function said(body)
  local ok, answer = errors.try(json.decode, body or "", decode_options)
  local text = ok and type(answer) == "table" and answer.message or body or ""
  text = tostring(text):gsub("%s+", " ")
  return redaction.excerpt(text, EXCERPT_MAX)
end

local function hint_of(service, status, headers)
  if status < 400 then
    return "it has moved to " .. tostring(headers.location) .. ": correct the name or the URL"
  elseif status == 401 then
    return string.format("give endpoints.%s of almanac.yaml a token that is good: { url: …, token: \"env:NAME\" }", service.name)
  elseif status == 403 then
    return string.format("the token of endpoints.%s may not do this: look at its scopes", service.name)
  elseif status == 404 then
    return "it is not there, or the token may not see it"
  elseif status >= 500 then
    return "the service is overloaded or broken; try again later"
  end
end

--- Raises what an answer refuses: kind "not_found" for 404, "http" otherwise, with `status`.
local function refuse(service, method, path, response)
  local status = response.status
  local meaning, hint
  if service.explain then meaning, hint = service.explain(response) end
  local words = meaning or said(response.body)
  errors.raise {
    kind = status == 404 and "not_found" or "http", status = status, body = response.body, headers = response.headers,
    message = string.format("%s: %s %s%s answered %d%s", service.who, method, service.url, path, status,
      words ~= "" and ": " .. words or ""),
    hint = hint or hint_of(service, status, response.headers),
  }
end

local function decode(service, path, body)
  if body == nil or body == "" then return {} end
  local ok, answer = errors.try(json.decode, body, decode_options)
  if ok and type(answer) == "table" then return answer end
  errors.raise {
    kind = "protocol", message = string.format("%s: %s%s answered what is no JSON", service.who, service.url, path),
    hint = string.format("is endpoints.%s of almanac.yaml the base URL of its API?", service.name),
  }
end

--- Gets a path. A read.
---@param service almanac.Service
---@param path string
---@param query? table<string, any>
---@return table answer
---@return table<string, string> headers
function M.read(service, path, query)
  local ok, response = errors.try(client.read, service.who, "GET",
    { url = service.url .. path, query = query, headers = service.headers, timeout = TIMEOUT }, service.within)
  if ok then return decode(service, path, response.body), response.headers end
  if response.kind == "http" and response.status then refuse(service, "GET", path, response) end
  error(response, 0)
end

--- What a service answered that took a change. One that says nothing of what was made leaves that in doubt.
local function taken(service, path, response, field)
  local ok, answer = errors.try(decode, service, path, response.body)
  if ok and (not field or answer[field] ~= nil) then return answer end
  errors.raise {
    kind = "protocol", in_doubt = true,
    message = ok and string.format("%s: %s%s answered %d without a %s", service.who, service.url, path, response.status, field)
      or string.format("%s, with status %d: it may have been made", answer.message, response.status),
    hint = not ok and answer.hint or nil,
  }
end

--- Sends a change; in an effect only. Where the service broke over it, or took it with an answer that says nothing of it,
--- nobody knows whether it took place, and the error has `in_doubt`.
---@param service almanac.Service
---@param method string
---@param path string
---@param body? table
---@param field? string  that an answer has which says what was made
---@return table answer
function M.write(service, method, path, body, field)
  local headers = { ["Content-Type"] = body and "application/json" or nil }
  for key, value in pairs(service.headers) do headers[key] = value end
  local response = exchange.request {
    who = service.who, method = method, url = service.url .. path, timeout = TIMEOUT, headers = secret.reveal_all(headers),
    body = body and json.encode(body, { canonical = true }) or nil, within = service.within,
  }
  if response.status >= 200 and response.status <= 299 then return taken(service, path, response, field) end
  local _, err = errors.try(refuse, service, method, path, response)
  err.in_doubt = response.status >= 500
  error(err, 0)
end

--- Deletes a path; in an effect only. What is not there is deleted already.
---@param service almanac.Service
---@param path string
function M.delete(service, path)
  local ok, err = errors.try(M.write, service, "DELETE", path)
  if not ok and err.kind ~= "not_found" then error(err, 0) end
end

--- Calls fn; where it fails, and the caller said that it is optional, that is noted and fails nothing.
---@param optional boolean?
---@param what string  "the issue of org/name"
---@param fn fun(...): table
---@return table? result  nil: it failed
function M.attempt(optional, what, fn, ...)
  local ok, result = errors.try(fn, ...)
  if ok then return result end
  if not optional or errors.is_interrupt(result) then error(result, 0) end
  step.note(string.format("%s %s made: %s", what, result.in_doubt and "may not have been" or "was not", result.message))
  return nil
end

--- What `recover` of an effect answers when what it made can be looked up; one that is optional does not hold up
--- the run where that fails.
---@param optional boolean?
---@param look fun(): table?  the effect's result, if it took place
---@return "done"|"not_done" state
---@return table? result
function M.recover(optional, look)
  local ok, found = errors.try(look)
  if ok then return found and "done" or "not_done", found end
  if not optional or errors.is_interrupt(found) then error(found, 0) end
  return "done", { made = false }
end

return M
