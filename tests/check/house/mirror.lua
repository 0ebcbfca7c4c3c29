--- The tests of stdlib/ and of runtime/ lie as what they test does.
local fs = require "native.fs"
local sources = require "tests.check.house.sources"
local violations = require "tests.check.house.violations"

local M = {}

--- Whether a test bears the name of a module, or of a folder of modules, or requires one of its folder.
local function is_at_home(path, folder)
  if folder == "." then return false end
  local module = string.format("stdlib/%s/%s", folder, path:match "([^/]+)_test%.lua$")
  if fs.exists(module .. ".lua") or fs.exists(module) then return true end
  return fs.read(path):find('require[ (]*"almanac%.' .. folder:gsub("/", "%%.") .. "%.") ~= nil
end

--- Looks at all of them.
function M.check()
  for _, path in ipairs(sources.below("tests/stdlib", "_test.lua")) do
    local folder = sources.folder_of(path:match "^tests/(.*)$")
    if not is_at_home(path, folder) then
      violations.tell("%s: no module of stdlib/%s has its name, and it requires none; it lies in the folder of what it tests", path, folder)
    end
  end
  for _, path in ipairs(sources.below("tests/runtime", "_test.*")) do
    local folder = sources.folder_of(path:match "^tests/(.*)$")
    if folder == "." or not fs.exists("runtime/" .. folder) then
      violations.tell("%s: there is no folder runtime/%s; it lies in the folder of what it tests", path, folder)
    end
  end
end

return M
