--- Plan: the effects a run would have, found by running the script with reads real and every effect
--- previewed; and the binding of a run to such a plan.
local definitions = require "almanac.run.definitions"
local diff = require "almanac.base.diff"
local embedded = require "native.embedded"
local errors = require "almanac.base.errors"
local json = require "native.json"
local process = require "native.process"
local redaction = require "almanac.base.redaction"
local secret = require "almanac.base.secret"
local source = require "almanac.base.source"
local task = require "native.task"
local unknown = require "almanac.base.unknown"
local sha256 = require("native.digest").sha256

local M = {}

--- Version of the plan file. A file of another one is refused.
local FORMAT = 1

---@class almanac.Preview  what an effect's preview() returns
---@field summary? string        one line: what would happen
---@field nothing? boolean       it would change nothing
---@field changes? table[]       { object, action = "create"|"change"|"delete"|"unchanged"|"conflict"|"reject", fields?, why? }
---@field warnings? string[]     what the reviewer must not miss
---@field ground? table[]        { ref, of?, version?, object? | digest? }: what the preview rests on; of: the ref of
---                               the object that it is a part of
---@field result? any            predicted result; absent: unknown until the run
---@field would_fail? string     why the run would stop here

---@class almanac.PlannedEffect : almanac.Preview
---@field path string
---@field ordinal string
---@field op string
---@field title string
---@field input any
---@field digest string

--- A plan being made: the effects, and the steps as they were met.
function M.new(book, meta)
  return { format = FORMAT, runbook = book.name, script = book.path, meta = meta, effects = {}, steps = {}, gates = {}, asks = {}, possible = {} }
end

local function plan_of(frame)
  return frame.run.plan
end

--- Whether the preview asks for what was observed: most look for themselves, and need not wait for that.
local function takes_before(definition)
  if not definition.observe or not definition.preview then return false end
  local info = debug.getinfo(definition.preview, "u")
  return info.nparams >= 2 or info.isvararg
end

--- A preview that cannot be made is what would stop the run there.
local function try_preview(definition, input, before)
  if not definition.preview then return { summary = "no preview: what it changes is known when it runs" } end
  local ok, preview = errors.try(definition.preview, input, before)
  if ok then return preview or {} end
  if errors.is_interrupt(preview) then error(preview, 0) end
  return { would_fail = preview.message, hint = preview.hint, warnings = {} }
end

--- Previews one effect, in the place of applying it, and gives its predicted result.
function M.preview(frame, name, definition, input, digest, key)
  local before, failed
  if takes_before(definition) and not unknown.within(input) then
    local ok, seen = errors.try(definition.observe, input)
    if not ok and errors.is_interrupt(seen) then error(seen, 0) end
    before, failed = ok and seen or nil, not ok and seen or nil
  end
  local preview
  if unknown.within(input) then
    preview = { summary = "its input is known when it runs" }
  elseif failed then
    preview = { would_fail = failed.message, hint = failed.hint }
  else
    preview = try_preview(definition, input, before)
  end
  local planned = {
    path = frame.path, ordinal = key, op = name, digest = digest, open = unknown.within(input) or nil,
    title = definitions.title(name, input, frame.run.definitions), input = unknown.describe_all(secret.conceal_all(input)),
  }
  for field, value in pairs(preview) do
    if field ~= "result" then planned[field] = value end
  end
  local effects = plan_of(frame).effects
  effects[#effects + 1] = planned
  frame.run:notify("effect.planned", frame.path, planned)
  if preview.result == nil then return unknown.new(frame.path) end
  return preview.result
end

--- A question that the run would ask.
function M.confirm(frame, question)
  local asks = plan_of(frame).asks
  asks[#asks + 1] = { path = frame.path, question = question }
  frame.run:notify("plan.ask", frame.path, { text = "the operator would be asked" })
  return { by = "(known after " .. frame.path .. ")", at_ms = 0 }
end

--- An effect that the step makes only where it meets the need for it: the run may, and need not.
---@param frame almanac.Frame
---@param op string
function M.possible(frame, op)
  local possible = plan_of(frame).possible
  possible[#possible + 1] = { path = frame.path, op = op }
end

--- A gate's one sample; `ok` is nil where there was no value.
---@param frame almanac.Frame
---@param sample { text: string, ok: boolean?, value: any }
function M.gate(frame, sample)
  local gates = plan_of(frame).gates
  gates[#gates + 1] = { path = frame.path, text = sample.text, ok = sample.ok, value = sample.value }
  frame.run:notify("plan.gate", frame.path, sample)
end

--- What the plan comes to.
---@return table<string, integer> counts effects, changes, nothing, fail (effects that would stop the run);
---  objects: create, change, delete, unchanged, hook, refused; gates, failing: now, blind: without a value
function M.counts(plan)
  local counts = {
    effects = #plan.effects, changes = 0, nothing = 0, fail = 0, create = 0, change = 0, delete = 0, unchanged = 0,
    hook = 0, refused = 0, gates = #plan.gates, failing = 0, blind = 0,
  }
  for _, planned in ipairs(plan.effects) do
    if planned.nothing then counts.nothing = counts.nothing + 1 else counts.changes = counts.changes + 1 end
    if planned.would_fail then counts.fail = counts.fail + 1 end
    for _, change in ipairs(planned.changes or {}) do
      local action = change.action
      if action == "conflict" or action == "reject" then action = "refused" end
      counts[action] = (counts[action] or 0) + 1
    end
  end
  for _, gate in ipairs(plan.gates) do
    if gate.ok == false then counts.failing = counts.failing + 1 end
    if gate.ok == nil then counts.blind = counts.blind + 1 end
  end
  return counts
end

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
---@param undos string[]  what undo would do after the run
function M.to_file(plan, book, undos)
  local sources = {}
  for path in pairs(book.script.files) do sources[path] = source.file(path) or "" end
  local file = {
    format = FORMAT, runbook = plan.runbook, script = plan.script, params = plan.meta.params, environment = plan.meta.environment,
    made_by = process.user(), made_ms = task.wall_ms(), version = process.version, stdlib = M.stdlib_digest(),
    script_digest = book.script.digest, sources = sources, effects = json.array(redacted_effects(plan)), steps = json.array(plan.steps),
    gates = json.array(plan.gates), asks = json.array(plan.asks), possible = json.array(plan.possible),
    counts = M.counts(plan), undo = json.array(undos), stopped = plan.stopped,
  }
  local text = redaction.encode(file, { canonical = true }, PLAN_WORDS)
  return '{"digest":"' .. sha256(text) .. '","plan":' .. text .. "}\n"
end

--- Reads a plan file back; one that was changed since is refused.
---@param name string file name
function M.from_file(name)
  local text = require("native.fs").read(name)
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

--- Whether a line is the planned one, of which the file holds no secrets.
local function is_planned(planned, line)
  if planned == line then return true end
  if not planned or not line or not planned:find("(secret ", 1, true) then return false end
  local pattern = planned:gsub("%p", "%%%0"):gsub("%%%(secret [^)]-%%%)", ".+")
  return line:find("^" .. pattern .. "$") ~= nil
end

--- The first line that differs between two texts, and both versions.
local function first_difference(old, new)
  local old_lines, new_lines = {}, {}
  for line in (old .. "\n"):gmatch "(.-)\n" do old_lines[#old_lines + 1] = line end
  for line in (new .. "\n"):gmatch "(.-)\n" do new_lines[#new_lines + 1] = line end
  for i = 1, math.max(#old_lines, #new_lines) do
    if not is_planned(old_lines[i], new_lines[i]) then return i, old_lines[i], new_lines[i] end
  end
end

--- The innermost planned step whose source holds that line.
local function step_at(plan, path, line)
  local found
  for _, step in ipairs(plan.steps) do
    if step.file == path and step.first and step.first <= line and line <= step.last then
      if not found or step.last - step.first <= found.last - found.first then found = step end
    end
  end
  return found and found.path
end

local function refuse_script(plan, path, old, new)
  local line, was, is = first_difference(old, new)
  if not line then
    errors.raise {
      kind = "refused", message = path .. " was edited after the plan was made, in a line that holds a secret",
      hint = "make a new plan and have it reviewed",
    }
  end
  local step = step_at(plan, path, line)
  errors.raise {
    kind = "refused", step = step,
    message = string.format("%s:%d was edited after the plan was made%s", path, line, step and ", in the step " .. step or ""),
    hint = string.format("planned: %s\nnow:     %s\nmake a new plan and have it reviewed", was or "(no such line)", is or "(no such line)"),
  }
end

--- Refuses another script than the planned one: what it asks and what its gates watch is planned too.
---@param plan table
---@param book almanac.Runbook
---@param otherwise? string  how to go on all the same
function M.check_script(plan, book, otherwise)
  if book.script.digest == plan.script_digest then return end
  local ok, err = errors.try(function()
    for path in pairs(book.script.files) do
      local now = source.file(path) or ""
      if plan.sources[path] ~= now then refuse_script(plan, path, plan.sources[path] or "", now) end
    end
    errors.raise { kind = "refused", message = "the script's files are not those of the plan", hint = "make a new plan" }
  end)
  if not ok and otherwise then err.hint = err.hint .. "\n" .. otherwise end
  error(err, 0)
end

--- Refuses to begin a run that is not the planned one: another script, stdlib or parameter.
function M.check_start(plan, book, params)
  M.check_script(plan, book)
  if plan.stdlib ~= M.stdlib_digest() then
    errors.raise {
      kind = "refused",
      message = "the plan was made by another version of almanac's standard library",
      hint = "make a new plan",
    }
  end
  local changes = diff.diff(plan.params, params)
  if changes[1] then
    local change = changes[1]
    errors.raise {
      kind = "refused", message = string.format("parameter %s is %s now; the plan has %s", change.path:sub(2),
      tostring(change.new), tostring(change.old)),
      hint = "leave the parameters away: run --plan takes those of the plan",
    }
  end
end

local function planned_for(plan, path, ordinal)
  for _, planned in ipairs(plan.effects) do
    if planned.path == path and planned.ordinal == ordinal then return planned end
  end
end

local function deviates(frame, message, hint)
  errors.raise {
    kind = "plan_mismatch", waiting = true, step = frame.path, message = message,
    hint = string.format("%sthis effect was not begun; make a new plan (almanac plan %s k=v…) once what was done is taken back "
      .. "(almanac rollback %s), or go on without: almanac resume %s --without-plan", hint and hint .. "\n" or "",
      frame.run.bound.runbook, frame.run.id, frame.run.id),
  }
end

local function check_ground(frame, planned, fresh)
  local by_ref, touched = {}, frame.run.touched
  for _, item in ipairs(fresh.ground or {}) do by_ref[item.ref] = item end
  for _, item in ipairs(planned.ground or {}) do
    local now = by_ref[item.ref]
    if not touched[item.ref] and (not now or not diff.equal(now.object, item.object) or now.digest ~= item.digest) then
      local change = now and diff.diff(item.object, now.object)[1]
      deviates(frame, string.format("%s has changed since the plan was made%s", item.ref, change and ": " .. change.path or ""),
        change and string.format("planned on: %s\nnow:        %s", json.encode(change.old), json.encode(change.new)))
    end
  end
end

--- What an effect of this run stands on is the run's own from then on: later effects find it changed.
---@param frame almanac.Frame
---@param key string ordinal
function M.touch(frame, key)
  local planned = planned_for(frame.run.bound, frame.path, key)
  for _, item in ipairs(planned and planned.ground or {}) do
    frame.run.touched[item.ref] = true
    if item.of then frame.run.touched[item.of] = true end
  end
end

--- Whether the plan foresaw that a step might make such an effect.
local function is_possible(plan, path, op)
  for _, item in ipairs(plan.possible or {}) do
    if item.op == op and (path == item.path or path:sub(1, #item.path + 1) == item.path .. "/") then return true end
  end
  return false
end

--- Stops before an effect that is not in the plan, or whose ground has moved.
---@param frame almanac.Frame
---@param begun boolean it was begun in this run before: what moved its ground may be itself
function M.check_effect(frame, name, definition, input, digest, key, begun)
  local plan = frame.run.bound
  local planned = planned_for(plan, frame.path, key)
  if not planned and is_possible(plan, frame.path, name) then return end
  if not planned or planned.op ~= name then
    deviates(frame, string.format("%s is not in the plan", definitions.title(name, input, frame.run.definitions)))
  end
  if not planned.open and planned.digest ~= digest then
    deviates(frame, string.format("%s has another input than in the plan", name), string.format("planned: %s\nnow:     %s",
      json.encode(planned.input, { canonical = true }), json.encode(secret.conceal_all(input), { canonical = true })))
  end
  if not begun and planned.ground and #planned.ground > 0 then
    local before = takes_before(definition) and definition.observe(input) or nil
    check_ground(frame, planned, definition.preview(input, before))
  end
  M.touch(frame, key)
end

return M
