--- git: what a release needs of a repository. Effects can tell afterwards whether they took place: a tag
--- and a pushed ref by where they point. git.commit has a file of its own.
---
---     local head = git.head()
---     git.tag { name = "v0.5.0-" .. head.short, message = "devnet release" }
---     git.push { ref = "refs/tags/v0.5.0-" .. head.short }
local arguments = require "almanac.host.arguments"
local effect = require "almanac.run.effect"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local git_paths = require "almanac.host.git_paths"
local reach = require "almanac.run.reach"
local repository = require "almanac.host.git_repository"
local step = require "almanac.run.step"
local tool = require "almanac.host.tool"

local M = {}

local git, maybe, commit_of, short = repository.git, repository.maybe, repository.commit_of, repository.short
local PUSH_TIMEOUT = 600 -- seconds

-- Ways to use git.
local TREE = { tree = true }
local REMOTE_LOOK = { remote = true }
local CHANGE = { changes = true, tree = true }
local PUSHING = { changes = true, remote = true }

local TAG_ALLOW = repository.allow { "reference-transaction" }
local PUSH_HOOKS = repository.allow { "pre-push", "reference-transaction" }
local CHECKOUT_ALLOW = repository.allow { "post-checkout", "post-index-change", "reference-transaction" }

--- What asks for the branch that is checked out.
local function branch_words()
  return arguments.new("git.head", "symbolic-ref", "--quiet", "--short", "HEAD")
end

-- What the functions take -------------------------------------------------------------------------

local DIR = repository.DIR
local HEAD = fields.declare("git.head", DIR)
local STATUS = fields.declare("git.status", DIR)
local RANGE = { "name", required = true, help = "such as v0.4.0..HEAD" }
local LOG = fields.declare("git.log", fields.with(DIR, { max = { "count", default = 100, help = "commits at most" } }), { at = 2 })
local REMOTE = fields.declare("git.remote", fields.with(DIR, {
  remote = { "name", default = "origin", help = "which" },
}), { at = 2 })
local REF = { "name", required = true, help = "a branch, or refs/tags/NAME" }
local PATH = { "name", required = true, help = "of a file, from the top of the repository" }
local FILE = fields.declare("git.file", fields.with(DIR, {
  ref = { "name", default = "HEAD", help = "the commit" },
}), { at = 2 })
local TAG = fields.declare("git.tag", fields.with(DIR, {
  name = { "name", required = true, help = "of the tag" },
  at = { "name", default = "HEAD", help = "the commit" },
  message = { "text", help = "makes an annotated tag" },
}))
local UNTAG = fields.declare("git.untag", fields.with(DIR, {
  name = { "name", required = true, help = "of the tag" },
  commit = { "name", required = true, help = "where it must be" },
}))
local PUSH = fields.declare("git.push", fields.with(DIR, {
  ref = { "name", required = true, help = "a branch, or refs/tags/NAME" },
  remote = { "name", default = "origin", help = "where to" },
}))
local CHECKOUT = fields.declare("git.checkout", fields.with(DIR, {
  ref = { "name", required = true, help = "a branch, a tag or a commit" },
}))

-- Reads ------------------------------------------------------------------------------------------

---@class almanac.git.Head
---@field commit string
---@field short string      its first 7 digits or more
---@field branch? string    absent when HEAD is detached
---@field tag? string       of this very commit
---@field clean boolean     no file differs from it

--- The commit that is checked out. A read.
function M.head(opts)
  step.require_read "git.head"
  local input = fields.check(HEAD, opts)
  local commit = commit_of("git.head", input, "HEAD")
  return {
    commit = commit, short = tool.read(git(input), arguments.new("git.head", "rev-parse", "--short"):word("the commit", commit)),
    branch = maybe(input, branch_words()),
    tag = maybe(input, arguments.new("git.head", "describe", "--tags", "--exact-match", "HEAD")),
    clean = tool.read(git(input, TREE), arguments.new("git.head", "status", "--porcelain")) == "",
  }
end

--- The files that differ from HEAD, as `git status --porcelain` lists them. A read.
function M.status(opts)
  step.require_read "git.status"
  local input = fields.check(STATUS, opts)
  return git_paths.status(git(input, TREE))
end

--- The commits of a range, newest first. A read.
function M.log(range, opts)
  step.require_read "git.log"
  local input = fields.check(LOG, opts)
  fields.value("git.log", "range", RANGE, range)
  local out = {}
  local words = arguments.new("git.log", "log", "--format=%H%x09%an%x09%at%x09%s"):option("--max-count", input.max)
    :flag("--end-of-options", true):word("range", range):flag("--", true)
  local text = tool.read(git(input), words)
  for commit, author, at, subject in (text .. "\n"):gmatch "(%x+)\t([^\t\n]*)\t(%d+)\t([^\n]*)\n" do
    out[#out + 1] = { commit = commit, author = author, at = math.tointeger(tonumber(at)), subject = subject }
  end
  return out
end

--- A file as a commit has it; nil where it has none of that name. A read.
function M.file(path, opts)
  step.require_read "git.file"
  local input = fields.check(FILE, opts)
  fields.value("git.file", "path", PATH, path)
  local object = commit_of("git.file", input, input.ref) .. ":" .. path
  local there = arguments.new("git.file", "rev-parse", "--verify", "--quiet", "--end-of-options"):word("path", object)
  if not maybe(input, there) then return nil end
  return tool.ask(git(input), arguments.new("git.file", "cat-file", "blob"):word("path", object)).stdout
end

--- Where a ref of a remote points, asked of the remote. A read.
local function remote_commit(input, who)
  local words = arguments.new(who or "git.push", "ls-remote", "--end-of-options"):word("remote", input.remote):word("ref", input.ref)
    :word("ref", input.ref .. "^{}")
  local text = tool.read(git(input, REMOTE_LOOK), words, { timeout = PUSH_TIMEOUT })
  local commit
  for found, ref in (text .. "\n"):gmatch "(%x+)\t([^\n]*)\n" do
    if ref == input.ref .. "^{}" then return found end
    if ref == input.ref then commit = found end
  end
  return commit
end

local function push_ref(ref)
  return ref:find "^refs/" and ref or "refs/heads/" .. ref
end

--- Where a branch or a tag of a remote points now; nil where it has none of that name. A read.
function M.remote(ref, opts)
  step.require_read "git.remote"
  local input = fields.check(REMOTE, opts)
  input.ref = push_ref(fields.value("git.remote", "ref", REF, ref))
  reach.require("git.remote", "read", repository.remote(input, input.remote))
  return remote_commit(input, "git.remote")
end

--- An earlier effect of the same plan, which has not taken place: what it would make is not there yet.
local function planned(op, input, fits)
  for _, entry in ipairs(step.planned()) do
    if entry.op == op and entry.input.dir == input.dir and not entry.nothing and not entry.would_fail and fits(entry.input) then
      return entry.input
    end
  end
end

--- Whether an earlier effect of the plan makes a commit, so that HEAD is another then.
local function head_moves(input)
  local function any() return true end
  return (planned("git.commit", input, any) or planned("git.revert", input, any)) ~= nil
end

-- git.tag ----------------------------------------------------------------------------------------

--- What tags may do: be made, and be taken back. They are not moved.
local function tagged(input)
  local words = arguments.new("git.tag", "rev-parse", "--verify", "--quiet")
  return maybe(input, words:word("name", "refs/tags/" .. input.name .. "^{commit}"))
end

local function refuse_moved(input, at, wanted)
  errors.raise {
    kind = "refused", message = string.format("the tag %s is at %s, not at %s", input.name, short(at), short(wanted)),
    hint = "others may have it already, so it is not moved: take another name, or delete it yourself",
  }
end

effect.define("git.tag", {
  input = function(raw) return fields.check(TAG, raw) end,
  observe = function(input)
    return { commit = commit_of("git.tag", input, input.at), tagged = tagged(input) }
  end,
  preview = function(input, before)
    local result = { name = input.name, commit = before.commit }
    if before.tagged == before.commit then
      return { summary = "already there", nothing = true, result = result,
        ground = { { ref = "git tag " .. input.name, object = before.tagged } } }
    end
    if before.tagged then refuse_moved(input, before.tagged, before.commit) end
    if input.at == "HEAD" and head_moves(input) then
      return { summary = "at the commit that is made before", ground = { { ref = "git HEAD", object = before.commit } } }
    end
    return {
      summary = string.format("at %s (%s)", short(before.commit), repository.subject_of(input, before.commit)), result = result,
      ground = { { ref = "git " .. input.at, object = before.commit } },
    }
  end,
  apply = function(input, ctx)
    local before = ctx.before
    local now = tagged(input)
    if now and now ~= before.commit then refuse_moved(input, now, before.commit) end
    if not now then
      local words = arguments.new("git.tag", "tag", "--no-sign"):flag("--annotate", input.message)
        :option("--message", input.message):word("name", input.name):word("the commit", before.commit)
      tool.run(git(input, CHANGE), words, ctx.id, { idempotent = true })
    end
    return { name = input.name, commit = before.commit }
  end,
  recover = function(input, ctx)
    if tagged(input) == ctx.before.commit then return "done", { name = input.name, commit = ctx.before.commit } end
    return "not_done"
  end,
  undo = function(input, _, ctx)
    if ctx.undo_to.tagged then return end
    effect.perform("git.untag", { name = input.name, commit = ctx.undo_to.commit, dir = input.dir })
  end,
  title = function(input) return "git tag " .. input.name end,
  allow = TAG_ALLOW,
})

--- Deletes a local tag, if it still is where it was put: what takes git.tag back.
effect.define("git.untag", {
  input = function(raw) return fields.check(UNTAG, raw) end,
  apply = function(input, ctx)
    local now = tagged(input)
    if now and now ~= input.commit then refuse_moved(input, now, input.commit) end
    local words = arguments.new("git.untag", "tag", "--delete"):word("name", input.name)
    if now then tool.run(git(input, CHANGE), words, ctx.id, { idempotent = true }) end
    return { name = input.name }
  end,
  recover = function() return "again" end, -- what is deleted already is left alone
  preview = function(input) return { nothing = tagged(input) == nil or nil } end,
  title = function(input) return "git tag --delete " .. input.name end,
  allow = TAG_ALLOW,
})

--- Makes a tag; one that is there already at that commit is taken for done. An effect; its undo deletes
--- the tag here (not where it was pushed to).
function M.tag(tag)
  return effect.perform("git.tag", tag)
end

-- git.push ---------------------------------------------------------------------------------------

--- The commit that a ref stands for, or will: "" when an earlier commit of the plan makes it.
local function commit_to_push(input)
  local tag = planned("git.tag", input, function(of) return "refs/tags/" .. of.name == input.ref end)
  if head_moves(input) and (tag and tag.at == "HEAD" or not tag and not input.ref:find "^refs/tags/") then return "" end
  if tag then return commit_of("git.push", tag, tag.at) end
  return commit_of("git.push", input, input.ref)
end

--- Where a remote leads, as git has it.
local function urls_of(input)
  local out = {}
  for i, target in ipairs(repository.remote(input, input.remote)) do out[i] = target.names[#target.names] end
  return table.concat(out, ", ")
end

--- The newest commit that both of two have among their own.
local function common_commit(input, a, b)
  return maybe(input, arguments.new("git.push", "merge-base"):word("the commit", a):word("the commit", b))
end

effect.define("git.push", {
  input = function(raw)
    local input = fields.check(PUSH, raw)
    input.ref = push_ref(input.ref)
    return input
  end,
  observe = function(input)
    return { commit = commit_to_push(input), there = remote_commit(input) }
  end,
  preview = function(input, before)
    if before.commit == "" then return { summary = "with the commit that is made before" } end
    local result = { ref = input.ref, commit = before.commit }
    local urls = urls_of(input)
    local ground = { { ref = input.ref, object = before.commit }, { ref = input.ref .. " of " .. input.remote, object = before.there },
      { ref = "where " .. input.remote .. " leads", object = urls, is_read = true } }
    if before.there == before.commit then return { summary = "already there", nothing = true, result = result, ground = ground } end
    return {
      summary = string.format("%s to %s, where %s is %s", short(before.commit), urls, input.remote,
        before.there and "at " .. short(before.there) or "without it"),
      result = result, ground = ground,
    }
  end,
  apply = function(input, ctx)
    -- What was looked at is pushed, and only over what was seen there.
    local object = tool.read(git(input), arguments.new("git.push", "rev-parse", "--verify"):word("ref", input.ref))
    local fast_forward = not ctx.before.there or not input.ref:find "^refs/heads/"
      or common_commit(input, ctx.before.there, object) == ctx.before.there
    if not fast_forward then
      errors.raise {
        kind = "refused", message = string.format("%s of %s has commits that %s has not", input.ref, input.remote, short(object)),
        hint = "git fetch and merge them first; nothing is pushed over others' commits",
      }
    end
    local words = arguments.new("git.push", "push", "--porcelain")
      :option("--force-with-lease", input.ref .. ":" .. (ctx.before.there or "")):word("remote", input.remote)
      :word("ref", object .. ":" .. input.ref)
    tool.run(git(input, PUSHING), words, ctx.id, { timeout = PUSH_TIMEOUT, idempotent = true })
    return { ref = input.ref, commit = ctx.before.commit }
  end,
  recover = function(input, ctx)
    if remote_commit(input) == ctx.before.commit then return "done", { ref = input.ref, commit = ctx.before.commit } end
    return "not_done"
  end,
  title = function(input) return string.format("git push %s %s", input.remote, input.ref) end,
  allow = {
    category = "git",
    of = function(input)
      local out, here = repository.remote(input, input.remote), PUSH_HOOKS.of(input)
      return table.move(here, 1, #here, #out + 1, out)
    end,
  },
})

--- Pushes a branch or a tag; never over commits that are not in it. An effect.
function M.push(push)
  return effect.perform("git.push", push)
end

-- git.checkout -----------------------------------------------------------------------------------

local function refuse_dirty(input)
  local text = tool.read(git(input, TREE), arguments.new("git.checkout", "status", "--porcelain", "--untracked-files=no"))
  if text == "" then return end
  errors.raise {
    kind = "refused", message = "files were edited and not committed: " .. text:gsub("\n", ", "),
    hint = "commit or stash them; a checkout would mix them into another version",
  }
end

effect.define("git.checkout", {
  input = function(raw) return fields.check(CHECKOUT, raw) end,
  observe = function(input)
    return {
      commit = commit_of("git.checkout", input, input.ref), head = commit_of("git.checkout", input, "HEAD"),
      branch = maybe(input, branch_words()),
    }
  end,
  preview = function(input, before)
    refuse_dirty(input)
    local result = { ref = input.ref, commit = before.commit }
    local ground = not head_moves(input) and { { ref = "git " .. input.ref, object = before.commit } } or nil
    if before.head == before.commit then return { summary = "already there", nothing = true, result = result, ground = ground } end
    return { summary = string.format("from %s to %s", short(before.head), short(before.commit)), result = result, ground = ground }
  end,
  apply = function(input, ctx)
    refuse_dirty(input)
    local words = arguments.new("git.checkout", "checkout", "--quiet"):word("ref", input.ref):flag("--", true)
    tool.run(git(input, CHANGE), words, ctx.id, { idempotent = true })
    return { ref = input.ref, commit = ctx.before.commit }
  end,
  recover = function(input, ctx)
    if commit_of("git.checkout", input, "HEAD") == ctx.before.commit then
      return "done", { ref = input.ref, commit = ctx.before.commit }
    end
    return "not_done"
  end,
  undo = function(input, _, ctx)
    effect.perform("git.checkout", { ref = ctx.undo_to.branch or ctx.undo_to.head, dir = input.dir })
  end,
  title = function(input) return "git checkout " .. input.ref end,
  allow = CHECKOUT_ALLOW,
})

--- Checks a branch, a tag or a commit out; refused while files are edited. An effect; its undo goes back.
function M.checkout(checkout)
  return effect.perform("git.checkout", checkout)
end

return M
