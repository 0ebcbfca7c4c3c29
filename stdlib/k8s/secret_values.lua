--- The values of a Secret: from then on they are hidden wherever they are written, decoded or not, as a secret parameter is. A
--- script works with them as they are.
local base64 = require "almanac.base.base64"
local redaction = require "almanac.base.redaction"
local value_parts = require "almanac.base.value_parts"

local M = {}

--- Bytes. Shorter values are words and numbers, which would blank out what is shown; what is larger than any object can be,
--- no cluster gave.
local SHORTEST, LARGEST = 8, 4 << 20
--- From here on a value is an archive or a bundle: its lines are none of a secret, and each piece of it is.
local LONG, PIECE = 65536, 4096
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

--- Hides bytes that are no text of lines: as a whole, and each piece.
---@param bytes string
---@param label string
function M.hide_bytes(bytes, label)
  if #bytes < SHORTEST or #bytes > LARGEST then return end
  redaction.know(bytes, label, true)
  for at = 1, #bytes > PIECE and #bytes or 0, PIECE do redaction.know(bytes:sub(at, at + PIECE - 1), label, true) end
end

local function hide_value(name, key, bytes)
  if not bytes or is_naming(key, bytes) then return end
  local label = string.format("(secret %s/%s)", name, tostring(key))
  if #bytes > LONG then return M.hide_bytes(bytes, label) end
  if #bytes >= SHORTEST then redaction.know(bytes, label) end
  value_parts.each(bytes, function(part)
    if #part >= SHORTEST then redaction.know(part, label) end
  end)
end

--- Hides those of a Secret.
---@param object table  as the API, or a manifest, has it
function M.hide(object)
  local name = type(object.metadata) == "table" and tostring(object.metadata.name) or "?"
  for key, value in pairs(type(object.data) == "table" and object.data or {}) do
    if type(value) == "string" and #value <= 2 * LARGEST then hide_value(name, key, base64.decode(value)) end
  end
  for key, value in pairs(type(object.stringData) == "table" and object.stringData or {}) do -- as a manifest has it
    if type(value) == "string" then hide_value(name, key, value) end
  end
end

return M
