--- The file of a plan: everything that binds a run to it, and a digest over that.
local drafts = require "almanac.run.plan.draft"
local embedded = require "native.embedded"
local errors = require "almanac.base.errors"
local json = require "native.json"
local process = require "native.process"
local redaction = require "almanac.base.redaction"
local settings = require "almanac.config.settings"
local sha256 = require("native.digest").sha256
local source = require "almanac.base.source"
local task = require "native.task"

local M = {}

--- Version of the plan file. A file of another one is refused.
local FORMAT = 1

--- SHA-256 over the built-in Lua, which a plan's meaning also depends on.
function M.stdlib_digest()
  local parts = {}
  for _, path in ipairs(embedded.list "stdlib/") do parts[#parts + 1] = path .. "\0" .. sha256(embedded.read(path)) end
  return sha256(table.concat(parts, "\n"))
end

--- Fields of a plan, and of its effects, that hold words and digests of ours.
local PLAN_WORDS = {
  environment = true, made_by = true, runbook = true, script = true, script_digest = true, stdlib = true, version = true,
  effects = true,
}
local EFFECT_WORDS = { digest = true, op = true, ordinal = true, path = true }

local function redacted_effects(plan)
  local out = {}
  for i, planned in ipairs(plan.effects) do out[i] = redaction.data(planned, EFFECT_WORDS) end
  return out
end

--- The plan as it is saved: everything that binds a run to it.
---@param plan almanac.PlanDraft
---@param book almanac.Runbook
---@return string
function M.encode(plan, book)
  local sources = {}
  local now, good = task.wall_ms(), settings.approval.plan_valid_for
  for path, text in pairs(plan.sources) do sources[path] = text end
  for path in pairs(book.script.files) do sources[path] = source.file(path) or "" end
  local file = {
    format = FORMAT, runbook = plan.runbook, script = plan.script, params = plan.meta.params, environment = plan.meta.environment,
    choice = plan.meta.choice, clusters = json.array(plan.clusters or {}),
    made_by = process.user(), made_ms = now, expires_ms = good and now + math.floor(good * 1000),
    version = process.version, stdlib = M.stdlib_digest(),
    script_digest = book.script.digest, sources = sources, effects = json.array(redacted_effects(plan)), steps = json.array(plan.steps),
    gates = json.array(plan.gates), asks = json.array(plan.asks), possible = json.array(plan.possible), calls = json.array(plan.calls),
    counts = drafts.counts(plan), undo = json.array(drafts.undos(plan)), stopped = plan.stopped,
  }
  local text = redaction.encode(file, { canonical = true }, PLAN_WORDS)
  return '{"digest":"' .. sha256(text) .. '","plan":' .. text .. "}\n"
end

--- Reads a plan file back; one that was changed since is refused, and one that others could have changed.
---@param name string file name
---@return table plan  as it was saved, and its `digest`
function M.read(name)
  local text = require("native.fs").read_own(name, "plan", true)
  local digest, body = text:match '^{"digest":"(%x+)","plan":(.*)}%s*$'
  if not digest then
    errors.raise { kind = "refused", message = name .. " is not a plan", hint = "make one: almanac plan RUNBOOK k=v… -o " .. name }
  end
  if sha256(body) ~= digest then
    errors.raise {
      kind = "refused", message = name .. " was changed after it was made: its digest does not fit",
      hint = "make a new plan, and have that one reviewed",
    }
  end
  local plan = json.decode(body)
  if plan.format ~= FORMAT then
    errors.raise {
      kind = "refused",
      message = string.format("%s has plan format %s; this almanac reads %d", name, tostring(plan.format), FORMAT),
    }
  end
  plan.digest = digest
  return plan
end

return M
