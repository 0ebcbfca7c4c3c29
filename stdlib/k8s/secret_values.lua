--- The values of Secrets that a server gave: from then on they are hidden wherever they are written, decoded or not, as
--- a secret parameter is. A script works with them as they are.
local base64 = require "almanac.base.base64"
local redaction = require "almanac.base.redaction"

local M = {}

--- Bytes. Shorter values are words and numbers, which would blank out what is shown; longer ones are no passwords, but
--- packed releases and archives.
local SHORTEST, LONGEST = 8, 65536
local NAME_MAX = 63 -- bytes of a name, as of DNS

--- Last words of the keys of what says who or where: a value of one that reads like a name is none of a secret.
local NAMING = {}
for word in ("user username login role host hostname server database dbname db schema name namespace bucket region engine"):gmatch "%S+" do
  NAMING[word] = true
end

--- Whether a value names something, as username: postgres does. Its word stands in images, in names of steps and objects,
--- where a run that hid it could not go on.
---@param key any
---@param bytes string
---@return boolean
local function is_naming(key, bytes)
  return NAMING[tostring(key):lower():match "%l+$"] == true and #bytes <= NAME_MAX and bytes:find "^%l[%l%d._/-]*$" ~= nil
end

local function hide_value(name, key, bytes)
  if bytes and is_naming(key, bytes) then return end
  if bytes and #bytes >= SHORTEST and #bytes <= LONGEST then
    redaction.know(bytes, string.format("(secret %s/%s)", name, tostring(key)))
  end
end

local function hide_one(object)
  if tostring(object.type):find "^helm%.sh/" then return end
  local name = type(object.metadata) == "table" and tostring(object.metadata.name) or "?"
  for key, value in pairs(type(object.data) == "table" and object.data or {}) do
    if type(value) == "string" and #value <= 2 * LONGEST then hide_value(name, key, base64.decode(value)) end
  end
  for key, value in pairs(type(object.stringData) == "table" and object.stringData or {}) do -- as a manifest has it
    if type(value) == "string" then hide_value(name, key, value) end
  end
end

--- Hides those of a Secret, or of each in a list; anything else is left alone.
---@param object any  as the API gives it
function M.hide(object)
  if type(object) ~= "table" then return end
  if object.kind == "Secret" then return hide_one(object) end
  if type(object.items) ~= "table" or not tostring(object.kind):find "List$" then return end
  for _, item in ipairs(object.items) do
    if type(item) == "table" and (item.kind == "Secret" or object.kind == "SecretList") then hide_one(item) end
  end
end

return M
