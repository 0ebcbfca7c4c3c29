--- A draft: the plan while it is made. The effects that a run would have, its gates and questions, found by
--- running the script with reads real and every effect previewed.
local definitions = require "almanac.run.definitions"
local diff = require "almanac.base.diff"
local grounds = require "almanac.run.plan.ground"
local json = require "native.json"
local orders = require "almanac.run.plan.order"
local previews = require "almanac.run.plan.preview"
local reach = require "almanac.run.reach"
local secret = require "almanac.base.secret"
local source = require "almanac.base.source"
local unknown = require "almanac.base.unknown"
local undo_owner = require "almanac.run.undo_owner"
local waits = require "almanac.run.plan.wait"

local M = {}

---@class almanac.PlannedEffect : almanac.Preview
---@field path string
---@field ordinal string
---@field op string
---@field title string
---@field input any
---@field digest string
---@field open? { at: string, after: string }[]  parts of the input that only the run will know
---@field refused? { category: string, target: string, access: string }[]  what `allow` does not name
---@field on_top? boolean  an effect before it changes the same object: it is previewed on what is there before that
---@field place? integer  among the effects and waits of the plan
---@field makes? almanac.ForeseenEffect[]  of an effect of the script's own: those that it makes
---@field makes_more? boolean  and it may make others
---@field open_ends? string[]  numbers of those that may: its own, or of its parts
---@field bounded? boolean  of such a one: the runbook's `allow` bounds what it makes
---@field undo_by? almanac.UndoAuthor  of an effect of the script's own that has an undo
---@field as_given? boolean  the input is what the script gave: it could not be checked yet

---@class almanac.PlannedStep
---@field path string
---@field digest string
---@field undo boolean?
---@field undo_by almanac.UndoAuthor?
---@field note string?
---@field would_fail string?
---@field surely boolean?
---@field is_vague boolean?  the run will know its name
---@field side_by_side boolean?  its branches are in no order

---@class almanac.PlanDraft
---@field runbook string
---@field script string
---@field meta table
---@field on_owner "warn"|"refuse"?  of the runbook
---@field own almanac.Definitions?  effects of the script
---@field starts_programs boolean?  those that the script hands to another were started for it
---@field effects almanac.PlannedEffect[]
---@field steps almanac.PlannedStep[]
---@field gates { path: string, text: string, ok: boolean?, value: any }[]
---@field asks { path: string, question: string }[]
---@field waits almanac.PlannedWait[]  steps that wait, watch or ask
---@field possible { path: string, op: string }[]  effects that a step makes only where it meets the need
---@field order almanac.PlanOrder
---@field stopped string?   why it goes no further
---@field held_by string?   who holds the lock that the run would need
---@field secrets_from string[]?  "token from env:DEPLOY_TOKEN": where secrets are taken from
---@field fingerprint_key almanac.FingerprintKey?  that secrets in it were told apart with
---@field calls { path: string, runbook: string, script: string, script_digest: string, params: table }[]  runs that it makes
---@field sources table<string, string>  texts of their files, by path
---@field outer almanac.PlanDraft?  the plan that this is a part of
---@field below string      the path of the step that makes the run, and "/"; "" for the outermost
local Draft = {}
Draft.__index = Draft

--- Who takes something back, of a function of the script.
---@param fn function
---@return almanac.UndoAuthor
function M.undo_author(fn)
  return { at = source.words(fn), bounded = reach.is_asked() or nil }
end

---@param book almanac.Runbook
---@param meta table
---@return almanac.PlanDraft
function M.new(book, meta)
  return setmetatable({
    runbook = book.name, script = book.path, meta = meta, on_owner = book.on_owner, own = book.script.definitions,
    effects = {}, steps = {}, gates = {}, asks = {}, waits = {}, possible = {}, calls = {}, sources = {}, order = orders.new(), below = "",
  }, Draft)
end

--- The part of the plan that a run has which this one makes: all of it is the plan's, below the step's path.
---@param path string  of the step
---@param book almanac.Runbook
---@param meta table
---@return almanac.PlanDraft
function Draft:nest(path, book, meta)
  path = self.below .. path
  self.calls[#self.calls + 1] = {
    path = path, runbook = book.name, script = book.path, script_digest = book.script.digest, params = meta.params,
  }
  for name, text in pairs(book.script.sources) do self.sources[name] = text end
  local around = self
  while around do
    around.own = definitions.join(around.own or {}, book.script.definitions)
    around = around.outer
  end
  return setmetatable({
    runbook = book.name, script = book.path, meta = meta, on_owner = book.on_owner, own = book.script.definitions,
    effects = self.effects, steps = self.steps, gates = self.gates, asks = self.asks, waits = self.waits, possible = self.possible,
    calls = self.calls, sources = self.sources, order = self.order, below = path .. "/", outer = self,
  }, Draft)
end

--- A step was met.
---@param entry table
function Draft:add_step(entry)
  entry.path = self.below .. entry.path
  self.steps[#self.steps + 1] = self.order:add_step(entry)
end

--- A step failed as the world is now. What the runbook's `allow` refuses, the run would be refused as well, and
--- what is met before the first planned change, the run would meet; after one it may be otherwise.
---@param entry table of add_step
---@param err almanac.Error
function Draft:step_fails(entry, err)
  entry.would_fail = tostring(err.message):match "^[^\n]*"
  local changed = false
  for _, planned in ipairs(self.effects) do changed = changed or not planned.nothing end
  entry.refused = err.refused and json.array { err.refused } or nil
  entry.surely = err.kind == "refused" or not changed or nil
end

--- What is shown beside a step.
---@param path string
---@param text string
function Draft:explain(path, text)
  path = self.below .. path
  for i = #self.steps, 1, -1 do
    if self.steps[i].path == path then
      local said = self.steps[i].note
      if not said then
        self.steps[i].note = text
      elseif not said:find(text, 1, true) then
        self.steps[i].note = said .. "; " .. text
      end
      return
    end
  end
end

--- A question that the run would ask.
---@param path string
---@param question string
function Draft:add_question(path, question)
  self.asks[#self.asks + 1] = self.order:add { path = self.below .. path, question = question }
end

--- A step that waits, watches or asks. What it does once more, with the same, is no other wait.
---@param path string
---@param awaited almanac.Awaited
function Draft:add_wait(path, awaited)
  local wait, number = waits.planned(self.below .. path, awaited), 1
  for _, other in ipairs(self.waits) do
    if other.path == wait.path then
      if other.kind == wait.kind and diff.equal(other.input, wait.input) then return end
      number = number + 1
    end
  end
  wait.number = number
  self.waits[#self.waits + 1] = self.order:add(wait)
end

--- An effect that the step makes only where it meets the need for it: the run may, and need not.
---@param path string
---@param op string
function Draft:add_possible(path, op)
  self.possible[#self.possible + 1] = self.order:add { path = self.below .. path, op = op }
end

--- A gate's one sample; `ok` is nil where there was no value.
---@param path string
---@param sample { text: string, ok: boolean?, value: any }
function Draft:add_gate(path, sample)
  self.gates[#self.gates + 1] = self.order:add { path = self.below .. path, text = sample.text, ok = sample.ok, value = sample.value }
end

--- Marks the effects that stand on what one before them changes: today's world does not tell what they will do. That one of
--- them would change nothing now says nothing of it, nor of the run that it is a part of.
---
--- Of one without a ground, such as a command that its check says is done, nobody knows what it stands on: any change may be it.
local function mark_on_top(effects)
  local changed, has_changed = {}, false ---@type almanac.TouchedGround
  local function mark(planned)
    for _, item in ipairs(planned.ground or {}) do
      local before = changed[item.ref] or item.of and changed[item.of] == "whole"
      if before and not item.is_read then planned.on_top, planned.nothing = true, nil end
    end
    if planned.nothing and not planned.ground and has_changed and not planned.nested then planned.on_top, planned.nothing = true, nil end
    if planned.nothing then return end
    grounds.touch(changed, planned.ground)
    has_changed = has_changed or not planned.nested
  end
  for _, planned in ipairs(effects) do
    for _, part in ipairs(planned.makes or {}) do mark(part) end
    mark(planned)
  end
  for _, planned in ipairs(effects) do
    local below = planned.nested and planned.nothing and planned.path .. "/"
    for _, inner in ipairs(below and effects or {}) do
      if inner.on_top and inner.path:sub(1, #below) == below then planned.nothing = nil end
    end
  end
end

--- Puts everything into the order of the script: branches side by side were met as their looks came back.
function Draft:settle()
  for _, entries in ipairs { self.effects, self.steps, self.gates, self.asks, self.waits, self.possible } do self.order:sort(entries) end
  mark_on_top(self.effects)
  local all = table.move(self.effects, 1, #self.effects, 1, {})
  table.move(self.waits, 1, #self.waits, #all + 1, all)
  self.order:sort(all)
  for i, entry in ipairs(all) do entry.place = i end
end

--- Adds an effect with what became of its preview.
local function add_effect(self, path, call, preview)
  local open = unknown.open(call.input)
  local planned = {
    path = self.below .. path, ordinal = call.key, op = call.name, digest = call.digest, open = open[1] and open,
    as_given = open[1] and rawequal(call.input, call.raw) or nil,
    undo_by = not definitions.is_builtin(call.name) and call.definition.undo and M.undo_author(call.definition.undo) or nil,
    title = definitions.title(call.name, call.input, self.own), input = unknown.describe_all(secret.conceal_all(call.input)),
  }
  for field, value in pairs(preview) do
    if field ~= "result" and field ~= "gives_nothing" then planned[field] = value end
  end
  self.effects[#self.effects + 1] = self.order:add(planned)
  return planned
end

--- Previews one effect, in the place of making it happen.
---@param path string
---@param call almanac.EffectCall
---@return almanac.PlannedEffect
---@return any result predicted
---@return boolean known  the result is that; otherwise the run will tell
function Draft:preview(path, call)
  local preview = previews.of(call, self.on_owner)
  return add_effect(self, path, call, preview), preview.result, preview.result ~= nil or preview.gives_nothing == true
end

--- Adds to an effect of the script's own what it would make by others. That it would change nothing is the script's word.
---@param planned almanac.PlannedEffect
---@param foreseen almanac.Foreseen
function Draft.add_foreseen(_, planned, foreseen)
  planned.makes, planned.makes_more, planned.bounded = json.array(foreseen.makes), foreseen.makes_more, reach.is_asked() or nil
  planned.open_ends = foreseen.open_ends
  for _, one in ipairs(foreseen.makes) do
    if not one.nothing then planned.nothing = nil end
  end
  if not foreseen.refused or planned.would_fail then return end
  planned.would_fail, planned.hint = foreseen.refused.message, foreseen.refused.hint
  planned.refused = foreseen.refused.refused and json.array { foreseen.refused.refused } or nil
end

--- Adds an effect that the runbook's `allow` refuses.
---@param path string
---@param call almanac.EffectCall
---@param refusals table[]
---@return almanac.PlannedEffect
function Draft:refuse(path, call, refusals)
  local lines, targets = {}, {}
  for i, refusal in ipairs(refusals) do lines[i], targets[i] = refusal.message, refusal.refused end
  return add_effect(self, path, call, {
    would_fail = table.concat(lines, "\n"), hint = refusals[1].hint, refused = targets[1] and json.array(targets) or nil, warnings = {},
  })
end

local function add_changes(counts, planned)
  for _, change in ipairs(planned.changes or {}) do
    local action = change.action
    if action == "conflict" or action == "reject" then action = "refused" end
    counts[action] = (counts[action] or 0) + 1
  end
end

--- What the plan comes to.
---@return table<string, integer> counts effects, changes, nothing, fail (effects that would stop the run),
---  steps_fail (steps that would), steps_may_fail (that fail as the world is now, after a planned change); objects:
---  create, change, delete, unchanged, hook, refused; gates, failing: now, blind: without a value
function M.counts(plan)
  local counts = {
    effects = #plan.effects, changes = 0, nothing = 0, fail = 0, create = 0, change = 0, delete = 0, unchanged = 0,
    hook = 0, refused = 0, steps_fail = 0, steps_may_fail = 0, gates = #plan.gates, failing = 0, blind = 0,
  }
  for _, planned in ipairs(plan.effects) do
    if planned.nested then
      counts.effects = counts.effects - 1 -- what it would do is counted itself
    elseif planned.nothing then
      counts.nothing = counts.nothing + 1
    else
      counts.changes = counts.changes + 1
    end
    if planned.would_fail then counts.fail = counts.fail + 1 end
    add_changes(counts, planned)
    for _, part in ipairs(planned.makes or {}) do add_changes(counts, part) end
  end
  for _, step in ipairs(plan.steps) do
    if step.would_fail then
      local count = step.surely and "steps_fail" or "steps_may_fail"
      counts[count] = counts[count] + 1
    end
  end
  for _, gate in ipairs(plan.gates) do
    if gate.ok == false then counts.failing = counts.failing + 1 end
    if gate.ok == nil then counts.blind = counts.blind + 1 end
  end
  return counts
end

--- Says what becomes of a planned effect that changes something, where nothing after it has said so for its step.
local function add_undo(out, planned, owner, claimed, own)
  local definition = definitions.find(planned.op, own)
  if owner then
    if claimed[owner.path] then return end
    claimed[owner.path] = true
    out[#out + 1] = undo_owner.of_planned_step(owner.path, planned.title, owner.undo_by)
  elseif definition and definition.undo and not planned.unkept then
    out[#out + 1] = planned.undo_by and undo_owner.of_own_effect(planned.path, planned.title, planned.undo_by)
      or undo_owner.of_effect(planned.path, planned.title)
  else
    out[#out + 1] = planned.path .. ": does not take back " .. planned.title .. (planned.unkept and ": " .. planned.unkept or "")
  end
end

--- What undoing the planned run would do, newest first. What changes nothing has nothing to take back.
---@param plan almanac.PlanDraft
---@return string[]
function M.undos(plan)
  local out, claimed, with_undo = {}, {}, {}
  for _, step in ipairs(plan.steps) do
    if step.undo then with_undo[step.path] = step end
  end
  for i = #plan.effects, 1, -1 do
    local planned = plan.effects[i]
    if planned.nested then
      claimed[planned.path] = true
    elseif not planned.nothing then
      add_undo(out, planned, undo_owner.of(with_undo, planned.path), claimed, plan.own)
    end
  end
  return out
end

return M
