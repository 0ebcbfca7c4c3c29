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
  -- Servers and frameworks take the method from these: a GET with one is a write.
  set("x-http-method-override x-http-method x-method-override x-original-method x-rewrite-method", "would make another method of it",
    "call http.put, http.delete, … or http.request { method = … }, so that a plan shows what is done"),
  -- And the path.
  set("x-original-url x-rewrite-url x-original-uri x-rewrite-uri x-accel-redirect x-sendfile", "would make another URL of it",
    "give the URL that is meant, so that a plan shows it and allow is asked for it"),
}

--- Hosts by which a server may choose what answers.
local HOSTS = { host = true, ["x-forwarded-host"] = true, ["x-host"] = true, ["x-forwarded-server"] = true }

--- A name as a server's programs see it: CGI and its heirs make no difference between - and _.
local function plain(name) return (name:lower():gsub("_", "-")) end

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
    for _, refused in ipairs(REFUSED) do
      local is = refused[plain(name)]
      if is then errors.raise { kind = "usage", message = string.format("%s: the header %s %s", who, name, is.why), hint = is.hint } end
    end
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

--- Where headers lead.
---@param headers table<string, string>?
---@return almanac.http.Leads
function M.leads(headers)
  local out = { hosts = {} }
  for name, value in pairs(headers or {}) do
    if HOSTS[plain(name)] then out.hosts[#out.hosts + 1] = tostring(value) end
    if plain(name) == "destination" then out.destination = tostring(value) end
  end
  table.sort(out.hosts)
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
