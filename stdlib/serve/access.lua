--- Who may look at the pages, and who may do something there: whoever has the token, or a client certificate that the
--- server's authority signed. A page of another site can have neither a form sent nor an answer read. Pure.
local sha256 = require("native.digest").sha256

local M = {}

---@class almanac.serve.Access
---@field private token? string      nil: a client certificate is needed
---@field private session string     what the cookie holds: no token
---@field private form string        what each form holds
---@field private cookie string      its name
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
    cookie = "almanac_" .. options.port, hosts = hosts, scheme = options.tls and "https" or "http",
  }, Access)
end

--- Whether two texts are the same, in a time that does not tell how much of them is.
local function same(a, b)
  return type(a) == "string" and type(b) == "string" and sha256(a) == sha256(b)
end

local function cookie_of(request, name)
  for part in (request.headers.cookie or ""):gmatch "[^;]+" do
    local key, value = part:match "^%s*([^=]+)=(.-)%s*$"
    if key == name then return value end
  end
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

--- The header by which the browser keeps that it may look.
---@return string
function Access:set_cookie()
  return string.format("%s=%s; Path=/; HttpOnly; SameSite=Strict%s", self.cookie, self.session, self.scheme == "https" and "; Secure" or "")
end

--- Who asks: the name of a client certificate, or true for whoever has the token; nil: nobody that may.
---@param request native.httpd.Request
---@return string|true|nil
function Access:who(request)
  if request.client_cn then return request.client_cn end
  if not self.token then return nil end
  local bearer = (request.headers.authorization or ""):match "^[Bb]earer (.+)$"
  return (same(cookie_of(request, self.cookie), self.session) or same(bearer, self.token)) and true or nil
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
