--- What scripts can see: the globals of the sandbox and the fields of those that are tables.
local errors = require "almanac.base.errors"
local names = require "almanac.script.public"
local sandbox = require "almanac.script.sandbox"

local M = {}

---@class almanac.lint.Public
---@field names table<string, boolean>  of the globals
local Public = {}
Public.__index = Public

--- What the script of that path sees.
---@param path string  of the script: what it requires lies beside it
---@return almanac.lint.Public
function M.new(path)
  local is_test = names.is_test(path)
  return setmetatable({
    names = sandbox.names(is_test), file = (path:match "^(.*/)[^/]*$" or "") .. (is_test and "(check)_test.lua" or "(check)"), known = {},
  }, Public)
end

--- The value that a script would see, or nil when it cannot be had.
local function value_of(self, expression)
  -- Asked of the sandbox itself, so that no list of names has to be kept in step with it.
  local ok, script = errors.try(sandbox.load, self.file, "return " .. expression)
  return ok and script.result
end

--- The fields of a value as a set; nil where they cannot be known.
local function fields_of(value)
  if type(value) == "function" then return {} end
  if type(value) ~= "table" then return nil end
  local mt = getmetatable(value)
  local index = type(mt) == "table" and rawget(mt, "__index")
  if mt ~= nil and type(mt) ~= "table" or index and type(index) ~= "table" then return nil end
  local fields = index and fields_of(index) or {}
  for key in pairs(value) do
    if type(key) == "string" then fields[key] = true end
  end
  return fields
end

--- The fields of what an origin's root names; nil where they cannot be known.
---@param origin almanac.lint.Origin
---@return table<string, boolean>? fields
---@return string? kind "table" | "function"
function Public:fields(origin)
  if origin.global == "_G" then return nil end
  if origin.global and not self.names[origin.global] then return nil end
  local expression = origin.global or string.format("require %q", origin.lib)
  local known = self.known[expression]
  if not known then
    local value = value_of(self, expression)
    known = { fields = fields_of(value), kind = type(value) }
    self.known[expression] = known
  end
  return known.fields, known.kind
end

return M
