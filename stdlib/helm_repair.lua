--- A release left pending by a helm that died: whose it was, and how it is taken out of the way.
---
--- helm refuses to upgrade a release whose newest revision is pending. `helm rollback` clears it at
--- the price of one more revision and one more roll-out; deleting the record of the pending
--- revision costs neither, and the next upgrade starts from the revision before it. The record is
--- the Secret sh.helm.release.v1.<release>.v<revision>, written before helm touches anything else.
---
--- Whose it was: our upgrades label their record with the effect's id and this machine's name. helm
--- hands labels on from revision to revision, so a label counts only where it appears first.
local effect = require "almanac.effect"
local errors = require "almanac.errors"
local duration = require "almanac.duration"
local kube = require "almanac.helm_records"
local parse = require "almanac.helm_parse"
local survivors = require "almanac.survivors"
local sys = require "native.sys"
local task = require "native.task"

local M = {}

M.EFFECT_LABEL = "almanac-effect"
M.HOST_LABEL = "almanac-host"

--- This machine's name as the value of a label.
function M.host()
  local name = sys.hostname():gsub("[^%w%-_%.]", "-"):sub(1, 63):gsub("^[^%w]+", ""):gsub("[^%w]+$", "")
  return name ~= "" and name or "unknown"
end

--- helm's --labels for a record of ours.
---@param id string effect id
---@return string
function M.labels(id)
  return string.format("%s=%s,%s=%s", M.EFFECT_LABEL, id, M.HOST_LABEL, M.host())
end

--- The effect and the machine that made a record, or nil: the label was inherited, or there is none.
---@param records almanac.HelmRecord[] oldest first
---@param record almanac.HelmRecord
---@return string? id
---@return string? host
function M.maker(records, record)
  local id = record.labels[M.EFFECT_LABEL]
  if not id then return nil end
  for _, other in ipairs(records) do
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
    hint = string.format("let it finish. If that helm is dead: helm rollback %s --namespace %s (to the last good " ..
      "revision), then go on", target.release, target.namespace),
    revision = record.revision, status = record.status, age = age,
  }
end

effect.define("helm.repair", {
  input = function(raw)
    return { release = raw.release, namespace = raw.namespace, revision = raw.revision, of = raw.of }
  end,
  title = function(input)
    return string.format("repair release %s: remove revision %d, left pending by %s", input.release, input.revision,
      input.of and "the dead effect " .. input.of or "a dead helm")
  end,
  scope = function(input) return "helm", input.release end,
  observe = function(input)
    local record = kube.find(kube.list(input), input.revision)
    return record and { name = record.name, uid = record.uid, status = record.status } or {}
  end,
  preview = function(input, before)
    return {
      summary = string.format("delete the record of revision %d (%s)", input.revision, before.status or "gone"),
      changes = { { action = "delete", object = "secret/" .. tostring(before.name) } },
    }
  end,
  apply = function(input, ctx)
    local before = ctx.before
    if not before.uid then return { revision = input.revision, removed = false } end
    if not parse.is_pending(before.status) then
      errors.raise {
        kind = "refused",
        message = string.format("release %s: revision %d is %s, not pending: its record stays", input.release,
          input.revision, before.status),
        hint = "somebody finished it meanwhile; look at helm history",
      }
    end
    kube.delete(input, before.name, before.uid)
    return { revision = input.revision, removed = true, status = before.status }
  end,
  recover = function(input, ctx)
    local record = kube.find(kube.list(input), input.revision)
    if record and record.uid == ctx.before.uid then return "not_done" end
    return "done", { revision = input.revision, removed = true, status = ctx.before.status }
  end,
})

--- The record of a pending revision that a dead effect of ours left, and the effect's id; raises "busy"
--- when it is another's or still at work. nil: it is pending no longer.
---@param target { release: string, namespace: string }
---@param revision integer
---@param own string? the id of the effect that is being recovered and must have made it
---@return almanac.HelmRecord?
---@return string? id
function M.dead(target, revision, own)
  local records = kube.list(target)
  local record = kube.find(records, revision)
  if not record or not parse.is_pending(record.status) then return nil end
  local id, host = M.maker(records, record)
  if id and #survivors.of(id) > 0 then
    refuse(target, record, string.format("effect %s of almanac, which still runs here (process %s)", id,
      table.concat(survivors.of(id), ", ")))
  end
  if own and id and id ~= own then refuse(target, record, "effect " .. id .. " of another almanac run") end
  if not own then
    if not id then refuse(target, record, "another helm") end
    if host ~= M.host() then refuse(target, record, string.format("effect %s of almanac on %s", id, tostring(host))) end
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
