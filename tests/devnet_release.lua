--- The devnet of a test with its repository: a release is installed, whose tag is a commit, and a newer one is in the registry.
local devnet = require "tests.devnet"
local fake_github = require "tests.fake_github"
local repository = require "tests.repository"

local M = {}

---@class tests.DevnetRelease
---@field world tests.World
---@field repo tests.Repository
---@field github tests.FakeGithub
---@field old string  the tag that runs
---@field new string  the tag that is to come
local DevnetRelease = {}
DevnetRelease.__index = DevnetRelease

--- The tag of what is checked out.
local function tag_of(repo, version) return version .. "-" .. repo:git("rev-parse", "--short", "HEAD") end

--- A check run of GitHub's, for its fake.
function M.check(name, conclusion)
  return { name = name, status = conclusion and "completed" or "in_progress", conclusion = conclusion, head_sha = "x" }
end

--- Starts it; `change(repo)` makes the commits that the newer release has.
---@param opts? table  of devnet.start; empty: nothing is installed
---@param change? fun(repo: tests.Repository)
---@return tests.DevnetRelease
function M.start(opts, change)
  opts = opts or {}
  opts.install = false
  local prometheus = opts.prometheus
  local world = devnet.start(opts)
  local repo = repository.make(world.dir)
  local self = setmetatable({ world = world, repo = repo, github = fake_github.start(), old = tag_of(repo, "v0.4.2") }, DevnetRelease)
  self.github.runs = { M.check("gates", "success"), M.check("baselines", "success") }
  if change then change(repo) end
  repo:git("commit", "-q", "--allow-empty", "-m", "the newer release")
  repo:git("tag", "-a", "v0.5.0", "-m", "release v0.5.0")
  self.new = tag_of(repo, "v0.5.0")
  repo:push(self.new)
  if not opts.empty then
    world:run_helm { "install", devnet.release, "ops/helm/animica-devnet", "--set", "global.imageTag=" .. self.old }
    world:wait_ready()
  end
  if prometheus then world:wait_metrics() end
  M.configure(self)
  return self
end

--- Runs almanac; see tests.killed.
function DevnetRelease:almanac(words, env)
  local p = self.world:spawn(words, { env = env })
  return p:wait(90)
end

--- Writes almanac.yaml.
---@param self tests.DevnetRelease
---@param vars? table  that differ, of vars.devnet
---@param more? table  of the environment
function M.configure(self, vars, more)
  local all = { repository = "org/app", migrate_check = { "/app/scripts/migrate.sh", "--is-done" } }
  for key, value in pairs(vars or {}) do all[key] = value end
  local overrides = {
    vars = self.repo:vars(all),
    endpoints = { prometheus = self.world.prometheus or "http://127.0.0.1:9", loki = self.world.loki,
      github = { url = self.github.url, token = "t0ken" } },
  }
  for key, value in pairs(more or {}) do overrides[key] = value end
  self.world:configure(overrides)
end

return M
