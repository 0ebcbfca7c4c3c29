--- The clusters of a run and of a plan: where it was made, whether it would go there still, and what is said where it would
--- not. What is kept of each is in journal/cluster.lua.
local approval = require "almanac.journal.approval"
local client = require "almanac.k8s.client"
local cluster = require "almanac.journal.cluster"
local errors = require "almanac.base.errors"
local events = require "almanac.journal.event"
local interrupt = require "almanac.base.interrupt"
local rows = require "almanac.journal.row"
local settings = require "almanac.config.settings"
local task = require "native.task"

local M = {}

local function reading(fn, ...)
  return task.with({ permit = "read" }, errors.try, fn, ...)
end

--- The clusters that this process has spoken with, for the plan. One that cannot be reached any more is left out: what was
--- read of it is what the plan says of it.
---@return almanac.Cluster[]
function M.used()
  local out = {}
  for _, asked in ipairs(client.contexts()) do
    local ok, seen = reading(client.cluster, asked or nil)
    if ok then
      out[#out + 1] = { -- its file may lie elsewhere
        asked = seen.asked, context = seen.context, server = seen.server, uid = seen.uid, namespace = seen.namespace,
      }
    elseif interrupt.of(seen) then
      error(seen, 0)
    end
  end
  return out
end

--- What names no namespace is in that of the plan, or of the run, as it was.
---@param known almanac.Cluster
local function keep_namespace(known)
  settings.namespaces[known.asked or ""] = known.namespace
end

--- Refuses to go on where a context leads to another cluster than when the plan was made.
---@param plan table         as it was saved
---@param ways? string[]     how to go on with a run of it; nil: it is not begun yet
function M.check(plan, ways)
  for _, planned in ipairs(plan.clusters or {}) do
    local ok, now = reading(client.cluster, planned.asked)
    if not ok then error(now, 0) end
    if not cluster.is_same(planned, now) or (planned.context or "") ~= (now.context or "") then
      local hint = ways and table.move(ways, 1, #ways, 2, { "choose the planned one: --kubeconfig, --context" })
        or string.format("choose the planned one (--kubeconfig, --context, -e), or make a plan for this: almanac plan %s", plan.runbook)
      errors.raise {
        kind = "refused",
        message = string.format("the plan was made for the cluster %s; this would be %s", cluster.text(planned), cluster.text(now)),
        hint = hint,
      }
    end
    keep_namespace(planned)
  end
end

--- For how long a cluster is asked who it is on behalf of a question, in seconds: the run may well need none.
local PATIENCE = 5

--- Binds a run to the cluster that it would go to, before it is asked about that. Where answers are signed the cluster is
--- asked who it is: another one may lie behind its URL by the time the run goes on. One that does not answer is only named.
---@param run almanac.Run
function M.name(run)
  local known, found, now = cluster.of(run), false, nil
  if known and (known.uid or not run.approvals) then return end
  if run.approvals then
    found, now = reading(client.cluster, nil, PATIENCE)
    if not found and interrupt.of(now) then error(now, 0) end
  end
  if not found and not known then found, now = reading(client.cluster_named) end
  if found then cluster.hold(run, now) end
end

--- What a run is bound to, and what the runs that it made are, by the context that was asked for: it goes on with them, makes
--- more of them, or takes them back.
local function bound_of(journal, id, replay)
  local found, family, all = {}, { [id] = true }, journal and journal:runs() or {}
  for i = #all, 1, -1 do -- the oldest first: what the newest is bound to counts
    local caller = rows.meta(all[i]).caller
    if caller and family[caller.run] then
      family[all[i].id] = true
      for event in events.each(journal, all[i].id, "cluster") do found[event.data.asked or ""] = event.data end
    end
  end
  for asked, known in pairs(replay.clusters) do found[asked] = known end
  return found
end

local function can_open(kubeconfig, context)
  return (reading(client.open, { kubeconfig = kubeconfig, context = context, is_own = true }))
end

--- Goes by the context that the run began with, its namespace, and its kubeconfig, whatever is the current one by now, where they are there
--- still; what the command line names goes before.
---@param run { id: string, journal: table?, replay: almanac.Replay }
---@param options table  of the command line
function M.pin(run, options)
  local bound = bound_of(run.journal, run.id, run.replay)
  for _, known in pairs(bound) do keep_namespace(known) end
  local own = bound[""]
  if not own or settings.rehearsal then return end
  local context = options.context or own.context
  for _, kubeconfig in ipairs { options.kubeconfig or own.kubeconfig or settings.kubeconfig or false, settings.kubeconfig or false } do
    if can_open(kubeconfig or nil, context) then
      settings.kubeconfig, settings.context = kubeconfig or nil, context
      return
    end
  end
end

--- Compares where a run was with where it would go on. A cluster that does not answer is compared when something is asked
--- of it; one that nothing was asked of yet, too.
---@param session almanac.Session
---@param run almanac.Run
---@param verb "resume"|"rollback"
---@return almanac.Cluster[] moved  where the operator goes on all the same, to be journalled by M.move
function M.check_run(session, run, verb)
  local reason, moved = session.options.other_cluster, {}
  for _, known in pairs(bound_of(session.journal, run.id, run.replay)) do
    local ok, now = reading(known.uid and client.cluster or client.cluster_named, known.asked)
    if not ok and (interrupt.of(now) or reason) then error(now, 0) end
    local is_other = ok and not cluster.is_same(known, now)
    if is_other and not reason and known.looked then cluster.refuse(run, known, now, verb) end
    if is_other and reason then
      now.why, now.by, now.looked = reason, approval.operator(), known.looked
      moved[#moved + 1] = now
      session.operator:say(string.format("! the run was on the cluster %s; it goes on on %s", cluster.text(known), cluster.text(now)))
    elseif ok and not is_other and known.looked and known.server ~= now.server then
      session.operator:say(string.format("! %s is the cluster that the run was on, which was at %s", cluster.text(now), known.server))
    end
  end
  if reason and not moved[1] then
    errors.raise {
      kind = "refused", message = string.format("--other-cluster: %s goes on on the cluster that it was on", run.id),
      hint = "leave it away; or name the other one: --context NAME, --kubeconfig FILE",
    }
  end
  return moved
end

--- Journals that a run goes on on other clusters.
---@param run almanac.Run  which is owned
---@param moved almanac.Cluster[]
function M.move(run, moved)
  for _, now in ipairs(moved) do run:record("cluster", "", now) end
  if moved[1] then run:flush() end
end

return M
