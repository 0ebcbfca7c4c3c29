--- What is secret in a snapshot: the values of the Secrets in it, however they are spelt elsewhere, and what
--- goes by the name of a secret.
local base64 = require "almanac.base.base64"
local redaction = require "almanac.base.redaction"

local M = {}

local Needles = {}
Needles.__index = Needles

--- Bytes. Shorter values are words and numbers, longer ones archives.
local SHORTEST, LONGEST = 6, 65536

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

--- Nothing is secret yet. `words` are names of things: no text that is one of them is taken for a secret.
---@param words table<string, boolean>
function M.new(words)
  return setmetatable({ words = words, set = require("native.needles").new(), labels = {}, known = {} }, Needles)
end

local function know(self, text, label)
  if #text < SHORTEST or #text > LONGEST or self.words[text] or self.known[text] then return end
  self.known[text] = true
  self.labels[self.set:add(text)] = label
end

--- Makes the values of a Secret secret.
---@param object table
function Needles:learn(object)
  local function add(key, text)
    if text:find "^%s*%-%-%-%-%-BEGIN CERTIFICATE" then return end -- it is shown to whoever connects
    local label = string.format("(secret %s/%s)", tostring(object.metadata and object.metadata.name), tostring(key))
    know(self, text, label)
    know(self, text:match "^%s*(.-)%s*$", label)
  end
  for key, value in pairs(type(object.data) == "table" and object.data or {}) do
    local bytes = type(value) == "string" and base64.decode(value)
    if bytes then add(key, bytes) end
  end
  for key, value in pairs(type(object.stringData) == "table" and object.stringData or {}) do
    if type(value) == "string" then add(key, value) end
  end
end

--- The text with what is secret in it replaced by what it is.
---@param text string
---@return string text
---@return boolean changed
function Needles:clean(text)
  local places = self.set:find(text)
  local out, at = {}, 1
  for i = 1, places and #places or 0, 4 do
    local from, to = places[i], places[i + 1]
    if from >= at then
      out[#out + 1] = text:sub(at, from - 1)
      out[#out + 1] = self.labels[places[i + 2]]
    end
    at = math.max(at, to + 1)
  end
  out[#out + 1] = text:sub(at)
  local cleaned = redaction.text(table.concat(out)) -- what almanac.yaml keeps secret, and users in URLs
  return cleaned, cleaned ~= text
end

--- Whether a value of that name is to be emptied: it sounds like a secret, and says neither what holds it nor a number.
---@param name any
---@param value any
---@return boolean
function Needles:is_secret(name, value)
  return type(value) == "string" and value ~= "" and M.is_name(name) and not self.words[value] and not tonumber(value)
    and not value:find "^%$[({]"
end

return M
