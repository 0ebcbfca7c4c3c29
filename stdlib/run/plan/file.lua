--- The file of a plan: everything that binds a run to it, and a digest over that.
local drafts = require "almanac.run.plan.draft"
local embedded = require "native.embedded"
local errors = require "almanac.base.errors"
local form = require "almanac.run.plan.form"
local json = require "native.json"
local process = require "native.process"
local redaction = require "almanac.base.redaction"
local settings = require "almanac.config.settings"
local shape = require "almanac.base.shape"
local sha256 = require("native.digest").sha256
local source = require "almanac.base.source"
local statement = require "almanac.base.statement"
local task = require "native.task"
local terminal = require "native.terminal"
local timestamp = require "almanac.base.timestamp"

local M = {}

--- Version of the plan file. A file of another one is refused.
local FORMAT = 1

--- SHA-256 over the built-in Lua, which a plan's meaning also depends on.
function M.stdlib_digest()
  local parts = {}
  for _, path in ipairs(embedded.list "stdlib/") do parts[#parts + 1] = path .. "\0" .. embedded.digest(path) end
  return sha256(table.concat(parts, "\n"))
end

--- Fields of a plan, and of its effects, that hold words and digests of ours.
local PLAN_WORDS = {
  environment = true, key = true, made_by = true, runbook = true, script = true, script_digest = true, stdlib = true, version = true,
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
    gates = json.array(plan.gates), asks = json.array(plan.asks), waits = json.array(plan.waits),
    possible = json.array(plan.possible), calls = json.array(plan.calls),
    counts = drafts.counts(plan), undo = json.array(drafts.undos(plan)), stopped = plan.stopped,
    starts_programs = plan.starts_programs, secrets_from = plan.secrets_from and json.array(plan.secrets_from),
    key = plan.fingerprint_key and plan.fingerprint_key.id,
  }
  local text = terminal.spelt(redaction.encode(file, { canonical = true }, PLAN_WORDS)) -- who prints the file is safe
  return '{"digest":"' .. sha256(text) .. '","plan":' .. text .. "}\n"
end

--- The text that is signed with a plan.
---@param plan table      as it was saved
---@param at_ms integer
---@param principal string
---@return string
function M.statement(plan, at_ms, principal)
  return statement.text("almanac plan 1", {
    { "plan", plan.digest }, { "runbook", plan.runbook }, { "time", timestamp.micro(at_ms) }, { "principal", principal },
  })
end

--- The parts of a plan file: its digest, the signatures before the plan, and the plan. What stands in texts cannot
--- look like the seams: a quotation mark there is written \".
local function parts_of(text)
  local digest, rest = text:match '^{"digest":"(%x+)",(.*)}%s*$'
  if not digest then return nil end
  local from, to = rest:find('],"plan":', 1, true)
  if rest:find('"signatures":[', 1, true) ~= 1 or not from then return digest, "[]", rest:match '^"plan":(.*)$' end
  return digest, rest:sub(#'"signatures":' + 1, from), rest:sub(to + 1)
end

local SIGNED = { "principal", "text", "signature" }

--- The signatures, where they are such.
local function signatures_of(text)
  local ok, list = errors.try(json.decode, text)
  if not ok then return nil end
  for _, signed in ipairs(list) do
    if type(signed) ~= "table" or not timestamp.is_ms(signed.at_ms) then return nil end
    for _, field in ipairs(SIGNED) do
      if type(signed[field]) ~= "string" then return nil end
    end
  end
  return list
end

--- The text of a plan file with one more signature.
---@param text string  of a plan file
---@param signed almanac.Signed
---@return string
function M.with_signature(text, signed)
  local digest, signatures, body = parts_of(text)
  local list = json.decode(signatures)
  list[#list + 1] = { principal = signed.principal, at_ms = signed.at_ms, text = signed.text, signature = signed.signature }
  return string.format('{"digest":"%s","signatures":%s,"plan":%s}\n', digest, json.encode(json.array(list), { canonical = true }), body)
end

--- Whether a plan out of a journal is the one that its digest stands for, by what it says now.
---@param plan table
---@return boolean
function M.is_whole(plan)
  local body = {}
  for key, value in pairs(plan) do body[key] = value end
  body.digest, body.signatures = nil, nil
  local text = json.encode(body, { canonical = true })
  return sha256(terminal.spelt(text)) == plan.digest or sha256(text) == plan.digest -- an older almanac spelt nothing
end

--- The plan that a text holds, of the file of that name.
local function decode(name, body)
  local plan = json.decode(body)
  local format = type(plan) == "table" and plan.format or nil
  if format ~= FORMAT then
    errors.raise {
      kind = "refused",
      message = string.format("%s has plan format %s; this almanac reads %d", name, tostring(format), FORMAT),
    }
  end
  local wrong = shape.wrong(plan, form.PLAN)
  if wrong then
    errors.raise {
      kind = "refused", message = string.format("%s is no plan of almanac's: %s is missing or of another type", name, wrong),
      hint = "make a new plan",
    }
  end
  return plan
end

--- Reads a plan file back; one that was changed since is refused, and one that others could have changed.
---@param name string file name
---@return table plan  as it was saved, its `digest`, and its `signatures` (almanac.Signed[])
---@return string text of the file
function M.read(name)
  local text = require("native.fs").read_own(name, "plan", true)
  local digest, signatures, body = parts_of(text)
  signatures = body and signatures_of(signatures)
  if not signatures then
    errors.raise { kind = "refused", message = name .. " is not a plan", hint = "make one: almanac plan RUNBOOK k=v… -o " .. name }
  end
  if sha256(body) ~= digest then
    errors.raise {
      kind = "refused", message = name .. " was changed after it was made: its digest does not fit",
      hint = "make a new plan, and have that one reviewed",
    }
  end
  local plan = decode(name, body)
  plan.digest, plan.signatures = digest, json.array(signatures)
  return plan, text
end

return M
