--- The use of a plan: a run may begin with it once, and while it is good.
local ages = require "almanac.base.age"
local binding = require "almanac.run.plan.binding"
local clusters = require "almanac.session.clusters"
local cluster_of = require "almanac.journal.cluster"
local config = require "almanac.config.file"
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local event = require "almanac.journal.event"
local files = require "almanac.run.plan.file"
local fingerprints = require "almanac.journal.fingerprint"
local holder = require "almanac.session.holder"
local plan_signatures = require "almanac.session.plan_signatures"
local process = require "native.process"
local rows = require "almanac.journal.row"
local settings = require "almanac.config.settings"
local shell_word = require "almanac.base.shell_word"
local states = require "almanac.journal.state"
local store = require "almanac.journal.store"
local task = require "native.task"

local M = {}

local function refuse(message, hint)
  errors.raise { kind = "refused", message = message, hint = hint }
end

--- Refuses a plan that is too old, or of which nobody can tell.
---@param plan table   as it was saved
---@param name string  of its file
---@param now_ms integer
function M.check_time(plan, name, now_ms)
  local again = string.format("make a new one, and have it reviewed: almanac plan %s … -o %s", plan.runbook, name)
  local good = settings.approval.plan_valid_for
  local age = ages.judge(plan.made_ms, now_ms, good)
  if age.ahead then
    refuse(string.format("%s is dated %s ahead of the clock of this machine", name, age.ahead),
      "set the clocks right, or make a new plan here")
  elseif age.old then
    refuse(string.format("%s was made %s ago; almanac.yaml lets a plan be used for %s", name, age.old, duration.format(good)), again)
  elseif plan.expires_ms and plan.expires_ms < now_ms then
    refuse(string.format("%s expired %s ago", name, duration.format((now_ms - plan.expires_ms) / 1000)), again)
  end
end

-- Files that decide what is believed or started.
local STARTED_WITH = { "config", "helm", "kubeconfig" }

--- Who made the plan does not choose the almanac.yaml by which it is judged, where whose signatures count stands, nor the helm
--- that is started, nor the kubeconfig, whose plugin is. Another one of the last two may be named here: the plan knows its cluster.
local function check_choice(plan, options)
  for _, key in ipairs(STARTED_WITH) do
    local with = (plan.choice or {})[key]
    local here = options[key] or key == "kubeconfig" and process.getenv "KUBECONFIG" or nil
    if with ~= nil and with ~= here and not (options[key] and key ~= "config") then
      errors.raise {
        kind = "refused", message = string.format("%s was made with --%s %s", options.plan, key, with),
        hint = string.format("where that is the file that you mean: almanac run --plan %s --%s %s", options.plan, key,
          shell_word.plain(with)),
      }
    end
  end
end

--- The plan that a run is started with. What it was made with, such as the environment, is that of the run too.
---@param options table  of the command line
---@return table plan
function M.open(options)
  local plan = files.read(options.plan)
  local planned, given = plan.environment, options.environment
  if given and given ~= planned then
    errors.raise {
      kind = "refused",
      message = string.format("%s was made for %s, not for %s", options.plan, planned and "environment " .. planned or "no environment",
        given),
      hint = string.format("leave -e away: the environment is that of the plan; or make one for %s: almanac plan %s -e %s", given,
        plan.runbook, given),
    }
  end
  check_choice(plan, options)
  config.restore(options, plan.choice or {})
  M.check_time(plan, options.plan, task.wall_ms())
  plan_signatures.check(plan, options.plan)
  return plan
end

--- Refuses to start a run with a plan that was made for something else.
---@param plan table
---@param book almanac.Runbook
---@param journalled table<string, any>  the parameters of the run
---@param anyway boolean?  see binding.check_start
function M.check_start(plan, book, journalled, anyway)
  binding.check_start(plan, book, journalled, anyway)
  clusters.check(plan)
end

--- What a plan is for, and was made with, for who is to approve it.
---@param plan table
---@return string[] lines
function M.place(plan)
  local lines, with = {}, {}
  for i, cluster in ipairs(plan.clusters or {}) do lines[i] = "Where: " .. cluster_of.text(cluster) end
  for _, key in ipairs(STARTED_WITH) do
    local chosen = (plan.choice or {})[key]
    if chosen then with[#with + 1] = string.format("--%s %s", key, shell_word.plain(chosen)) end
  end
  if with[1] then lines[#lines + 1] = "Made with: " .. table.concat(with, " ") end
  return lines
end

--- What a run says that cannot tell whether secrets are the planned ones; nil where it can, or there are none.
---@param plan table
---@param name string  of its file
---@return string?
function M.unsure(plan, name)
  if not fingerprints.is_foreign(plan) then return nil end
  return string.format("whether secrets have the planned values cannot be told: the key for that, %s, is not the one that %s was "
    .. "made with; all else is compared", settings.store .. "/key", name)
end

--- Whether a run of before its plan was noted in its row keeps to the plan.
local function was_bound(journal, id, digest)
  for one in event.each(journal, id, "run.plan", digest) do
    if one.data.digest == digest then return true end
  end
  return false
end

--- The run that began with a plan.
local function user_of(journal, digest)
  for _, row in ipairs(journal:runs()) do
    local meta = rows.meta(row)
    if meta.plan == digest then return row.id end
    if meta.plan == nil and not meta.undoes and was_bound(journal, row.id, digest) then return row.id end
  end
end

--- Refuses a plan with which a run began.
---@param journal table
---@param plan table
---@param name string  of its file
function M.check_unused(journal, plan, name)
  local user = user_of(journal, plan.digest)
  if not user then return end
  refuse(string.format("%s was used by the run %s (%s); a plan is used once", name, user, states.status(journal, user)),
    string.format("go on with that run: almanac resume %s; or make a new plan: almanac plan %s … -o %s", store.words(user),
      plan.runbook, name))
end

--- Takes a plan for a run that is about to be created: of several processes one gets it. It is noted in the
--- run's row (meta.plan), and the lock under which it is taken is not needed any longer then.
---@param journal table
---@param plan table
---@param name string  of its file
---@param id string    of the run
---@return { release: fun() }
function M.claim(journal, plan, name, id)
  local lock = "plan/" .. plan.digest
  local ok, other = journal:lock_name(lock, holder.text(id))
  if not ok then refuse(string.format("%s is being used by another process: %s", name, holder.describe(other)), "a plan is used once") end
  M.check_unused(journal, plan, name)
  return { release = function() journal:unlock_name(lock) end }
end

return M
