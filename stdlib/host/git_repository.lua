--- A repository, and the operator's git in it: what the modules of git have in common.
local arguments = require "almanac.host.arguments"
local errors = require "almanac.base.errors"
local git_paths = require "almanac.host.git_paths"
local place = require "almanac.host.place"
local reach = require "almanac.run.reach"
local tool = require "almanac.host.tool"

local M = {}

-- Above any configuration of the repository, which may be whose script this is: no program that watches files, no
-- bare repository that lies in another one's tree, no remote that is a command.
local CONFIG = { "core.fsmonitor", "false", "safe.bareRepository", "explicit", "protocol.ext.allow", "never" }

local function with_config(env)
  env.GIT_CONFIG_COUNT = tostring(#CONFIG // 2)
  for i = 1, #CONFIG // 2 do
    env["GIT_CONFIG_KEY_" .. i - 1], env["GIT_CONFIG_VALUE_" .. i - 1] = CONFIG[2 * i - 1], CONFIG[2 * i]
  end
  return env
end

--- The operator's git, without prompts and pagers, and not in a repository that a hook points to. A look writes no index,
--- so that it runs no hook of one.
---@param input { dir: string? }
---@return almanac.Tool
function M.git(input)
  return {
    program = "git", cwd = input.dir, within = reach.is_asked() and M.allow.of(input) or nil, missing = "install git",
    env = with_config {
      GIT_OPTIONAL_LOCKS = "0", GIT_TERMINAL_PROMPT = "0", GIT_PAGER = "cat", GIT_EDITOR = "true", LC_ALL = "C",
      GIT_DIR = false, GIT_WORK_TREE = false, GIT_INDEX_FILE = false, GIT_LITERAL_PATHSPECS = git_paths.env.GIT_LITERAL_PATHSPECS,
    },
  }
end

--- A read of git's that gives nothing, instead of an error, for what is not there.
---@param input { dir: string? }
---@param words almanac.Arguments
---@return string?
function M.maybe(input, words)
  local result = tool.ask(M.git(input), words, { ok = { [1] = true, [128] = true } })
  local text = result.stdout:gsub("\n+$", "")
  return result.code == 0 and text ~= "" and text or nil
end

--- The commit that a name stands for; raises kind "not_found".
---@param who string  the function that asks
---@param input { dir: string? }
---@param name string
---@return string
function M.commit_of(who, input, name)
  local words = arguments.new(who, "rev-parse", "--verify", "--quiet", "--end-of-options")
  local commit = M.maybe(input, words:word("the commit", name .. "^{commit}"))
  if commit then return commit end
  tool.read(M.git(input), arguments.new(who, "rev-parse", "--git-dir")) -- no repository is another error
  errors.raise {
    kind = "not_found", message = string.format("%s: there is no commit %q in %s", who, name, input.dir or "this repository"),
    hint = "git fetch, or correct the name",
  }
end

--- The first line of a commit's message.
---@param input { dir: string? }
---@param commit string
---@return string
function M.subject_of(input, commit)
  return tool.read(M.git(input), arguments.new("git", "log", "-1", "--format=%s"):word("the commit", commit))
end

--- A commit for people.
---@param commit string?
---@return string
function M.short(commit)
  return commit and commit:sub(1, 12) or "nothing"
end

--- A URL without the name and password in it.
local function without_user(url)
  return (url:gsub("^(%a[%w+.-]*://)[^/@]*@", "%1"))
end

--- Where a remote leads: by its name, and by every URL that git has for it.
---@param input { dir: string? }
---@param remote string  a name, a URL or a path
---@return almanac.Target[]
function M.remote(input, remote)
  if remote:find "[:/]" then
    if remote:find ":" then return { { category = "git", names = { without_user(remote) } } } end
    return { place.path("git", remote, input.dir) }
  end
  local out, seen = {}, {}
  for _, is_push in ipairs { false, true } do
    local words = arguments.new("git.push", "remote", "get-url", "--all"):flag("--push", is_push):word("remote", remote)
    for url in (M.maybe(input, words) or ""):gmatch "[^\n]+" do
      if not seen[url] then out[#out + 1] = { category = "git", names = { "remote=" .. remote, without_user(url) } } end
      seen[url] = true
    end
  end
  return #out > 0 and out or { { category = "git", names = { "remote=" .. remote } } }
end

--- What effects of git ask `allow` about: the directory.
M.allow = { category = "git", of = function(input) return { place.path("git", input.dir or ".") } end }

--- The option that all functions have.
M.DIR = { dir = { "name", shown_default = "where almanac was started", help = "the working tree" } }

return M
