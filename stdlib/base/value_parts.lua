--- What within a secret text is secret by itself, for certain: the password of a URL, and in JSON what goes by the name of a
--- secret. Pure.
local base64 = require "almanac.base.base64"
local json = require "native.json"

local M = {}

local DEEPEST = 16 -- of JSON

--- Names of values that are secret, by their last word: PASSWORD, db_password, clientSecret, api-token.
local NAMES = { "password", "passwd", "passphrase", "secret", "token", "apikey", "secretkey", "privatekey", "accesskey",
  "credential", "credentials", "dsn" }

--- Whether what has that name is secret by the sound of it.
---@param name any
---@return boolean
function M.is_name(name)
  if type(name) ~= "string" then return false end
  local plain = name:lower():gsub("[_.%-]", "")
  for _, ending in ipairs(NAMES) do
    if plain:sub(-#ending) == ending then return true end
  end
  return false
end

local function percent_decoded(text)
  return (text:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

--- Both a part of a URL as it stands there and what it means.
---@param add fun(text: string)
---@param text string
function M.add_both(add, text)
  add(text)
  local meant = percent_decoded(text)
  if meant ~= text then add(meant) end
end

--- Who a URL says to be, and what stands behind its authority.
---@param url string  from behind its "://"
---@return string user
---@return string password  "": none
---@return string rest
function M.userinfo(url)
  local authority, rest = url:match "^([^/?#]*)(.*)$"
  -- a password may hold what should have been encoded in it: up to the last @
  local info = url:match "^([^/?#]*)@" or url:match "^([^/]*:.*)@"
  local user, password = (info or ""):match "^([^:]*):?(.*)$"
  if info and #info > #authority then rest = url:sub(#info + 2):match "^[^/?#]*(.*)$" end
  return user, password, rest
end

--- The passwords of URLs; one that is also the name of something in its URL is told by that everywhere, and is left out.
local function add_urls(text, add)
  for scheme, url in text:gmatch "([%w+.-]*)://([^%s\"'`<>]+)" do
    local user, password = M.userinfo(url)
    local others = scheme .. " " .. user .. " " .. url:sub(#user + #password + 2)
    if password ~= "" and not others:find(password, 1, true) then M.add_both(add, password) end
  end
end

--- user:password in base64, as docker's configuration has it.
local function add_login(text, add)
  local password = (base64.decode(text) or ""):match "^[^:]*:(.+)$"
  if password then add(password) end
end

local function add_fields(value, name, add, depth)
  if type(value) == "table" and depth < DEEPEST then
    for key, item in pairs(value) do add_fields(item, key, add, depth + 1) end
  elseif type(value) == "string" then
    if M.is_name(name) then add(value) end
    if name == "auth" then add_login(value, add) end
    add_urls(value, add)
  end
end

--- Hands over each such part of a text.
---@param text string
---@param add fun(text: string)
function M.each(text, add)
  if text:find("://", 1, true) then add_urls(text, add) end
  local ok, value = pcall(json.decode, text:find "^%s*[%[{]" and text or "")
  if ok then add_fields(value, nil, add, 0) end
end

return M
