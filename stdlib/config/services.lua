--- The sections `endpoints` and `channels` of almanac.yaml: what each entry may say.
local json = require "native.json"
local misplaced = require "almanac.base.misplaced"
local nearest = require "almanac.base.nearest"
local order = require "native.order"
local redaction = require "almanac.base.redaction"

local M = {}

-- Endpoints --------------------------------------------------------------------------------------

--- Endpoints that are asked for by name; others are registries, by their hosts.
local SERVICES = { prometheus = true, loki = true, alertmanager = true, github = true, grafana = true }

local SCHEMES = { http = true, https = true, svc = true, pod = true }

--- Why a text is no base URL; nil when it is one.
local function url_problem(url)
  local scheme, rest = url:match "^([%a][%w+.-]*)://(.*)$"
  if not scheme then
    local shown = misplaced.url(url)
    local is_whole = shown == string.format("%q", url)
    return string.format("%s has no scheme%s", shown, url ~= "" and is_whole and "; did you mean http://" .. url .. "?" or "")
  end
  if not SCHEMES[scheme:lower()] then
    return string.format("%s: a URL begins with http, https, svc or pod%s", misplaced.url(url), nearest.suffix(scheme, SCHEMES))
  end
  if not rest:find "^[^/]" then return string.format("%s names no host", misplaced.url(url)) end
end

---@class almanac.EntryFault  what is wrong with an entry of a section
---@field why string   for behind the section's name and a dot
---@field key? string  of the entry, where it is in that
---@field hint? string
---@field mend? almanac.lint.Mend

--- What was surely meant by a name: none that stands there as well.
local function mend_of(name, names, taken, behind)
  local to = type(name) == "string" and nearest.only(name, names)
  return to and taken[to] == nil and { from = name, to = to, behind = behind } or nil
end

--- What is wrong with an endpoint.
---@param name string
---@param given string|table  of the right types
---@param all table<string, any>  the endpoints
---@return almanac.EntryFault?
function M.endpoint_fault(name, given, all)
  local guess = not SERVICES[name] and not name:find "[.:/]" and nearest.question(name, SERVICES)
  if guess then
    return { why = string.format("%s: no service is asked for by that name; %s", name, guess), mend = mend_of(name, SERVICES, all) }
  end
  local url = given
  if type(given) == "table" then url = given.url end
  local why = url and url_problem(url)
  return why and { why = string.format("%s: %s", name, why), key = type(given) == "table" and "url" or nil } or nil
end

-- Channels ---------------------------------------------------------------------------------------

local KINDS = { slack = { url = "string" }, webhook = { url = "string" }, command = { argv = "table" } }
local WORDS = { url = "url, where it is told", argv = "argv, a list of words" }

--- "a command has kind, and argv, a list of words"
local function has(kind)
  return string.format("a %s has kind, and %s", kind, WORDS[next(KINDS[kind])])
end

--- A field that its kind does not have. Where the one that it needs is not there, that one was meant.
local function unknown_field(name, channel, field)
  local needs = KINDS[channel.kind]
  local needed = next(needs)
  local meant = channel[needed] == nil and string.format("; did you mean %s?", needed) or nearest.suffix(field, needs)
  return {
    why = string.format("%s: a %s has no %s%s", name, channel.kind, misplaced.word(field), meant), key = field,
    hint = has(channel.kind), mend = mend_of(field, needs, channel),
  }
end

--- What is wrong with a channel.
---@param name string
---@param channel any
---@return almanac.EntryFault?
function M.channel_fault(name, channel)
  if type(channel) ~= "table" or json.is_array(channel) then
    return { why = name .. " must be a mapping: its kind, and where people are told" }
  end
  local needs = KINDS[channel.kind]
  if not needs then
    return {
      why = string.format("%s: its kind is slack, webhook or command, not %s%s", name, misplaced.word(channel.kind),
        nearest.suffix(channel.kind, KINDS)),
      key = channel.kind ~= nil and "kind" or nil, mend = mend_of(channel.kind, KINDS, {}, "kind"),
    }
  end
  for field in order.next, channel do
    if field ~= "kind" and not needs[field] then return unknown_field(name, channel, field) end
  end
  for field, want in pairs(needs) do
    local value = channel[field]
    if type(value) ~= want or want == "table" and (not json.is_array(value) or #value == 0) then
      return { why = string.format("%s: a %s needs %s", name, channel.kind, WORDS[field]), key = value ~= nil and field or nil }
    end
  end
end

--- Shorter parts of an address are words.
local TOKEN_MIN = 8

--- Hides the address of a channel: who knows it may write there. A server answers with the path, or with the token in it,
--- so each is a secret by itself.
---@param name string of the channel
---@param url string
function M.hide_address(name, url)
  local label = string.format("(secret address of %s)", name)
  local path = url:match "^%a[%w+.-]*://[^/?#]*/(.*)$" or ""
  redaction.know(url, label, true)
  if #path >= TOKEN_MIN then redaction.know(path, label, true) end
  for part in path:gmatch "[^/?&=#]+" do
    if #part >= TOKEN_MIN and (part:find "%d" or #part >= 2 * TOKEN_MIN) then redaction.know(part, label, true) end
  end
end

local function hide_all(channels)
  for name, channel in pairs(type(channels) == "table" and channels or {}) do
    local url = type(channel) == "table" and channel.url
    if type(url) == "string" and not url:find "^env:" and not url:find "^file:" then M.hide_address(tostring(name), url) end
  end
end

--- Hides the addresses that almanac.yaml holds in the clear, before anything is said of it.
---@param values table  the file as it was read
function M.hide_addresses(values)
  hide_all(values.channels)
  for _, environment in pairs(type(values.environments) == "table" and values.environments or {}) do
    hide_all(type(environment) == "table" and environment.channels)
  end
end

return M
