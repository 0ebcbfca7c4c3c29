--- Who may look at the pages, and who may do something there: whoever has the token, or a client certificate that the
--- server's authority signed. A page of another site can have neither a form sent nor an answer read. Pure.
---
--- A browser sends a cookie to every server of its host, whatever the port (RFC 6265, 8.5), but below the cookie's path only (5.1.4,
--- 8.6: no wall by itself, as a path can be known). So the pages that a browser keeps lie below a path that nobody can guess, the
--- cookie is for that path, and counts nowhere else: another server of this machine is never sent it.
local sha256 = require("native.digest").sha256

local M = {}

local PATH_DIGITS = 32 -- hexadecimal: 128 bits

---@class almanac.serve.Access
---@field private token? string      nil: a client certificate is needed
---@field private session string     what the cookie holds: no token
---@field private form string        what each form holds
---@field private cookie string      its name
---@field private base string        the path below which the cookie counts, without a slash at its end
---@field private hosts? table<string, boolean>  what the server may be called; nil: TLS says whether it is meant
---@field private scheme string
local Access = {}
Access.__index = Access

---@param options { token: string?, secret: string, port: integer, address: string, tls: boolean }  secret: known to this
---  process alone
---@return almanac.serve.Access
function M.new(options)
  local hosts
  if not options.tls then -- a name of somebody else's may lead here (DNS rebinding): it must be one of ours
    hosts = {}
    for _, host in ipairs { options.address, "localhost", "127.0.0.1", "[::1]" } do hosts[host .. ":" .. options.port] = true end
  end
  return setmetatable({
    token = options.token, session = sha256(options.secret .. "\nsession"), form = sha256(options.secret .. "\nform"),
    cookie = "almanac_" .. options.port, base = "/" .. sha256(options.secret .. "\npath"):sub(1, PATH_DIGITS),
    hosts = hosts, scheme = options.tls and "https" or "http",
  }, Access)
end

--- Whether two texts are the same, in a time that does not tell how much of them is.
local function same(a, b)
  return type(a) == "string" and type(b) == "string" and sha256(a) == sha256(b)
end

--- Whether a request has a cookie; another server of this machine may have set more of that name.
local function has_cookie(request, name, wanted)
  for part in (request.headers.cookie or ""):gmatch "[^;]+" do
    local key, value = part:match "^%s*([^=]+)=(.-)%s*$"
    if key == name and same(value, wanted) then return true end
  end
  return false
end

--- Whether the request calls this server by a name of its own.
---@param request native.httpd.Request
---@return boolean
function Access:is_meant(request)
  return not self.hosts or self.hosts[(request.headers.host or ""):lower()] == true
end

--- Whether the request shows the token itself, as the first one does.
---@param request native.httpd.Request
---@return boolean
function Access:shows_token(request)
  return self.token ~= nil and same(request.query.token, self.token)
end

--- The header by which the browser keeps that it may look, and the path below which it may.
---@return string header
---@return string base
function Access:set_cookie()
  return string.format("%s=%s; Path=%s/; HttpOnly; SameSite=Strict%s", self.cookie, self.session, self.base,
    self.scheme == "https" and "; Secure" or ""), self.base
end

--- A request's path without what nobody can guess, and that, which goes before each path on its pages; "" where it has none.
---@param path string
---@return string path
---@return string base
function Access:split(path)
  local first, rest = path:match "^(/[^/]+)(/.*)$"
  if same(first, self.base) then return rest, self.base end
  return path, ""
end

--- Who asks: the name of a client certificate, or true for whoever has the token; nil: nobody that may.
---@param request native.httpd.Request
---@param base string  of its path
---@return string|true|nil
function Access:who(request, base)
  if request.client_cn then return request.client_cn end
  if not self.token then return nil end
  local bearer = (request.headers.authorization or ""):match "^[Bb]earer (.+)$"
  return (base == self.base and has_cookie(request, self.cookie, self.session) or same(bearer, self.token)) and true or nil
end

--- What a form of ours holds.
---@return string
function Access:form_token()
  return self.form
end

--- Why a form is not from a page of ours; nil: it is.
---@param request native.httpd.Request
---@param fields table<string, string>
---@return string?
function Access:refusal(request, fields)
  local origin, site = request.headers.origin, request.headers["sec-fetch-site"]
  if origin and origin ~= self.scheme .. "://" .. (request.headers.host or "") then return "it was sent from " .. origin end
  if site and site ~= "same-origin" and site ~= "none" then return "another site sent it" end
  if not same(fields.form, self.form) then return "it is no form of this server" end
end

return M
