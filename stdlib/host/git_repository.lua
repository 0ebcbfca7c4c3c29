--- A repository, and the operator's git in it: what the modules of git have in common.
local arguments = require "almanac.host.arguments"
local errors = require "almanac.base.errors"
local fs = require "native.fs"
local git_config = require "almanac.host.git_config"
local git_paths = require "almanac.host.git_paths"
local place = require "almanac.host.place"
local process = require "native.process"
local reach = require "almanac.run.reach"
local sh = require "native.sh"
local tool = require "almanac.host.tool"

local M = {}

--- What a remote may be reached by, where the operator's own environment says nothing else. Others are programs.
local PROTOCOLS = "file:git:http:https:ssh"

--- What of our environment would have git work in another repository.
local ELSEWHERE = {
  "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
  "GIT_NAMESPACE",
}

---@class almanac.git.Use
---@field changes? boolean  it is no look: hooks run
---@field remote? boolean   it may reach one
---@field tree? boolean     it looks at the files of the working tree, and so asks the repositories in it

--- git without prompts and pagers, as the objects are and not as others took their place. A look writes no index.
---@param dir string?
---@param use almanac.git.Use
---@return almanac.Tool
local function git_in(dir, use)
  local env = git_config.variables(not use.changes)
  for _, name in ipairs(ELSEWHERE) do env[name] = false end
  env.GIT_OPTIONAL_LOCKS, env.GIT_TERMINAL_PROMPT, env.GIT_NO_REPLACE_OBJECTS = "0", "0", "1"
  env.GIT_PAGER, env.GIT_EDITOR, env.LC_ALL = "cat", "true", "C"
  env.GIT_LITERAL_PATHSPECS = git_paths.env.GIT_LITERAL_PATHSPECS
  local may_fetch = use.remote or use.changes and not reach.is_asked() -- objects that a partial clone lacks
  env.GIT_ALLOW_PROTOCOL = may_fetch and (process.getenv "GIT_ALLOW_PROTOCOL" or PROTOCOLS) or ""
  return { program = "git", cwd = dir, within = {}, missing = "install git", env = env }
end

local FAILED = { ok = { [1] = true, [128] = true } }

-- Where it is ------------------------------------------------------------------------------------

---@class almanac.git.Place
---@field top string     the working tree
---@field common string  where its branches, its configuration and its objects are
---@field hooks string   the directory of its hooks

--- Where the repository of a directory is; nil where there is none.
---@param dir string?
---@return almanac.git.Place?
local function place_of(dir)
  if dir and (fs.stat(dir) or {}).type ~= "directory" then return nil end -- that it is not there is told to who may look there
  local words = arguments.new("git", "rev-parse", "--path-format=absolute", "--show-toplevel", "--git-common-dir", "--git-path", "hooks")
  local result = tool.ask(git_in(dir, { changes = true }), words, FAILED)
  local top, common, hooks = result.stdout:match "^([^\n]+)\n([^\n]+)\n([^\n]+)\n$"
  return result.code == 0 and top and { top = top, common = common, hooks = hooks } or nil
end

--- The repository that a directory of objects is of, as `allow` names it.
local function repository_of(objects)
  return (objects:gsub("/objects$", ""):gsub("/%.git$", ""))
end

--- What in a repository may be a link, and then is another's.
local LINKABLE = { "objects", "objects/info", "objects/pack", "refs", "refs/heads", "refs/tags", "packed-refs", "HEAD", "logs", "info" }

--- The repositories whose objects and branches a repository uses as its own: by links, and as alternates, which have others.
--- https://git-scm.com/docs/gitrepository-layout
local function add_borrowed(out, common, seen)
  local root = place.resolve(common)
  if seen[root] then return end
  seen[root] = true
  for _, name in ipairs(LINKABLE) do
    local leads = place.resolve(root .. "/" .. name)
    if leads:sub(1, #root + 1) ~= root .. "/" then out[#out + 1] = place.path("git", repository_of(leads)) end
  end
  local list = root .. "/objects/info/alternates"
  for line in (fs.exists(list) and fs.read(list) or ""):gmatch "[^\n]+" do
    local objects = place.resolve(line, root .. "/objects")
    out[#out + 1] = place.path("git", repository_of(objects))
    add_borrowed(out, objects:gsub("/objects$", ""), seen)
  end
end

--- The working tree, where the repository is when that is not in it, and the repositories that it borrows from.
local function targets_of(dir, at)
  local out = { place.path("git", at and at.top or dir or ".") }
  if at and place.resolve(at.common) ~= place.resolve(at.top .. "/.git") then out[2] = place.path("git", at.common) end
  if at then add_borrowed(out, at.common, {}) end
  return out
end

--- The repositories that git takes for submodules in a working tree: it runs itself in them.
local function submodules_of(at)
  local out = {}
  local listed = tool.ask(git_in(at.top, {}), arguments.new("git", "ls-files", "--stage", "-z")).stdout
  for path in listed:gmatch "160000 %x+ %d\t(%Z+)" do
    local dir = at.top .. "/" .. path
    if fs.exists(dir .. "/.git") then out[#out + 1] = dir end
  end
  return out
end

local MAX_DEPTH = 8

--- Refuses a repository whose configuration may not be, or that has one within it.
local function inspect(dir, use, depth)
  git_config.read(git_in(dir, use), not use.changes)
  local at = use.tree and place_of(dir)
  for _, inner in ipairs(at and submodules_of(at) or {}) do
    if depth == MAX_DEPTH then
      errors.raise { kind = "refused", message = "git: submodules more than 8 deep, in " .. inner, hint = "look at them yourself" }
    end
    inspect(inner, use, depth + 1)
  end
end

--- The operator's git in a repository whose configuration was looked at. By default for a look that reaches nothing but it.
---@param input { dir: string? }
---@param use? almanac.git.Use
---@return almanac.Tool
function M.git(input, use)
  use = use or {}
  if reach.is_asked() then reach.require("git", use.changes and "change" or "read", M.places(input)) end
  inspect(input.dir, use, 1)
  return git_in(input.dir, use)
end

--- A read of git's that gives nothing, instead of an error, for what is not there.
---@param input { dir: string? }
---@param words almanac.Arguments
---@return string?
function M.maybe(input, words)
  local result = tool.ask(M.git(input), words, FAILED)
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

-- What `allow` is asked about --------------------------------------------------------------------

--- A URL without the name and password in it.
local function without_user(url)
  return (url:gsub("^(%a[%w+.-]*://)[^/@]*@", "%1"))
end

--- Whether git takes it for a path: it has no colon, or one behind a slash. Pure.
local function is_path(url)
  local colon, slash = url:find(":", 1, true), url:find("/", 1, true)
  return not colon or slash and slash < colon
end

--- Refuses a URL with "." or ".." in its path: a server goes up by them, and no pattern sees it.
local function refuse_dots(url)
  local plain = url:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end):gsub("\\", "/")
  for segment in plain:gmatch "[^/:?#;]+" do
    if segment == "." or segment == ".." then
      errors.raise {
        kind = "usage", message = "git: " .. without_user(url) .. " has the segment " .. segment .. " in its path",
        hint = "write the path that is meant",
      }
    end
  end
end

--- The repository that a directory is in.
---@param input { dir: string? }
---@return almanac.Target[]
function M.places(input)
  return targets_of(input.dir, place_of(input.dir))
end

--- Where a remote leads: every URL that git has for it, as it rewrites them, and its name.
---@param input { dir: string? }
---@param remote string  a name, a URL or a path
---@return almanac.Target[]
function M.remote(input, remote)
  local at = place_of(input.dir)
  local list = git_config.read(git_in(input.dir, {}), true)
  local is_name = not remote:find "[:/]"
  local out = {}
  for _, url in ipairs(git_config.urls(list, remote)) do
    if not is_path(url) then refuse_dots(url) end
    local target = is_path(url) and place.path("git", url, at and at.top or input.dir)
      or { category = "git", names = { without_user(url) } }
    if is_name then table.insert(target.names, 1, "remote=" .. remote) end
    out[#out + 1] = target
  end
  return out
end

--- The hooks of a repository that an effect runs: they are programs.
local function hooks_of(at, names)
  local out = {}
  for _, name in ipairs(names) do
    local path = at.hooks .. "/" .. name
    if sh.which(path) then table.move(place.program { argv = { path } }, 1, 1, #out + 1, out) end
  end
  return out
end

--- What an effect of git's asks `allow` about: the repository, and the hooks that it runs.
---@param hooks string[]  of https://git-scm.com/docs/githooks
---@return almanac.EffectAllow
function M.allow(hooks)
  return {
    category = "git",
    of = function(input)
      local at = place_of(input.dir)
      local out = targets_of(input.dir, at)
      local programs = at and hooks_of(at, hooks) or {}
      return table.move(programs, 1, #programs, #out + 1, out)
    end,
  }
end

--- The option that all functions have.
M.DIR = { dir = { "name", shown_default = "where almanac was started", help = "the working tree" } }

return M
