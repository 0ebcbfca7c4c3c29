--- What Prometheus, Loki and Alertmanager have in common: base URLs, parameters, and answers of the
--- form {"status": …, "data": …}.
local endpoints = require "almanac.http.endpoint"
local errors = require "almanac.base.errors"
local json = require "native.json"
local redaction = require "almanac.base.redaction"
local secret = require "almanac.base.secret"
local shape = require "almanac.base.shape"
local step = require "almanac.run.step"
local task = require "native.task"
local urls = require "almanac.http.url"

local M = {}

--- What these programs call null is absent: Go writes an empty list or map so.
local decode_options = { big = "text", null = "absent", max_bytes = 256 << 20 }

--- The base URL of a service: the option, or the endpoint of almanac.yaml.
---@param who string      public name of the function
---@param service string  "prometheus", "loki", "alertmanager"
---@param url string?     the option
---@return string url without a slash at its end
local function base_url(who, service, url)
  local base = url or endpoints.find(service).url
  if type(base) ~= "string" or base == "" then
    errors.raise {
      kind = "usage",
      message = string.format("%s: no URL of %s is known", who, service),
      hint = string.format('in almanac.yaml: endpoints: { %s: "http://…" }, or give the option url', service),
    }
  end
  return (base:gsub("/+$", ""))
end

--- Seconds since 1970 as these APIs take them. At millisecond resolution, which is theirs.
---@param seconds number
---@return string
function M.time(seconds)
  return (string.format("%.3f", seconds):gsub("%.?0+$", ""))
end

--- A sample's value as these APIs write it.
---@param text string
---@return number? value  NaN and infinities included; nil when it is none
function M.number(text)
  if text == "NaN" then return 0 / 0 end
  if text == "+Inf" or text == "Inf" then return math.huge end
  if text == "-Inf" then return -math.huge end
  local n = type(text) == "string" and tonumber(text)
  return n and n + 0.0 or nil
end

local function excerpt(body)
  local text = (body or ""):gsub("%c+", " "):match "^%s*(.-)%s*$"
  return redaction.excerpt(text, 300)
end

--- Raises what an answer says went wrong; `kind` is "prom" or "loki".
local function raise_answer(kind, who, status, body, answer)
  local message = answer and type(answer.error) == "string" and answer.error or excerpt(body)
  errors.raise {
    kind = kind,
    status = status,
    error_type = answer and type(answer.errorType) == "string" and answer.errorType or (status == 400 and "bad_data" or nil),
    message = string.format("%s: %s", who,
      message ~= "" and message or "the answer has status " .. status .. " and no text"),
  }
end

--- An answer of success.
local ANSWER = { data = "table", warnings = { optional = { list = "string" } }, infos = { optional = { list = "string" } } }

--- The answer of an API of this kind, or an error of `kind`.
---@param kind string  "prom" or "loki"
---@param who string
---@param status integer
---@param body string
---@return table answer  with its `data`
function M.parse(kind, who, status, body)
  local ok, answer = errors.try(json.decode, body, decode_options)
  answer = ok and type(answer) == "table" and answer or nil
  if status ~= 200 or answer and answer.status ~= "success" then
    raise_answer(kind, who, status, body, answer and answer.status == "error" and answer or nil)
  end
  local wrong, how = shape.wrong(answer, ANSWER)
  if wrong then
    errors.raise {
      kind = "protocol",
      message = string.format("%s: the answer is none of this API's (%s %s): %s", who, wrong == "." and "it" or wrong:sub(2), how,
        excerpt(body)),
      hint = "is the URL right? it is the base, without /api/v1 or /loki",
    }
  end
  return answer
end

--- The result of a query. What is of no type that there is, or of another form, is none: that nothing was found would be read
--- from it. Null is: Go writes an empty list so.
---@param data table  of an answer
---@param forms table<string, table>  the shape of each type's result
---@return table
function M.result_of(data, forms)
  local form, result = forms[data.resultType], data.result
  if form and result == nil then return {} end
  local is_list = form and type(result) == "table" and (next(result) ~= nil or json.is_array(result))
  local wrong = not is_list and "." or shape.wrong(result, form)
  if not wrong then return result end
  errors.raise {
    kind = "protocol",
    message = string.format("the answer is no result of a query: type %s, wrong at %s", tostring(data.resultType), wrong),
    hint = "is the URL that of the service, or of something before it?",
  }
end

--- The kinds of their errors.
local KINDS = { prometheus = "prom", loki = "loki", alertmanager = "alerts" }

--- A service of almanac.yaml is the operator's choice; the URL of another one is asked for.
local function within_of(service, base)
  return endpoints.find(service).url == base and {} or nil
end

--- Notes what a server says besides its answer; in a step each text once, however often it is asked.
---@param before string  "Prometheus warns: "
---@param texts string[]
function M.note(before, texts)
  local frame = step.current()
  local noted = frame and (frame.noted or {}) or {}
  if frame then frame.noted = noted end
  for _, text in ipairs(texts) do
    text = before .. text
    if not noted[text] then step.note(text) end
    noted[text] = true
  end
end

--- Whether an error of a query is to be borne, and asked again: what the service did, and no interrupt, wrong call or
--- refusal of ours.
---@param err almanac.Error
---@return boolean
function M.is_bearable(err)
  return not (task.interrupted() or errors.is_interrupt(err) or err.kind == "usage" or err.kind == "outside_step" or err.kind == "refused")
end

---@class almanac.ApiRequest
---@field service "prometheus"|"loki"|"alertmanager"
---@field who string
---@field url? string     its base; nil: that of almanac.yaml
---@field path string
---@field params table
---@field timeout? number  seconds
---@field headers? table<string, string>

--- GET base/path?params.
local function send(request)
  local base = base_url(request.who, request.service, request.url)
  local url = urls.with_query(request.who, base .. request.path, request.params)
  local headers = { Authorization = secret.reveal(endpoints.authorization_of_url(base)) }
  for name, value in pairs(request.headers or {}) do headers[name] = value end
  local ok, response = errors.try(require("almanac.http.exchange").request, {
    who = request.who, url = url, timeout = request.timeout or 30, max_bytes = 256 << 20, headers = headers,
    within = within_of(request.service, base),
  })
  if not ok then
    -- Whoever asks knows the query; an escaped one would only push the reason out of sight.
    local at, to = response.message:find(url, 1, true)
    if at then response.message = response.message:sub(1, at - 1) .. base .. request.path .. response.message:sub(to + 1) end
    error(response, 0)
  end
  return response
end

--- GET base/path?params, parsed.
---@param request almanac.ApiRequest
---@return table answer
function M.get(request)
  local response = send(request)
  return M.parse(KINDS[request.service], request.who, response.status, response.body)
end

--- The same of an API that answers with a bare list.
---@param request almanac.ApiRequest
---@return table[]
function M.get_list(request)
  local response = send(request)
  local ok, answer = errors.try(json.decode, response.body, decode_options)
  if response.status ~= 200 then raise_answer(KINDS[request.service], request.who, response.status, response.body) end
  if ok and json.is_array(answer) then return answer end
  errors.raise {
    kind = "protocol", message = string.format("%s: the answer is no list: %s", request.who, excerpt(response.body)),
    hint = "is the URL right? it is the base, without /api/v2",
  }
end

return M
