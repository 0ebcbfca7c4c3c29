--- The effects helm.rollback and helm.uninstall.
---
--- helm rollback takes no description, so a rollback of ours is known by its intent: the revision
--- before, plus one, described as "Rollback to N".
local cli = require "almanac.helm.cli"
local effect = require "almanac.run.effect"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local history = require "almanac.helm.history"
local manifests = require "almanac.helm.manifest"
local parse = require "almanac.helm.parse"
local previews = require "almanac.helm.preview"
local process = require "almanac.helm.process"
local reach = require "almanac.run.reach"
local records = require "almanac.helm.records"
local renders = require "almanac.helm.render"
local repair = require "almanac.helm.repair"
local scopes = require "almanac.helm.scope"
local step = require "almanac.run.step"
local survivors = require "almanac.run.survivors"
local way_back = require "almanac.helm.way_back"

local M = {}

local DEFAULT_TIMEOUT = 600 -- seconds

local function timeout_of(input)
  return string.format("%ds", math.ceil(input.timeout))
end

-- Rollback ---------------------------------------------------------------------------------------

local ROLLBACK = fields.declare("helm.rollback", fields.with(cli.target_fields, {
  revision = {
    "count", required = true, words = "the number of the revision to go back to",
    help = "helm.previous_good { release = …, namespace = … } finds it: its field revision",
  },
  timeout = { "seconds", default = DEFAULT_TIMEOUT, help = "for hooks" },
}))

local function normalise(raw)
  local input, opts = cli.input(ROLLBACK, raw)
  input.revision, input.timeout = opts.revision, opts.timeout
  return input
end

local function check_target(input, list)
  if history.find(list, input.revision) then return end
  local numbers = {}
  for _, revision in ipairs(list) do numbers[#numbers + 1] = revision.revision end
  errors.raise {
    kind = "not_found",
    message = #list == 0 and string.format("helm.rollback: there is no release %s in namespace %s", input.release,
      input.namespace) or string.format("helm.rollback: release %s has no revision %d", input.release, input.revision),
    hint = #list > 0 and "helm keeps these revisions: " .. table.concat(numbers, ", ") or nil,
  }
end

--- A rollback is what cures a pending release, and helm lets it run into a live upgrade: so look.
local function check_not_live(input, list)
  local top = list[#list]
  if not parse.is_pending(top.status) then return end
  local all = records.list(input)
  for _, record in ipairs(all) do
    local id = record.revision == top.revision and repair.maker(all, record)
    if id and #survivors.of(id) > 0 then
      errors.raise {
        kind = "busy",
        message = string.format("release %s: revision %d is %s, and the helm that makes it still runs (process %s)",
          input.release, top.revision, top.status, table.concat(survivors.of(id), ", ")),
        hint = "let it finish or end it, then go on",
      }
    end
  end
  step.note(string.format("revision %d of %s is %s: the rollback supersedes it", top.revision, input.release,
    top.status))
end

--- What `allow` does not name is refused before helm touches the first object of a revision that it keeps.
local function check_objects(who, input, before, revision, operation)
  if not reach.is_asked() then return end
  local rendering = renders.stored(input, revision)
  local old = revision == before and {} or renders.objects_of(records.release(input, before, who))
  local come, go = renders.hook_objects(rendering, operation), old
  if operation == "delete" then go = rendering.objects else come = manifests.join(rendering.objects, come) end
  scopes.require(who, input, come, go)
end

local function apply(input, ctx)
  cli.version()
  local list = history.list(input)
  check_target(input, list)
  check_not_live(input, list)
  check_objects("helm.rollback", input, ctx.before.revision, input.revision, "rollback")
  local args = cli.arguments("helm.rollback", input.namespace, "rollback"):option("--timeout", timeout_of(input))
    :word("release", input.release):word("revision", tostring(input.revision))
  process.run(input, ctx, "helm rollback " .. input.release, args:list(), ctx.before.revision + 1)
  local now = history.list(input)
  return history.public(now[#now])
end

--- What became of a rollback of which only the intent is known.
---@param list almanac.HelmRevision[]
---@param before integer revision before it
---@param target integer revision it goes back to
---@return "done"|"failed"|"pending"|"nothing"|"other"
---@return almanac.HelmRevision?
function M.verdict(list, before, target)
  local top = list[#list]
  if not top or top.revision <= before then return "nothing", top end
  local ours = history.find(list, before + 1)
  if not ours then return "other", top end
  if parse.is_pending(ours.status) and ours == top then return "pending", ours end
  if ours.description == "Rollback to " .. target and not parse.is_pending(ours.status)
    and ours.status ~= "failed" then
    return "done", ours
  end
  if ours.status == "failed" and ours == top then return "failed", ours end
  return "other", top
end

local function recover(input, ctx)
  history.check_driver(ctx.before)
  survivors.wait(ctx.id, "helm rollback " .. input.release, input.timeout)
  local verdict, revision = M.verdict(history.list(input), ctx.before.revision, input.revision)
  if verdict == "done" then return "done", history.public(revision) end
  if verdict == "pending" then
    repair.settle(input, revision.revision, ctx.id)
    return "again"
  end
  if verdict == "nothing" then return "not_done" end
  if verdict == "failed" then return "again" end
  return "unknown", string.format("release %s is at revision %d (%s: %s), which this rollback did not make",
    input.release, revision.revision, revision.status, revision.description)
end

local function undo(input, _, ctx)
  if history.observe(input).revision == ctx.undo_to.revision then return end
  way_back.take(input, ctx.undo_to, "rollback")
end

effect.define("helm.rollback", {
  input = normalise, observe = history.observe, apply = apply, recover = recover, undo = undo,
  holds = history.holds,
  title = function(input)
    return string.format("helm rollback %s to revision %d", input.release, input.revision)
  end,
  allow = { category = "helm", of = function(input) return { scopes.of(input) } end },
  preview = function(input, before)
    check_target(input, history.list(input))
    return previews.rollback(input, before)
  end,
}, { predicts = previews.predicts })

-- Uninstall --------------------------------------------------------------------------------------

local function is_gone(before)
  return before.revision == 0 or before.status == "uninstalled"
end

local UNINSTALL = fields.declare("helm.uninstall", fields.with(cli.target_fields, {
  keep_history = { "flag", help = "its records stay" },
  timeout = { "seconds", default = DEFAULT_TIMEOUT, help = "for hooks" },
  description = { "string", help = "shown in the history, followed by the effect's mark" },
}))

effect.define("helm.uninstall", {
  input = function(raw)
    local input, opts = cli.input(UNINSTALL, raw)
    input.keep_history, input.description, input.timeout = opts.keep_history or nil, opts.description, opts.timeout
    return input
  end,
  title = function(input) return "helm uninstall " .. input.release end,
  allow = { category = "helm", of = function(input) return { scopes.of(input) } end },
  observe = history.observe,
  holds = function(input) return history.holds(input) end,
  preview = previews.uninstall,
  apply = function(input, ctx)
    cli.version()
    if is_gone(ctx.before) then return { removed = false } end
    check_objects("helm.uninstall", input, ctx.before.revision, ctx.before.revision, "delete")
    local args = cli.arguments("helm.uninstall", input.namespace, "uninstall")
      :option("--description", (input.description or "Uninstallation complete") .. " " .. parse.mark(ctx.id))
      :option("--timeout", timeout_of(input)):flag("--keep-history", input.keep_history):word("release", input.release)
    process.run(input, ctx, "helm uninstall " .. input.release, args:list(), ctx.before.revision)
    return { removed = true, revision = ctx.before.revision }
  end,
  recover = function(input, ctx)
    history.check_driver(ctx.before)
    survivors.wait(ctx.id, "helm uninstall " .. input.release, input.timeout)
    if not is_gone(history.observe(input)) then return "again" end -- "uninstalling" is gone on with
    return "done", { removed = true, revision = ctx.before.revision }
  end,
}, { predicts = { "removed", "revision" } })

return M
