--- What is secret in a snapshot: the values of the Secrets in it and their parts, however they are spelt elsewhere, and
--- what goes by the name of a secret.
local base64 = require "almanac.base.base64"
local json = require "native.json"
local parts = require "almanac.snapshot.parts"
local redaction = require "almanac.base.redaction"

local M = {}

local Needles = {}
Needles.__index = Needles

local SHORTEST = 6 -- bytes; shorter values are words and numbers

local LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

M.is_name = parts.is_name

--- Nothing is secret yet.
---@param words table<string, boolean>  names of things: no text that is one of them is taken for a secret
---@param fixed? string[]  names that cannot be others in the copy: nor is what is a part of one of these, unless it is a
---  word, which stays in names anyway
function M.new(words, fixed)
  return setmetatable({ words = words, fixed = table.concat(fixed or {}, "\n"), set = require("native.needles").new(),
    labels = {}, texts = {}, known = {} }, Needles)
end

local function know(self, text, label)
  if #text < SHORTEST or self.words[text] or self.known[text] then return end
  if not parts.is_word(text) and self.fixed:find(text, 1, true) then return end
  local number = self.set:add(text)
  self.known[text], self.labels[number], self.texts[number] = true, label, text
end

--- Makes the values of a Secret secret, and those that were applied last.
local function learn_secret(self, object)
  local metadata = type(object.metadata) == "table" and object.metadata or {}
  local function add(key, text)
    local label = string.format("(secret %s/%s)", tostring(metadata.name), tostring(key))
    parts.each(text, function(part) know(self, part, label) end)
  end
  for key, value in pairs(type(object.data) == "table" and object.data or {}) do
    local bytes = type(value) == "string" and base64.decode(value)
    if bytes then add(key, bytes) end
  end
  for key, value in pairs(type(object.stringData) == "table" and object.stringData or {}) do
    if type(value) == "string" then add(key, value) end
  end
  local applied = type(metadata.annotations) == "table" and metadata.annotations[LAST_APPLIED]
  local ok, before = pcall(json.decode, applied or "")
  if ok and type(before) == "table" then self:learn(before) end
end

--- Makes the values of a Secret secret, also of one within another object.
---@param object table
function Needles:learn(object)
  if object.kind == "Secret" then return learn_secret(self, object) end
  for _, item in pairs(object) do
    if type(item) == "table" then self:learn(item) end
  end
end

--- The text with what is found in it replaced.
---@param replacement fun(number: integer): string?  nil: it stays
local function replaced(self, text, replacement)
  local places = self.set:find(text)
  if not places then return text end
  local out, at = {}, 1
  for i = 1, #places, 4 do
    local from, to = places[i], places[i + 1]
    local instead = replacement(places[i + 2])
    if instead then
      if from >= at then
        out[#out + 1] = text:sub(at, from - 1)
        out[#out + 1] = instead
      end
      at = math.max(at, to + 1)
    end
  end
  out[#out + 1] = text:sub(at)
  return table.concat(out)
end

--- The text with what is secret in it replaced by what it is.
---@param text string
---@return string text
---@return boolean changed
function Needles:clean(text)
  local cleaned = replaced(self, text, function(number) return (self:clean_name(self.labels[number])) end)
  cleaned = redaction.text(cleaned) -- what almanac.yaml keeps secret, and users in URLs
  return cleaned, cleaned ~= text
end

--- A name, a label, an image with what is secret in it replaced by what a name may be, the same one everywhere; what may
--- well be a word stays.
---@param name string
---@return string name
---@return boolean changed
function Needles:clean_name(name)
  if self.words[name] then return name, false end
  local cleaned = replaced(self, name, function(number)
    return not parts.is_word(self.texts[number]) and "secret-" .. number or nil
  end)
  cleaned = redaction.name(cleaned)
  return cleaned, cleaned ~= name
end

--- Whether a number is the value of a Secret.
---@param number number
---@return boolean
function Needles:is_number(number)
  return self.known[tostring(number)] or self.known[string.format("%.0f", number)] or false
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
