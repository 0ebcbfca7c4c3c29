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
