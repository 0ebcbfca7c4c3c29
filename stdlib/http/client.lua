--- http: requests to web services. Reads are retried where that is safe; everything else is an
--- effect with an Idempotency-Key, and happens once.
local effect = require "almanac.run.effect"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local json = require "native.json"
local labels = require "almanac.run.label"
local exchange = require "almanac.http.exchange"
local methods = require "almanac.http.method"
local options = require "almanac.http.options"
local redaction = require "almanac.base.redaction"
local retry_delay = require("almanac.base.retry").delay
local secret = require "almanac.base.secret"
local step = require "almanac.run.step"
local task = require "native.task"
local unknown = require "almanac.base.unknown"
local urls = require "almanac.http.url"

local M = {}

---@class almanac.http.Response
---@field status integer
---@field headers table<string, string>  names in lower case, repeated ones joined with ", "
---@field body string
---@field elapsed number   seconds
---@field json? any        with json = true

local EXCERPT_MAX = 500

local passed_on = {
  "url", "headers", "body", "user", "password", "timeout", "connect_timeout", "max_bytes", "redirects", "ca_file",
  "cert_file", "key_file", "server_name", "insecure", "proxy", "unix_socket",
}

local phrases = {
  [301] = "Moved Permanently", [302] = "Found", [400] = "Bad Request", [401] = "Unauthorized", [403] = "Forbidden",
  [404] = "Not Found", [405] = "Method Not Allowed", [408] = "Request Timeout", [409] = "Conflict",
  [413] = "Content Too Large", [422] = "Unprocessable Content", [429] = "Too Many Requests",
  [500] = "Internal Server Error", [502] = "Bad Gateway", [503] = "Service Unavailable", [504] = "Gateway Timeout",
}

-- Pure parts -------------------------------------------------------------------------------------

--- The URL with a query added.
function M.url(url, query)
  return urls.with_query("http.url", url, query)
end

--- Whether a status is one of those expected.
---@param status integer
---@param expect integer|integer[]|"any"|nil
function M.is_expected(status, expect)
  if expect == "any" then return true end
  if expect == nil then return status >= 200 and status < 300 end
  if type(expect) == "number" then return status == expect end
  for _, one in ipairs(expect) do
    if one == status then return true end
  end
  return false
end

local function options_of(declaration, who, raw)
  local out = fields.check(declaration, raw, who)
  out.url = urls.with_query(who, out.url, out.query)
  out.query = nil
  return out
end

local function native_options(who, method, opts)
  local out = { method = method, who = who }
  for _, key in ipairs(passed_on) do out[key] = opts[key] end
  return secret.reveal_all(out)
end

--- A URL for people: without its name and password, a secret by its label.
local function shown(url)
  return urls.without_user(tostring(url))
end

--- The error for an answer that was not expected.
local function refuse(who, method, opts, response)
  local excerpt = redaction.excerpt(response.body:gsub("%s+", " "), EXCERPT_MAX)
  local status = response.status
  local hint
  if status >= 300 and status < 400 then
    hint = "it points to " .. tostring(response.headers.location) .. "; `redirects` says how many are followed"
  elseif status == 401 or status == 403 then
    hint = "check the token or password in the request"
  elseif status == 404 then
    hint = "check the path of the URL"
  elseif status == 429 or status >= 500 then
    hint = "the server is overloaded or broken; its answer may say more"
  end
  errors.raise {
    kind = "http",
    message = string.format("%s: %s %s answered %d%s%s", who, method, shown(opts.url), status,
      phrases[status] and " " .. phrases[status] or "", excerpt ~= "" and ": " .. excerpt or ""),
    hint = hint, status = status, body = response.body, headers = response.headers,
  }
end

local function decoded(who, opts, response)
  if opts.json == nil or opts.json == false then return response end
  local ok, value = errors.try(json.decode, response.body)
  if not ok then
    errors.raise {
      kind = "http", message = string.format("%s: %s answered what is no JSON: %s", who, shown(opts.url), value.message),
      hint = "leave out json = true to get the text", status = response.status, body = response.body,
    }
  end
  response.json = value
  return response
end

--- Frameworks take the method from the query, or from a field of a form: a read with it is a write, and a write another one.
---@param name string?  of the field
local function refuse_override(who, what, name)
  if not name then return end
  errors.raise { kind = "usage", message = string.format("%s: the %s has %s, which would make another method of it", who, what, name),
    hint = "call http.put, http.delete, … so that a plan shows what is done" }
end

local function refuse_other_method(who, what, text) refuse_override(who, what, methods.override(text)) end

local function refuse_method_in_query(who, url)
  local text = secret.reveal(url)
  if type(text) == "string" then refuse_other_method(who, "query", text:match "^[^?#]*%??([^#]*)") end -- else it is not known yet
end

local function header_of(given, wanted)
  for name, value in pairs(given or {}) do
    if name:lower():gsub("_", "-") == wanted then return tostring(secret.reveal(value)):lower() end
  end
  return ""
end

--- A body that says nothing of its type is sent as a form's.
local function refuse_method_in_form(who, opts)
  refuse_override(who, "JSON", methods.override_in_object(opts.json))
  local body, is = secret.reveal(opts.body), header_of(opts.headers, "content-type")
  if type(body) ~= "string" then return end
  if is == "" or is:find("form-urlencoded", 1, true) then return refuse_other_method(who, "form", body) end
  if is:find("json", 1, true) then
    local ok, value = errors.try(json.decode, body)
    return refuse_override(who, "JSON", ok and methods.override_in_object(value) or nil)
  end
  if not is:find("multipart/", 1, true) then return end
  for name in body:gmatch '[nN][aA][mM][eE]%*?%s*=%s*"?([^"\r\n;]*)' do
    refuse_other_method(who, "form", (name:gsub("^[%w-]*'[%w-]*'", "")))
  end
end

-- Reads ------------------------------------------------------------------------------------------

--- What of a read goes to a server.
local SENT = { "url", "headers", "user", "password", "body", "proxy" }

local function read(who, method, opts, given)
  step.require_read(who)
  for _, key in ipairs(SENT) do labels.require_whole(who, opts[key]) end
  refuse_method_in_query(who, opts.url)
  local request = native_options(who, method, opts)
  request.read, request.within = given and given.is_question, given and given.within
  request.redirects = opts.redirects or 5
  local retry, tried = opts.retry or {}, 0
  while true do
    tried = tried + 1
    local ok, result = errors.try(exchange.request, request)
    if ok and M.is_expected(result.status, opts.expect) then return decoded(who, opts, result) end
    local failure = ok and { status = result.status, retry_after = result.headers["retry-after"] } or result
    local delay = retry_delay(tried, retry, failure, task.wall_ms() / 1000)
    if not delay then
      if ok then refuse(who, method, opts, result) end
      if tried > 1 then result.message = string.format("%s (%d tries)", result.message, tried) end
      error(result, 0)
    end
    task.sleep(delay)
  end
end

local function called(who, ...)
  local declaration = fields.of(who)
  return options_of(declaration, who, fields.gather(declaration, who, ...))
end

--- Gets a URL. A read.
function M.get(url, opts)
  return read("http.get", "GET", called("http.get", url, opts))
end

--- Asks for status and headers only. A read.
function M.head(url, opts)
  return read("http.head", "HEAD", called("http.head", url, opts))
end

--- Reads for another module of the stdlib, whose public function is named in errors; tried again as a GET of a
--- script's is.
---@param who string
---@param method string
---@param opts almanac.http.Options
---@param within? almanac.Target[]  what stands for the URL where `allow` is asked
---@return almanac.http.Response
function M.read(who, method, opts, within)
  return read(who, method, options_of(options.REQUEST, who, fields.with(opts, { method = method })), { within = within })
end

--- Asks a question that takes a POST: a query, a search. A read: the caller promises that the
--- server changes nothing. For the stdlib.
---@param who string public name of the function
---@param opts almanac.http.Options
---@return almanac.http.Response
function M.ask(who, opts)
  return read(who, "POST", options_of(options.REQUEST, who, fields.with(opts, { method = "POST" })), { is_question = true })
end

-- Writes -----------------------------------------------------------------------------------------

--- The text of a body given as a value: with its secrets opened only where it is sent.
local function encode_body(value)
  return json.encode(value, { canonical = true })
end

local named = { POST = true, PUT = true, PATCH = true, DELETE = true }

--- The function that sends a method, for errors: others than these go by http.request only.
local function sender(method)
  return named[method] and "http." .. method:lower() or "http.request"
end

local function write_input(raw)
  local who = sender(raw.method)
  local opts = options_of(options.WRITE_REQUEST, who, raw)
  if not raw.method:find "^[%w!#$%%&'*+.^_`|~-]+$" then
    errors.usage("%s: %q is no method: it is one word, such as PURGE", who, raw.method)
  end
  if opts.body ~= nil and opts.json ~= nil then errors.usage("%s: give body or json, not both", who) end
  refuse_method_in_query(who, opts.url)
  refuse_method_in_form(who, opts)
  if opts.json ~= nil then
    opts.headers = { ["Content-Type"] = "application/json" }
    for name, value in pairs(raw.headers or {}) do opts.headers[name] = value end
    -- What is no JSON is refused before anything is journalled.
    encode_body(unknown.describe_all(secret.conceal_all(opts.json)))
  end
  return opts
end

local function write_apply(input, ctx)
  local who = sender(input.method)
  local request = native_options(who, input.method, input)
  if input.json ~= nil then request.body = encode_body(secret.reveal_all(input.json)) end
  request.headers = request.headers or {}
  request.headers["Idempotency-Key"] = ctx.id
  local response = exchange.request(request)
  if not M.is_expected(response.status, input.expect) then refuse(who, input.method, input, response) end
  return response
end

--- What a check's answer means: "done", "not_done" or "unknown". Pure.
---@param check table
---@param response almanac.http.Response
function M.judge_check(check, response)
  if response.status >= 500 or response.status == 429 then
    return "unknown", "the check answered " .. response.status
  end
  local good = M.is_expected(response.status, check.expect)
  if good and check.contains then good = response.body:find(check.contains, 1, true) ~= nil end
  return good and "done" or "not_done"
end

local function write_recover(input)
  if not input.check then
    return "unknown", "a request leaves nothing to look up; `check = { url = …, expect = 200 }` would tell"
  end
  local request = native_options("http.check", "GET", input)
  request.url, request.body, request.redirects = input.check.url, nil, 5
  local ok, response = errors.try(exchange.request, request)
  if not ok then
    if errors.is_interrupt(response) then error(response, 0) end
    return "unknown", response.message
  end
  local state, why = M.judge_check(input.check, response)
  return state, state == "done" and response or why
end

local BODY_SHOWN = 400 -- bytes, in a plan

effect.define("http.request", {
  input = write_input,
  apply = write_apply,
  recover = write_recover,
  preview = function(input)
    local body = secret.conceal_all(input.body)
    if input.json ~= nil then body = encode_body(unknown.describe_all(secret.conceal_all(input.json))) end
    if type(body) ~= "string" or body == "" then return {} end
    return { summary = "with the body " .. redaction.excerpt(body, BODY_SHOWN) }
  end,
  title = function(input) return input.method .. " " .. tostring(input.url) end,
  allow = {
    category = "http",
    of = function(input)
      local request = native_options(sender(input.method), input.method, input)
      local out = exchange.targets(request)
      if input.check then
        local check = urls.target(request.who, secret.reveal(input.check.url))
        check.access = "read"
        out[#out + 1] = check
      end
      return out
    end,
  },
}, {
  expected = function(input)
    local status = type(input.expect) == "table" and input.expect[1] or input.expect
    return { status = math.type(status) == "integer" and status or 200, headers = {}, body = "", elapsed = 0 }
  end,
})

local function write(method, ...)
  local who = "http." .. method:lower()
  local raw = fields.gather(fields.of(who), who, ...)
  fields.check(fields.of(who), raw)
  raw.method = method
  return effect.perform("http.request", raw)
end

--- Sends a POST. An effect, with an Idempotency-Key header.
function M.post(url, opts) return write("POST", url, opts) end

--- Sends a PUT. An effect.
function M.put(url, opts) return write("PUT", url, opts) end

--- Sends a PATCH. An effect.
function M.patch(url, opts) return write("PATCH", url, opts) end

--- Sends a DELETE. An effect.
function M.delete(url, opts) return write("DELETE", url, opts) end

--- Sends any method: GET, HEAD and OPTIONS are reads, the others effects.
function M.request(opts)
  local method = fields.check(options.REQUEST, opts).method:upper()
  if methods.is_safe(method) then return read("http.request", method, options_of(options.READ_REQUEST, "http.request", opts)) end
  return effect.perform("http.request", fields.with(opts, { method = method }))
end

return M
