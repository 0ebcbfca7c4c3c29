--- Headers that a script gives to a request: which names they may have, and where they lead. Pure.
local errors = require "almanac.base.errors"

local M = {}

local function set(names, why, hint)
  local out = {}
  for name in names:gmatch "%S+" do out[name] = { why = why, hint = hint } end
  return out
end

local REFUSED = {
  -- Where a message ends, and what the connection is for, is the client's to say: a script that says it otherwise sends a
  -- second request behind the first, which nobody asked `allow` for (RFC 9112, 11.2).
  set("content-length transfer-encoding te trailer connection keep-alive proxy-connection upgrade expect http2-settings",
    "is not a script's to give", "take it out: the client frames the message and keeps the connection by itself"),
}

--- Servers and frameworks take another method, or another URL, from headers of many names: what those names have in common.
local METHOD = { why = "would make another method of it",
  hint = "call http.put, http.delete, … or http.request { method = … }, so that a plan shows what is done" }
local URL = { why = "would make another URL of it",
  hint = "give the URL that is meant, so that a plan shows it and allow is asked for it" }
local METHODS = { "^x%-.*method", "^http%-.*method", "^method", "^x%-.*verb", "^http%-.*verb", "^verb", "verb%-override",
  "method%-override" }
local URLS = {
  "^x%-.*original%-", "^x%-original", "^x%-.*rewrite", "ur[il]%-override", "path%-override", "^x%-accel%-", "^x%-sendfile",
  "^x%-lighttpd%-send", "^x%-reproxy%-",
  "^x%-forwarded%-ur[il]$", "^x%-forwarded%-path", "^x%-forwarded%-prefix$", "^x%-script%-name$", "^script%-name$", "^path%-info$",
  "^request%-ur[il]$",
}

--- What under `allow` a script may send without naming it: fields of HTTP that say how something is asked or sent, and who asks.
local PLAIN = {}
for name in ([[accept accept-charset accept-datetime accept-encoding accept-language api-key apikey authorization baggage
  cache-control content-digest content-disposition content-encoding content-language content-location content-md5 content-range
  content-type cookie date depth dnt etag expires from idempotency-key if-match if-modified-since if-none-match if-range
  if-unmodified-since last-modified origin pragma prefer priority range referer tracestate traceparent user-agent want-digest
  x-api-key x-github-api-version x-requested-with]]):gmatch "%S+" do
  PLAIN[name] = true
end
local PLAIN_ENDS = {
  "%-token$", "%-api%-key$", "%-signature$", "%-signature%-256$", "%-request%-id$", "%-correlation%-id$", "%-trace%-id$",
}

--- A name as a server's programs see it: CGI and its heirs make no difference between - and _.
local function plain(name) return (name:lower():gsub("_", "-")) end

local function has(name, patterns)
  for _, pattern in ipairs(patterns) do
    if name:find(pattern) then return true end
  end
  return false
end

--- Whether it names a host, by which a server may choose what answers.
local function is_host(name) return has(name, { "^host$", "%-host$", "%-host%-", "^x%-forwarded%-server$" }) end

--- Why a script may not give a header of that name; nil: it may.
local function refusal(name)
  for _, refused in ipairs(REFUSED) do
    if refused[name] then return refused[name] end
  end
  if is_host(name) then return nil end -- `allow` is asked where it leads
  return has(name, METHODS) and METHOD or has(name, URLS) and URL or nil
end

--- Holds headers to names that are tokens (RFC 9110, 5.1), to values that are one line, and to those that are a script's to
--- give; raises kind "usage".
---@param who string
---@param headers table<string, any>
---@return table<string, any> headers
function M.check(who, headers)
  for name, value in pairs(headers) do
    if type(name) ~= "string" or not name:find "^[%w!#$%%&'*+.^_`|~-]+$" then
      errors.raise { kind = "usage", message = string.format("%s: %q is no name of a header", who, tostring(name)) }
    end
    local is = refusal(plain(name))
    if is then errors.raise { kind = "usage", message = string.format("%s: the header %s %s", who, name, is.why), hint = is.hint } end
    if type(value) == "string" and value:find "[\r\n\0]" then
      errors.raise { kind = "usage", message = string.format("%s: the header %s holds a line break or a zero byte", who, name),
        hint = "it would be a second header, or a second request" }
    end
  end
  return headers
end

---@class almanac.http.Leads  where headers lead besides the URL
---@field hosts string[]
---@field destination? string  of a COPY or MOVE (RFC 4918, 10.3)
---@field others string[]      names of headers of which nobody here knows what a server makes

--- Where headers lead.
---@param headers table<string, string>?
---@return almanac.http.Leads
function M.leads(headers)
  local out = { hosts = {}, others = {} }
  for name, value in pairs(headers or {}) do
    local is = plain(name)
    if is_host(is) then
      out.hosts[#out.hosts + 1] = tostring(value)
    elseif is == "destination" then
      out.destination = tostring(value)
    elseif not PLAIN[is] and not has(is, PLAIN_ENDS) then
      out.others[#out.others + 1] = name
    end
  end
  table.sort(out.hosts)
  table.sort(out.others)
  return out
end

--- Whether the API server takes a header as its own: who asks, and for whom.
---@param name string
---@return boolean
function M.is_credential(name)
  name = plain(name)
  return name == "authorization" or name:find "^impersonate%-" ~= nil or name:find "^x%-remote%-" ~= nil
end

return M
