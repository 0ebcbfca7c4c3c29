--- The devnet's repository for a test: a real git repository with a bare remote, a registry, and scripts that push to it.
local images = require "tests.images"
local json = require "native.json"
local process = require "native.process"
local t = require "tests.harness"

local M = {}

local IGNORED = { ".almanac", "almanac.yaml", "kubeconfig", "origin.git", "plan.json", "prometheus*", "blobs", "registry.yml",
  ".cache", ".config", ".local", "*.log", "helm-wrapper" }

---@class tests.Repository
---@field dir string
---@field registry string   HOST:PORT
local Repository = {}
Repository.__index = Repository

function Repository:git(...)
  return (t.must({ "git", ... }, { cwd = self.dir }):gsub("%s+$", ""))
end

--- Writes a file and commits it.
function Repository:commit(path, text, message)
  t.write_file(self.dir .. "/" .. path, text)
  self:git("add", path)
  self:git("commit", "-q", "--allow-empty", "-m", message or "change " .. path)
end

--- What push_images.sh does; in its text are $TAG and, to push, $PUSH.
---@param script string
function Repository:pushes_by(script)
  local root = process.cwd()
  local push = string.format("cd '%s' && '%s' lua tests/push_images.lua http://%s/v2/animica", root, process.exe(), self.registry)
  self:commit("ops/scripts/push_images.sh", "#!/usr/bin/env bash\nset -euo pipefail\nTAG=$1\necho \"$TAG\" >> '" .. self.dir
    .. "/pushes.log'\nPUSH() { (" .. push .. ' "$TAG" "$@"); }\n' .. script .. "\n", "push_images.sh")
end

--- How often push_images.sh ran.
function Repository:pushes()
  local _, count = (t.read_file(self.dir .. "/pushes.log") or ""):gsub("\n", "")
  return count
end

--- Puts the images of a tag into the registry.
---@param tag string
---@param platforms? string
function Repository:push(tag, platforms)
  t.must({ process.exe(), "lua", "tests/push_images.lua", "http://" .. self.registry .. "/v2/animica", tag,
    platforms or "linux/amd64,linux/arm64", "animica-node", "animica-explorer" })
end

--- vars.devnet for almanac.yaml, with what differs.
---@param more? table
function Repository:vars(more)
  local devnet = {
    registry = self.registry .. "/animica", images = { "animica-node", "animica-explorer" }, plain_http = true, remote = "origin",
    version_files = {
      ["*/version.py"] = '__version__ = "{version}"', ["*/package.json"] = '"version": "{version}"',
      ["sdk/*/version"] = "{version}", ["ops/helm/animica-devnet/values.yaml"] = "imageTag: v{version}",
    },
    seeds_command = { "python3", "ops/scripts/gen_bootstrap_list.py", "--out", "{file}" },
  }
  for key, value in pairs(more or {}) do devnet[key] = value end
  return { devnet = devnet }
end

--- Makes the repository in a directory; with `no_registry`, without one.
---@param dir string
---@param opts? { no_registry: boolean? }
---@return tests.Repository
function M.make(dir, opts)
  local self = setmetatable({ dir = dir, registry = "127.0.0.1:9" }, Repository)
  t.must { "cp", "-r", "tests/fixtures/devnet/.", dir }
  t.must { "rm", dir .. "/almanac.yaml" }
  t.write_file(dir .. "/.gitignore", table.concat(IGNORED, "\n") .. "\n")
  self:git("init", "-q", "-b", "main")
  self:git("init", "-q", "--bare", "-b", "main", "origin.git")
  self:git("remote", "add", "origin", "origin.git")
  self:git("config", "user.name", "Tester")
  self:git("config", "user.email", "tester@example.org")
  self:git("add", ".")
  self:git("commit", "-q", "-m", "the devnet")
  if not (opts and opts.no_registry) then self.registry = images.registry(dir) end
  self:pushes_by "PUSH linux/amd64,linux/arm64 animica-node animica-explorer"
  self:git("push", "-q", "origin", "main")
  return self
end

--- Runs almanac in the repository.
---@return integer code
---@return string stdout
---@return string stderr
function Repository:almanac(words, env)
  local argv = { process.exe(), table.unpack(words) }
  local all = { HOME = self.dir, KUBECONFIG = false, NO_COLOR = "1" }
  for name, value in pairs(env or {}) do all[name] = value end
  return t.run(argv, { cwd = self.dir, env = all })
end

--- Writes almanac.yaml.
---@param values table
function Repository:configure(values)
  t.write_file(self.dir .. "/almanac.yaml", json.encode(values))
end

return M
