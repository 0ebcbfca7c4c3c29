--- Paths that are handed to git, each taken as it is written: without being told otherwise git reads
--- ":!notes.txt" as "everything but", and "*.txt" as a pattern.
--- https://git-scm.com/docs/gitglossary#Documentation/gitglossary.txt-aiddefpathspecapathspec
local arguments = require "almanac.host.arguments"
local errors = require "almanac.base.errors"
local fs = require "native.fs"
local place = require "almanac.host.place"
local sha256 = require("native.digest").sha256
local tool = require "almanac.host.tool"

local M = {}

--- What git is told about paths; part of the environment of every git that is started.
M.env = { GIT_LITERAL_PATHSPECS = "1" }

---@class almanac.git.Change
---@field status string  two letters, as `git status --porcelain` has them
---@field path string    from the top of the repository

--- The entries of `git status`, of all files or of some paths.
---@param git almanac.Tool
---@param path? string
---@param ignored? boolean  those that .gitignore names, too
---@param each? boolean     each file of a directory of which git knows nothing, in the place of the directory
---@return almanac.git.Change[]
function M.status(git, path, ignored, each)
  local out = {}
  local words = arguments.new("git", "status", "--porcelain", "-z", "--no-renames"):flag("--ignored", ignored)
    :flag("--untracked-files=all", each)
  if path then words:rest("paths", { path }) end
  local text = tool.ask(git, words).stdout
  for entry in text:gmatch "%Z+" do out[#out + 1] = { status = entry:sub(1, 2), path = entry:sub(4) } end
  return out
end

local function is_there(git, path)
  if path:sub(1, 1) ~= "/" and git.cwd then path = git.cwd .. "/" .. path end
  return fs.exists(path)
end

--- Whether a path lies in the repository: what is elsewhere, git commits nothing of, and is not looked at.
local function is_inside(git, path)
  local top = place.resolve((tool.ask(git, arguments.new("git", "rev-parse", "--show-toplevel")).stdout:gsub("\n$", "")))
  local parent = place.resolve(path:match "^(.*)/[^/]*$" or ".", git.cwd)
  return parent == top or parent:sub(1, #top + 1) == top .. "/"
end

--- Why git would commit nothing of an unchanged path; nil when there is no reason but that.
local function complaint(git, path)
  if tool.ask(git, arguments.new("git", "ls-files", "-z"):rest("paths", { path })).stdout ~= "" then return nil end
  if not is_inside(git, path) then return "lies outside of the repository" end
  if not is_there(git, path) then return "is not there" end
  local ignored = M.status(git, path, true)
  if #ignored > 0 then return "is ignored by .gitignore" end
end

---@class almanac.git.Changes
---@field entries almanac.git.Change[]  what would be committed
---@field paths string[]                those of the paths that hold it
---@field lost { path: string, why: string }?  a path that git knows nothing of

--- What there is to commit in some paths.
---@param git almanac.Tool
---@param paths string[]
---@return almanac.git.Changes
function M.changes(git, paths)
  local out = { entries = {}, paths = {} }
  for _, path in ipairs(paths) do
    local entries = M.status(git, path)
    local why = #entries == 0 and complaint(git, path)
    if why then out.lost = out.lost or { path = path, why = why } end
    if #entries > 0 then out.paths[#out.paths + 1] = path end
    table.move(entries, 1, #entries, #out.entries + 1, out.entries)
  end
  return out
end

--- What is in a file of the working tree, as a text that another content does not have.
local function content_of(path)
  local leads = fs.leads(path)
  if leads then return "-> " .. leads end
  local there = fs.stat(path)
  if not there or there.type ~= "file" then return there and there.type or "absent" end
  local ok, digest = errors.try(fs.digest, path)
  return string.format("%o %s", there.mode & 64, ok and digest or there.size .. " bytes of " .. there.mtime) -- 64: its owner may run it
end

--- A digest of what there is to commit in some paths: which files, and what is in them.
---@param git almanac.Tool
---@param paths string[]
---@return string
function M.digest(git, paths)
  local top = tool.read(git, arguments.new("git", "rev-parse", "--show-toplevel")):gsub("\n$", "")
  local lines = {}
  for _, path in ipairs(paths) do
    for _, entry in ipairs(M.status(git, path, nil, true)) do
      lines[#lines + 1] = string.format("%s %s %q", entry.status, content_of(top .. "/" .. entry.path), entry.path)
    end
  end
  return sha256(table.concat(lines, "\n"))
end

--- Raises kind "not_found" for a path that git knows nothing of: a commit without it is not what was meant.
---@param who string
---@param git almanac.Tool
---@param lost { path: string, why: string }
function M.refuse(who, git, lost)
  errors.raise {
    kind = "not_found", message = string.format("%s: %s %s in %s", who, lost.path, lost.why, git.cwd or "this repository"),
    hint = "paths are files and directories as they are written, not patterns; nothing was committed",
  }
end

return M
