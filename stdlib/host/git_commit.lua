--- git.commit: the changes of some paths. Its trailer proves it after a crash.
local effect = require "almanac.run.effect"
local fields = require "almanac.base.fields"
local git_paths = require "almanac.host.git_paths"
local repository = require "almanac.host.git_repository"
local step = require "almanac.run.step"
local tool = require "almanac.host.tool"

local M = {}

--- Trailer of our commits: https://git-scm.com/docs/git-interpret-trailers
local TRAILER = "Almanac-Effect"

local git, commit_of = repository.git, repository.commit_of

local COMMIT = fields.declare("git.commit", fields.with(repository.DIR, {
  message = { "text", required = true, help = "of the commit" },
  paths = { "texts", required = true, help = "files and directories, no patterns" },
}))

--- The commit since `before` that carries the effect's id.
local function commit_of_effect(input, before, id)
  return repository.maybe(input, { "log", "-1", "--format=%H", "--fixed-strings", "--grep=" .. TRAILER .. ": " .. id,
    before .. "..HEAD" })
end

--- Whether an earlier effect of this plan may make what is not there now: any that is not git's own.
local function changes_before()
  for _, entry in ipairs(step.planned()) do
    if not entry.op:find "^git%." and not entry.nothing then return true end
  end
  return false
end

effect.define("git.commit", {
  input = function(raw) return fields.check(COMMIT, raw) end,
  observe = function(input) return { commit = commit_of("git.commit", input, "HEAD") } end,
  preview = function(input, before)
    local changes = git_paths.changes(git(input), input.paths)
    if changes.lost then
      if not changes_before() then git_paths.refuse("git.commit", git(input), changes.lost) end
      return { summary = changes.lost.path .. " " .. changes.lost.why .. " yet" }
    end
    if #changes.entries == 0 then
      return { summary = "nothing to commit", nothing = true, result = { commit = before.commit, changed = false } }
    end
    local lines = {}
    for i, entry in ipairs(changes.entries) do lines[i] = entry.status .. " " .. entry.path end
    return { summary = table.concat(lines, ", "), ground = { { ref = "git HEAD", object = before.commit } } }
  end,
  apply = function(input, ctx)
    local changes = git_paths.changes(git(input), input.paths)
    if changes.lost then git_paths.refuse("git.commit", git(input), changes.lost) end
    if #changes.entries == 0 then return { commit = ctx.before.commit, changed = false } end
    local paths = table.move(changes.paths, 1, #changes.paths, 2, { "--" })
    local commit = { "commit", "--quiet", "--no-gpg-sign", "--message", input.message, "--trailer", TRAILER .. ": " .. ctx.id }
    tool.run(git(input), table.move(paths, 1, #paths, 3, { "add", "--all" }), ctx.id, { idempotent = true })
    tool.run(git(input), table.move(paths, 1, #paths, #commit + 1, commit), ctx.id)
    return { commit = commit_of("git.commit", input, "HEAD"), changed = true }
  end,
  recover = function(input, ctx)
    local commit = commit_of_effect(input, ctx.before.commit, ctx.id)
    if commit then return "done", { commit = commit, changed = true } end
    return "not_done"
  end,
  title = function(input) return "git commit: " .. input.message:match "^[^\n]*" end,
  allow = repository.allow,
})

--- Commits the changes of some paths; when there are none it does nothing. An effect.
function M.commit(commit)
  return effect.perform("git.commit", commit)
end

return M
