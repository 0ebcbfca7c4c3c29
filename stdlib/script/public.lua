--- The names that scripts see: one file of stdlib/public for each. Everything that knows them (the sandbox,
--- almanac check, the reference, the stubs, luacheck's globals) asks here.
local embedded = require "native.embedded"

local M = {}

local FOLDER = "stdlib/public/"

--- The names, in their order.
---@return string[]
function M.names()
  local out = {}
  for _, path in ipairs(embedded.list(FOLDER)) do out[#out + 1] = path:match "([^/]+)%.lua$" end
  table.sort(out)
  return out
end

local known ---@type table<string, boolean>?

--- Whether a script sees that name.
---@param name string
---@return boolean
function M.has(name)
  if not known then
    known = {}
    for _, one in ipairs(M.names()) do known[one] = true end
  end
  return known[name] ~= nil
end

--- What a script sees under a name: a table of functions, or a function.
---@param name string
---@return any
function M.value(name)
  return require("almanac.public." .. name)
end

--- The source of a name's file.
---@param name string
---@return string
function M.source(name)
  return embedded.read(FOLDER .. name .. ".lua")
end

local loaded = {}

--- Loads what a name is implemented by, so that its fields are declared: most of it waits for its first call.
---@param name string
function M.load(name)
  if loaded[name] or not M.has(name) then return end
  loaded[name] = true
  for module in M.source(name):gmatch 'require%s*%(?%s*"(almanac%.[%w_.]+)"' do require(module) end
end

return M
