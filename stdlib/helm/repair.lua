--- A release left pending by a helm that died: whose it was, and how it is taken out of the way.
---
--- helm refuses to upgrade a release whose newest revision is pending. `helm rollback` clears it at
--- the price of one more revision and one more roll-out; deleting the record of the pending
--- revision costs neither, and the next upgrade starts from the revision before it. The record is
--- the Secret sh.helm.release.v1.<release>.v<revision>, written before helm touches anything else.
---
--- Whose it was: our upgrades label their record with the effect's id and this machine's name. helm
--- hands labels on from revision to revision, so a label counts only where it appears first.
local confirm = require "almanac.run.confirm"
local effect = require "almanac.run.effect"
local errors = require "almanac.base.errors"
local duration = require "almanac.base.duration"
local events = require "almanac.journal.event"
local fs = require "native.fs"
local parse = require "almanac.helm.parse"
local process = require "native.process"
local records = require "almanac.helm.records"
local settings = require "almanac.config.settings"
local states = require "almanac.journal.state"
local scopes = require "almanac.helm.scope"
local step = require "almanac.run.step"
local store = require "almanac.journal.store"
local survivors = require "almanac.run.survivors"
local task = require "native.task"

local M = {}

local RUNS_READ = 200 -- newest runs of the journal in which an effect is looked for

M.EFFECT_LABEL = "almanac-effect"
M.HOST_LABEL = "almanac-host"

--- This machine's name as the value of a label.
function M.host()
  local name = process.hostname():gsub("[^%w%-_%.]", "-"):sub(1, 63):gsub("^[^%w]+", ""):gsub("[^%w]+$", "")
  return name ~= "" and name or "unknown"
end

--- helm's --labels for a record of ours.
---@param id string effect id
---@return string
function M.labels(id)
  return string.format("%s=%s,%s=%s", M.EFFECT_LABEL, id, M.HOST_LABEL, M.host())
end

--- The effect and the machine that made a record, or nil: the label was inherited, or there is none.
---@param list almanac.HelmRecord[] oldest first
---@param record almanac.HelmRecord
---@return string? id
---@return string? host
function M.maker(list, record)
  local id = record.labels[M.EFFECT_LABEL]
  if not id then return nil end
  for _, other in ipairs(list) do
    if other.revision < record.revision and other.labels[M.EFFECT_LABEL] == id then return nil end
  end
  return id, record.labels[M.HOST_LABEL]
end

local function age_of(record)
  return record.created and math.max(0, task.wall_ms() / 1000 - record.created)
end

local function refuse(target, record, holder)
  local age = age_of(record)
  errors.raise {
    kind = "busy",
    message = string.format("release %s: revision %d is %s%s, made by %s", target.release, record.revision,
      record.status, age and " since " .. duration.format(age) or "", holder),
    hint = string.format("let it finish. If that helm is dead: almanac run repair release=%s, then go on; or helm " ..
      "rollback %s --namespace %s (to the last good revision)", target.release, target.release, target.namespace),
    revision = record.revision, status = record.status, age = age,
  }
end

--- The run of this directory's journal that an effect belongs to, and how that run stands.
---@param id string effect id
---@return string? run
---@return string? status
local function run_of(id)
  if not fs.exists(settings.store .. "/journal.db") then return nil end
  local frame = step.current()
  local own = frame and frame.run.journal
  local journal = own or store.open "ro"
  local closed <close> = not own and journal or nil -- luacheck: ignore 211
  for i, row in ipairs(journal:runs()) do
    if i > RUNS_READ then break end
    for one in events.each(journal, row.id, "effect.intent", id) do
      if one.data.id == id then return row.id, states.summary(journal, row.id).status end
    end
  end
end

local function maker_words(id, host)
  if not id then return "another helm" end
  local run, status = run_of(id)
  if run then return string.format("effect %s of run %s (%s)", id, run, status) end
  return string.format("effect %s of almanac on %s", id, host or "another machine")
end

--- Whether the newest revision of a release may be repaired; raises kind "refused" unless it is pending, and
--- "busy" when the helm that makes it works or may work still.
---@param input { release: string, namespace: string, min_age: number }
---@return { record: almanac.HelmRecord, ours: boolean, words: string, question: string }
local function examine(input)
  local list = records.list(input)
  local top = list[#list]
  if not top or not parse.is_pending(top.status) then
    errors.raise {
      kind = "refused",
      message = top and string.format("helm.repair: revision %d of release %s is %s, not pending: there is nothing to repair",
        top.revision, input.release, top.status) or string.format("helm.repair: there is no release %s in namespace %s",
        input.release, input.namespace),
      hint = top and "helm.upgrade and helm.rollback work on it as it is" or nil,
    }
  end
  local id, host = M.maker(list, top)
  local pids = id and survivors.of(id) or {}
  local maker, age = maker_words(id, host), age_of(top) or 0
  local words = string.format("revision %d of release %s is %s since %s, made by %s", top.revision, input.release,
    top.status, duration.format(age), maker)
  local ours = id ~= nil and host == M.host()
  if #pids > 0 then
    errors.raise { kind = "busy", message = string.format("helm.repair: %s, which still runs (process %s)", words,
      table.concat(pids, ", ")), hint = "let it finish, or end it (kill " .. table.concat(pids, " ") .. ") and look again" }
  end
  if not ours and age < input.min_age then
    errors.raise {
      kind = "busy", age = age,
      message = string.format("helm.repair: %s: that helm may be at work still", words),
      hint = string.format("look for it where it was started; it counts as dead after %s. When you know that it is " ..
        "dead: min_age = \"0s\" (almanac run repair release=%s min_age=0s)", duration.format(input.min_age), input.release),
    }
  end
  return {
    record = top, ours = ours, words = words,
    question = string.format("Delete the record of revision %d of release %s (%s, made by %s)?", top.revision,
      input.release, top.status, maker),
  }
end

effect.define("helm.repair", {
  input = function(raw)
    return { release = raw.release, namespace = raw.namespace, revision = raw.revision, of = raw.of }
  end,
  title = function(input)
    if not input.revision then return "repair release " .. input.release end
    return string.format("repair release %s: remove revision %d, left pending by %s", input.release, input.revision,
      input.of and "the dead effect " .. input.of or "a dead helm")
  end,
  allow = { category = "helm", of = function(input) return { scopes.of(input) } end },
  observe = function(input)
    local list = records.list(input)
    local record = list[#list]
    if input.revision then record = records.find(list, input.revision) end
    return record and { name = record.name, uid = record.uid, status = record.status, revision = record.revision } or {}
  end,
  preview = function(_, before)
    return {
      summary = string.format("delete the record of revision %s (%s)", tostring(before.revision), before.status or "gone"),
      changes = { { action = "delete", object = records.driver().kind:lower() .. "/" .. tostring(before.name) } },
    }
  end,
  apply = function(input, ctx)
    local before = ctx.before
    if not before.uid then return { revision = input.revision, removed = false } end
    if not parse.is_pending(before.status) then
      errors.raise {
        kind = "refused",
        message = string.format("release %s: revision %d is %s, not pending: its record stays", input.release,
          before.revision, before.status),
        hint = "somebody finished it meanwhile; look at helm history",
      }
    end
    records.delete(input, before.name, before.uid)
    return { revision = before.revision, removed = true, status = before.status }
  end,
  recover = function(input, ctx)
    local before = ctx.before
    for _, record in ipairs(before.uid and records.list(input) or {}) do
      if record.uid == before.uid then return "not_done" end
    end
    return "done", { revision = before.revision, removed = before.uid ~= nil, status = before.status }
  end,
})

--- What helm.repair does: examines, asks unless the dead helm was ours, removes.
---@param input { release: string, namespace: string }
---@param min_age number  seconds; our own helm ends, or is ended, well before the default
---@return { revision: integer, removed: boolean, status: string }
function M.repair(input, min_age)
  if not effect.is_begun() then -- what was begun was examined and asked
    local case = examine {
      release = input.release, namespace = input.namespace, min_age = min_age,
    }
    step.explain(case.words)
    if not case.ours then confirm.confirm(case.question) end
  end
  return effect.perform("helm.repair", { release = input.release, namespace = input.namespace })
end

--- The record of a pending revision that a dead effect of ours left, and the effect's id; raises "busy"
--- when it is another's or still at work. nil: it is pending no longer.
---@param target { release: string, namespace: string }
---@param revision integer
---@param own string? the id of the effect that is being recovered and must have made it
---@return almanac.HelmRecord?
---@return string? id
function M.dead(target, revision, own)
  local list = records.list(target)
  local record = records.find(list, revision)
  if not record or not parse.is_pending(record.status) then return nil end
  local id, host = M.maker(list, record)
  if id and #survivors.of(id) > 0 then
    refuse(target, record, string.format("effect %s of almanac, which still runs here (process %s)", id,
      table.concat(survivors.of(id), ", ")))
  end
  if own and id and id ~= own then refuse(target, record, maker_words(id, host)) end
  if not own then
    if not id then refuse(target, record, "another helm") end
    if host ~= M.host() then refuse(target, record, maker_words(id, host)) end
  end
  return record, id
end

--- Takes a pending revision out of the way if a dead effect of ours left it, else raises "busy".
--- Call it inside an effect: what it does is an effect below that.
---@param target { release: string, namespace: string }
---@param revision integer
---@param own string? as of dead()
---@return boolean repaired false: it is pending no longer
function M.settle(target, revision, own)
  local record, id = M.dead(target, revision, own)
  if not record then return false end
  effect.perform("helm.repair", {
    release = target.release, namespace = target.namespace, revision = revision, of = id or own,
  })
  return true
end

return M
