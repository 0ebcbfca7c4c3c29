--- What of a Secret's value is secret by itself: its lines, what a URL in it holds, what stands behind the name of a secret,
--- what is in its JSON or base64.
local base64 = require "almanac.base.base64"
local json = require "native.json"
local value_parts = require "almanac.base.value_parts"

local M = {}

local LINE_MIN = 8    -- bytes of a line that is looked for
local FIELD_MIN = 16  -- bytes of a field of JSON, or a step of a URL's path, that has no telling name
local WORD_MAX = 23   -- bytes of what may be a word
local DEEPEST = 3     -- base64 in JSON in base64
local LONGEST = 65536 -- bytes of one text that is looked for; of longer ones each piece is
local PIECE = 4096

--- Names that say so within a Secret alone.
local NAMES_WITHIN = { auth = true, pass = true, pwd = true, pw = true, key = true, sig = true, signature = true }

M.is_name = value_parts.is_name

local function is_name_within(name) return M.is_name(name) or type(name) == "string" and NAMES_WITHIN[name:lower()] or false end

--- Whether a text may well be what something is called: short, or small letters, dots and dashes.
---@param text string
---@return boolean
function M.is_word(text) return #text < LINE_MIN or #text <= WORD_MAX and text:find "^[%l.%-/]+$" ~= nil end

local function trimmed(text) return text:match "^%s*(.-)%s*$" end

local add_both = value_parts.add_both

--- What opens something in the URLs of a text; a user or a step of a path when it is no word.
local function add_urls(text, add)
  for url in text:gmatch "://([^%s\"'`<>]+)" do
    local user, password, rest = value_parts.userinfo(url)
    if password ~= "" then add_both(add, password) end
    if not M.is_word(user) then add_both(add, user) end
    for step in (rest:match "^[^?#]*"):gmatch "[^/]+" do
      if #step >= FIELD_MIN and not M.is_word(step) then add_both(add, step) end
    end
    for name, value in rest:gmatch "[?&;#]([^=&;#?]+)=([^&;#]+)" do
      if is_name_within(name:match "[^-]*$") or not M.is_word(value) then add_both(add, value) end
    end
  end
end

--- What stands behind the name of a secret: PASSWORD=…, "token": "…", user=x password=….
local function add_named(text, add)
  for name, value in text:gmatch "%f[%w_.%-]([%w_.%-]+)[\"']?[ \t]*[:=][ \t]*()" do
    if is_name_within(name) then
      local line = trimmed(text:match("^[^\r\n]*", value))
      add(line)
      add(line:match "^[\"'](.*)[\"'][,;]?$" or "")
      add(select(2, line:match "^([\"'])(.-)%1") or "")
      add(line:match "^[\"']?([^%s\"',;&]+)" or "")
    end
  end
  add(text:match "^%s*%a+%s+(%S+)%s*$" or "") -- Bearer …
  for pair in text:gmatch "%S+" do -- user:…, a line of htpasswd
    local password = pair:match "^[^:]+:(.+)$"
    if password and not M.is_word(password) and not password:find "^//" then add(password) end
  end
end

local add_parts

--- The fields of a JSON text.
local function add_fields(value, name, add, depth)
  if type(value) == "table" then
    for key, item in pairs(value) do add_fields(item, key, add, depth) end
  elseif type(value) == "string" and (is_name_within(name) or #value >= FIELD_MIN and not M.is_word(value)) then
    add(value)
    add_parts(value, add, depth + 1)
  end
end

local function add_lines(text, add)
  for line in text:gmatch "[^\r\n]+" do
    line = trimmed(line)
    if not M.is_word(line) then add(line) end
  end
end

function add_parts(text, add, depth)
  add_lines(text, add)
  add_urls(text, add)
  add_named(text, add)
  if depth >= DEEPEST then return end
  if text:find "^%s*[%[{]" then
    local ok, value = pcall(json.decode, text)
    if ok then add_fields(value, nil, add, depth) end
  end
  local packed = text:gsub("%s", "")
  if #packed >= LINE_MIN and #packed % 4 == 0 and packed:find "^[%w+/]+=?=?$" then
    local ok, plain = pcall(base64.decode, packed)
    if ok and plain and not plain:find "[%z\1-\8\14-\31]" and utf8.len(plain) then
      add(plain)
      add_parts(plain, add, depth + 1)
    end
  end
end

--- A certificate is shown to whoever connects; what stands beside it is not.
local function without_certificates(text)
  return (text:gsub("%-%-%-%-%-BEGIN CERTIFICATE%-%-%-%-%-.-%-%-%-%-%-END CERTIFICATE%-%-%-%-%-", ""))
end

--- Hands over a value, and each part of it that is secret by itself.
---@param value string
---@param add fun(text: string)
function M.each(value, add)
  local text = without_certificates(value)
  if text ~= value and not text:find "%S" then return end
  local function add_text(one)
    if #one <= LONGEST then
      add(one)
      return add(trimmed(one))
    end
    for at = 1, #one, PIECE do add(one:sub(at, at + PIECE - 1)) end
  end
  add_text(value)
  if text ~= value then add_text(text) end
  add_parts(text, add_text, 1)
end

return M
