--- A directory with runbooks of a test's own, and almanac run in it.
local process = require "native.process"
local t = require "tests.harness"

local M = {}

local Project = {}
Project.__index = Project

--- A project in a fresh directory.
---@param runbooks table<string, string> name → source
function M.new(runbooks)
  local project = setmetatable({ dir = t.tmpdir() }, Project)
  require("native.fs").mkdir(project.dir .. "/runbooks")
  for name, source in pairs(runbooks) do project:edit(name, source) end
  return project
end

--- Writes a runbook.
function Project:edit(name, source)
  t.write_file(self.dir .. "/runbooks/" .. name .. ".lua", source)
end

local function argv(words)
  local out = { process.exe() }
  for _, word in ipairs(words) do out[#out + 1] = word end
  return out
end

function Project:options(env)
  local all = { HOME = self.dir, KUBECONFIG = false, NO_COLOR = "1" }
  for name, value in pairs(env or {}) do all[name] = value end
  return { cwd = self.dir, env = all }
end

--- almanac WORDS… to its end.
---@return integer code
---@return string stdout
---@return string stderr
function Project:run(words, env)
  return t.run(argv(words), self:options(env))
end

function Project:spawn(words, env)
  return t.spawn(argv(words), self:options(env))
end

--- The lines of a file in the project; {} when there is none.
function Project:lines(name)
  local lines = {}
  for line in (t.read_file(self.dir .. "/" .. name) or ""):gmatch "[^\n]+" do lines[#lines + 1] = line end
  return lines
end

--- The id of the newest run.
function Project:newest()
  local _, out = self:run { "runs", "--limit", "1" }
  return out:match "^(%S+)"
end


return M
