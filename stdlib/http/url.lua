--- URLs and their queries. Pure.
--- https://www.rfc-editor.org/rfc/rfc3986
local codec = require "native.codec"
local errors = require "almanac.base.errors"
local number = require "almanac.base.number"
local secret = require "almanac.base.secret"
local unknown = require "almanac.base.unknown"

local M = {}

--- Text as one part of a URL: all but unreserved letters percent-encoded.
---@param text string
---@return string
function M.escape(text)
  return codec.percent_encode(text)
end

-- Where a URL leads -------------------------------------------------------------------------------

--- Whether a text is a URL, of any scheme, and no path. Pure.
---@param text string
---@return boolean
function M.is_url(text) return text:find "^%w[%w+.-]*://" ~= nil end

--- A URL without the name and password in it. Pure.
---@param url string
---@return string
function M.without_user(url) return (url:gsub("^(%a[%w+.-]*://)[^/@]*@", "%1")) end

--- Scheme, host and port of a URL, for people.
---@param url string
---@return string
function M.origin(url) return M.without_user(url):match "^%a[%w+.-]*://[^/?#]*" or "the server" end

--- A URL with the user and password that another one of the same origin has.
---@param from string
---@param url string
---@return string
function M.with_user_of(from, url)
  local user = from:match "^%a[%w+.-]*://([^/?#]*@)"
  return user and (url:gsub("^(%a[%w+.-]*://)", function(scheme) return scheme .. user end)) or url
end

local PORTS = { http = "80", https = "443" }

local function refuse_url(who, url, why)
  errors.raise {
    kind = "usage", message = string.format("%s: %s is no plain URL: %s", who, M.without_user(url), why),
    hint = "write it plainly: https://HOST:PORT/path",
  }
end

---@class almanac.Url
---@field scheme string      in lower case
---@field authority string   host and port, in lower case, without a name and password
---@field host string
---@field port? string
---@field path string        "/" where there is none; what need not be encoded is not
---@field query? string      with its "?"

--- The parts of a URL. Raises kind "usage" for one that programs read in different ways.
---@param who string
---@param url string
---@return almanac.Url
function M.parse(who, url)
  local scheme, authority, rest = url:match "^(%a[%w+.-]*)://([^/?#]*)(.*)$"
  if not scheme then refuse_url(who, url, "it has no scheme or no host") end
  if url:find "[%c%s\\]" then refuse_url(who, url, "it holds a space, a backslash or a control character") end
  local user, host_and_port = authority:match "^(.*)@([^@]*)$"
  if user and user:find("@", 1, true) then refuse_url(who, url, "it has two @ before its path") end
  authority = (host_and_port or authority):lower()
  local host, port = authority:match "^(%[[%x:.]+%]):?(%d*)$"
  if not host then host, port = authority:match "^([^%%%[%]:]+):?([%w*%-]*)$" end
  if not host then refuse_url(who, url, "its host is no name") end
  local path, query = rest:match "^([^?#]*)(%??[^#]*)"
  path = path:gsub("%%(%x%x)", function(hex)
    local char = string.char(tonumber(hex, 16))
    return char:find "[%w%-._~]" and char or "%" .. hex:upper()
  end)
  return {
    scheme = scheme:lower(), authority = authority, host = host, port = port ~= "" and port or nil, path = path == "" and "/" or path,
    query = query ~= "" and query or nil,
  }
end

local function without_last(segments)
  if #segments > 1 then segments[#segments] = nil end
end

--- A path without "." and "..". https://www.rfc-editor.org/rfc/rfc3986#section-5.2.4
local function without_dots(path)
  local out = { "" }
  local last
  for segment in path:sub(2):gmatch "([^/]*)/?" do
    last = segment
    if segment == ".." then without_last(out) elseif segment ~= "." then out[#out + 1] = segment end
  end
  if last == "." or last == ".." then out[#out + 1] = "" end
  local joined = table.concat(out, "/"):gsub("/$", "")
  return (path:find "/$" or last == "." or last == "..") and joined .. "/" or joined == "" and "/" or joined
end

--- Where a reference leads that a URL's answer gives. https://www.rfc-editor.org/rfc/rfc3986#section-5.2
---@param who string
---@param base string
---@param reference string
---@return string url
function M.resolve(who, base, reference)
  reference = reference:gsub("#.*$", "")
  if reference:find "^%a[%w+.-]*:" then
    local parts = M.parse(who, reference)
    return string.format("%s://%s%s%s", parts.scheme, parts.authority, without_dots(parts.path), parts.query or "")
  end
  local from = M.parse(who, base)
  if reference:sub(1, 2) == "//" then return M.resolve(who, base, from.scheme .. ":" .. reference) end
  local path, query = reference:match "^([^?]*)(.*)$"
  if path == "" then
    path, query = from.path, query ~= "" and query or from.query or ""
  elseif path:sub(1, 1) ~= "/" then
    path = from.path:match "^(.*/)" .. path
  end
  return M.resolve(who, base, string.format("%s://%s%s%s", from.scheme, from.authority, path, query))
end

local function url_of(parts, authority)
  return parts.scheme .. "://" .. authority .. without_dots(parts.path)
end

--- A URL as a target of `allow`: scheme, host, port and path; a query is no part of where it leads.
---@param who string
---@param url string
---@param host? string  what the request says in its Host header
---@return almanac.Target
function M.target(who, url, host)
  local parts = M.parse(who, url)
  local default = PORTS[parts.scheme]
  local bare = host and host:lower() or parts.host
  local names = { url_of(parts, host and bare or parts.authority) }
  if not host and default and (parts.port or default) == default then
    names = { url_of(parts, bare), url_of(parts, bare .. ":" .. default) }
  end
  if parts.path == "/" then
    for i = 1, #names do names[#names + 1] = names[i]:sub(1, -2) end
  end
  return { category = "http", names = names }
end

--- Where a URL leads: as it is written, and, where its path has an encoded slash, as a server reads it that decodes before it
--- looks. `*` crosses neither.
---@param who string
---@param url string
---@return almanac.Target[]
function M.targets(who, url)
  local out = { M.target(who, url) }
  local before, path, rest = url:match "^(%a[%w+.-]*://[^/?#]*)([^?#]*)(.*)$"
  local decoded = path and path:gsub("%%25", "%%"):gsub("%%2[fF]", "/"):gsub("%%5[cC]", "/")
  if decoded and decoded ~= path:gsub("%%25", "%%") then out[2] = M.target(who, before .. decoded .. rest) end
  return out
end

-- Queries ----------------------------------------------------------------------------------------

local function text_of(who, name, value)
  if type(value) == "string" then return value end
  if type(value) == "boolean" then return tostring(value) end
  if type(value) == "number" and value == value and value ~= math.huge and value ~= -math.huge then return number.text(value) end
  errors.raise {
    kind = "usage", message = string.format("%s: query.%s cannot be %s", who, name,
      type(value) == "table" and "a table" or type(value) == "number" and "NaN or infinite" or "a " .. type(value)),
    hint = "a query holds texts, numbers, true and false, secrets, and lists of those: id = { 1, 2 } is id=1&id=2",
  }
end

--- The values of a name: one, or those of a list.
local function values_of(who, name, value)
  if type(value) ~= "table" or secret.is(value) or unknown.is(value) then return { value } end
  local count = 0
  for _ in pairs(value) do count = count + 1 end
  if count ~= #value then text_of(who, name, value) end
  return value
end

--- The URL with a query added: names in order, each value encoded, before a fragment. With a secret in it
--- the URL is a secret, which is sent whole and shown with the secret's label.
---@param who string   public name of the function, for errors
---@param url string|table  table: a secret
---@param query table<string, any>?  texts, numbers, booleans, secrets, and lists of those
---@return string|table url
function M.with_query(who, url, query)
  if query == nil then return url end
  if type(query) ~= "table" then errors.usage("%s: query must be a table of names and values, not a %s", who, type(query)) end
  local names = {}
  for name in pairs(query) do
    if type(name) ~= "string" then errors.usage("%s: query takes names and values; %s is no name", who, tostring(name)) end
    names[#names + 1] = name
  end
  table.sort(names)
  local whole = secret.reveal(url)
  local before, fragment = whole:match "^([^#]*)(.*)$"
  local parts = secret.is(url) and { url } or { before }
  local between = before:find("?", 1, true) and "&" or "?"
  for _, name in ipairs(names) do
    for _, value in ipairs(values_of(who, name, query[name])) do
      if unknown.is(value) then unknown.needed(value, "a URL with") end
      local text = secret.is(value) and secret.map(value, M.escape) or M.escape(text_of(who, name, value))
      parts[#parts + 1] = between .. M.escape(name) .. "="
      parts[#parts + 1] = text
      between = "&"
    end
  end
  if not secret.is(url) then parts[#parts + 1] = fragment end
  return #parts > 1 and secret.join(parts) or url
end

return M
