--- git.commit: the changes of some paths; git.revert: a commit that takes one back. What each made is found after a
--- crash: by a trailer, and by the line that git itself writes.
local arguments = require "almanac.host.arguments"
local effect = require "almanac.run.effect"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local git_paths = require "almanac.host.git_paths"
local place = require "almanac.host.place"
local repository = require "almanac.host.git_repository"
local step = require "almanac.run.step"
local tool = require "almanac.host.tool"
local unknown = require "almanac.base.unknown"

local M = {}

--- Trailer of our commits: https://git-scm.com/docs/git-interpret-trailers
local TRAILER = "Almanac-Effect"

local git, commit_of, short = repository.git, repository.commit_of, repository.short

local TREE = { tree = true }
local CHANGE = { changes = true, tree = true }

local ALLOW = repository.allow {
  "pre-commit", "prepare-commit-msg", "commit-msg", "post-commit", "post-index-change", "post-rewrite", "reference-transaction",
}

local COMMIT = fields.declare("git.commit", fields.with(repository.DIR, {
  message = { "text", required = true, help = "of the commit" },
  paths = { "texts", required = true, help = "files and directories, no patterns" },
}))

local REVERT = fields.declare("git.revert", fields.with(repository.DIR, {
  commit = { "name", required = true, help = "that is taken back" },
}))

--- The newest commit since `before` whose message holds a text.
local function commit_that_says(input, before, text)
  local words = arguments.new("git", "log", "-1", "--format=%H", "--fixed-strings"):option("--grep", text)
  return repository.maybe(input, words:word("the commit", before .. "..HEAD"))
end

local function result_of(input, commit, changed)
  local words = arguments.new("git", "rev-parse", "--short"):word("the commit", commit)
  return { commit = commit, short = tool.read(git(input), words), changed = changed }
end

--- What a plan knows of a commit that will be made.
local function to_be_made()
  local frame = step.current()
  local commit = unknown.new(frame and frame.path or "the commit")
  return { commit = commit, short = commit, changed = true }
end

--- Whether an earlier effect of this plan may make what is not there now: any that is not git's own.
local function changes_before()
  for _, entry in ipairs(step.planned()) do
    if not entry.op:find "^git%." and not entry.nothing then return true end
  end
  return false
end

--- Whether an earlier effect of this plan writes a file of the commit, or below one of its paths.
local function writes_before(input)
  for _, entry in ipairs(step.planned()) do
    local written = entry.op:find "^fs%." and not entry.nothing and place.resolve(entry.input.path)
    for _, path in ipairs(written and input.paths or {}) do
      local root = place.resolve(path, input.dir)
      if written == root or written:sub(1, #root + 1) == root .. "/" then return true end
    end
  end
  return false
end

local function overlap(a, b)
  a, b = a .. "/", b .. "/"
  return a:sub(1, #b) == b or b:sub(1, #a) == a
end

--- Whether an earlier effect of git in this plan may leave other changes to commit than there are now.
local function commits_before(input)
  for _, entry in ipairs(step.planned()) do
    local moves = not entry.nothing and (entry.op == "git.revert" or entry.op == "git.checkout")
    for _, path in ipairs(entry.op == "git.commit" and entry.input.paths or {}) do
      for _, own in ipairs(input.paths) do
        moves = moves or overlap(place.resolve(path, entry.input.dir), place.resolve(own, input.dir))
      end
    end
    if moves then return true end
  end
  return false
end

--- The branch that a commit is made on, and that it moves; one before it in the plan may be of another.
---@return almanac.GroundItem?
local function branch_of(input)
  for _, entry in ipairs(step.planned()) do
    if entry.op == "git.checkout" and not entry.nothing then return nil end
  end
  local branch = repository.maybe(input, arguments.new("git", "symbolic-ref", "--quiet", "HEAD"))
  return { ref = "the branch of git HEAD", object = branch or "none", is_read = true }
end

--- What a commit rests on: where it is made, and what is in the files, unless an effect before it may make that.
local function ground_of(input, before)
  local out = { { ref = "git HEAD", object = before.commit }, branch_of(input) }
  if changes_before() or commits_before(input) then return out end
  out[#out + 1] = { ref = "what is to be committed of " .. table.concat(input.paths, ", "), is_read = true,
    digest = git_paths.digest(git(input, TREE), input.paths) }
  return out
end

effect.define("git.commit", {
  input = function(raw) return fields.check(COMMIT, raw) end,
  observe = function(input) return { commit = commit_of("git.commit", input, "HEAD") } end,
  preview = function(input, before)
    local changes = git_paths.changes(git(input, TREE), input.paths)
    local ground = ground_of(input, before)
    if changes.lost then
      if not changes_before() then git_paths.refuse("git.commit", git(input, TREE), changes.lost) end
      return { summary = changes.lost.path .. " " .. changes.lost.why .. " yet", result = to_be_made(), ground = ground }
    end
    if #changes.entries == 0 then
      if writes_before(input) then return { summary = "what was changed before it", result = to_be_made(), ground = ground } end
      return { summary = "nothing to commit", nothing = true, result = result_of(input, before.commit, false),
        ground = table.move(ground, 2, #ground, 1, {}) }
    end
    local lines = {}
    for i, entry in ipairs(changes.entries) do lines[i] = entry.status .. " " .. entry.path end
    return { summary = table.concat(lines, ", "), result = to_be_made(), ground = ground }
  end,
  apply = function(input, ctx)
    local changes = git_paths.changes(git(input, TREE), input.paths)
    if changes.lost then git_paths.refuse("git.commit", git(input, TREE), changes.lost) end
    if #changes.entries == 0 then return result_of(input, ctx.before.commit, false) end
    local add = arguments.new("git.commit", "add", "--all"):rest("paths", changes.paths)
    local commit = arguments.new("git.commit", "commit", "--quiet", "--no-gpg-sign"):option("--message", input.message)
      :option("--trailer", TRAILER .. ": " .. ctx.id):rest("paths", changes.paths)
    tool.run(git(input, CHANGE), add, ctx.id, { idempotent = true })
    tool.run(git(input, CHANGE), commit, ctx.id)
    return result_of(input, commit_of("git.commit", input, "HEAD"), true)
  end,
  recover = function(input, ctx)
    local commit = commit_that_says(input, ctx.before.commit, TRAILER .. ": " .. ctx.id)
    if commit then return "done", result_of(input, commit, true) end
    return "not_done"
  end,
  undo = function(input, result)
    if result and result.changed then effect.perform("git.revert", { commit = result.commit, dir = input.dir }) end
  end,
  title = function(input) return "git commit: " .. input.message:match "^[^\n]*" end,
  allow = ALLOW,
}, { predicts = { "changed" } })

--- Commits the changes of some paths; when there are none it does nothing. An effect; its undo reverts it.
function M.commit(commit)
  return effect.perform("git.commit", commit)
end

-- git.revert -------------------------------------------------------------------------------------

local function reverted_by(input, ctx)
  return commit_that_says(input, ctx.before.head, "This reverts commit " .. ctx.before.commit)
end

effect.define("git.revert", {
  input = function(raw) return fields.check(REVERT, raw) end,
  observe = function(input)
    return { commit = commit_of("git.revert", input, input.commit), head = commit_of("git.revert", input, "HEAD") }
  end,
  preview = function(input, before)
    return { summary = string.format("%s (%s)", short(before.commit), repository.subject_of(input, before.commit)), result = to_be_made(),
      ground = { { ref = "git HEAD", object = before.head }, branch_of(input) } }
  end,
  apply = function(input, ctx)
    local words = arguments.new("git.revert", "revert", "--no-edit", "--no-gpg-sign"):word("commit", ctx.before.commit)
    local ok, err = errors.try(tool.run, git(input, CHANGE), words, ctx.id)
    if not ok then
      tool.ask(git(input, CHANGE), arguments.new("git.revert", "revert", "--abort"), { ok = { [1] = true, [128] = true } })
      err.hint = "files were changed since, or are being edited: revert " .. short(ctx.before.commit) .. " yourself"
      error(err, 0)
    end
    return result_of(input, commit_of("git.revert", input, "HEAD"), true)
  end,
  recover = function(input, ctx)
    local commit = reverted_by(input, ctx)
    if commit then return "done", result_of(input, commit, true) end
    return "not_done"
  end,
  title = function(input) return "git revert " .. input.commit:sub(1, 12) end,
  allow = ALLOW,
})

--- Takes a commit back by another. An effect.
function M.revert(revert)
  return effect.perform("git.revert", revert)
end

return M
