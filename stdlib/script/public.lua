--- The names that scripts see: one file of stdlib/public for each. Everything that knows them (the sandbox,
--- almanac check, the reference, the stubs, luacheck's globals) asks here.
local embedded = require "native.embedded"

local M = {}

local FOLDER = "stdlib/public/"

--- Those that only files of tests see.
local TESTS = "stdlib/testing/public/"

--- Whether a script is a file of tests.
---@param path string
---@return boolean
function M.is_test(path) return path:find "_test%.lua$" ~= nil end

local function names_in(folder)
  local out = {}
  for _, path in ipairs(embedded.list(folder)) do out[#out + 1] = path:match "([^/]+)%.lua$" end
  table.sort(out)
  return out
end

--- The names, in their order.
---@return string[]
function M.names() return names_in(FOLDER) end

--- The names that only files of tests see.
---@return string[]
function M.test_names() return names_in(TESTS) end

local known, tests ---@type table<string, boolean>?, table<string, boolean>?

local function set_of(names)
  local out = {}
  for _, one in ipairs(names) do out[one] = true end
  return out
end

--- Whether a script sees that name.
---@param name string
---@return boolean
function M.has(name)
  known = known or set_of(M.names())
  return known[name] ~= nil
end

--- Whether a file of tests alone sees that name, or sees another under it than a runbook does.
---@param name string
---@return boolean
function M.has_test(name)
  tests = tests or set_of(M.test_names())
  return tests[name] ~= nil
end

--- What a file of tests sees under a name of its own.
---@param name string
---@return any
function M.test_value(name)
  return require("almanac.testing.public." .. name)
end

--- What a script sees under a name: a table of functions, or a function.
---@param name string
---@return any
function M.value(name)
  if not M.has(name) then return M.test_value(name) end
  return require("almanac.public." .. name)
end

--- The file of a name.
---@param name string
---@return string
function M.file(name)
  return (M.has(name) and FOLDER or TESTS) .. name .. ".lua"
end

--- The source of a name's file.
---@param name string
---@return string
function M.source(name)
  return embedded.read(M.file(name))
end

local loaded = {}

--- Loads what a name is implemented by, so that its fields are declared: most of it waits for its first call.
---@param name string
function M.load(name)
  if loaded[name] or not (M.has(name) or M.has_test(name)) then return end
  loaded[name] = true
  if not M.has(name) then M.test_value(name) end -- it declares its fields itself
  for module in M.source(name):gmatch 'require%s*%(?%s*"(almanac%.[%w_.]+)"' do require(module) end
end

return M
