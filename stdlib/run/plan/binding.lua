--- The binding of a run to a plan: the run stops before the first effect that is not in the plan, or whose
--- ground has moved.
local definitions = require "almanac.run.definitions"
local diff = require "almanac.base.diff"
local errors = require "almanac.base.errors"
local family = require "almanac.journal.family"
local files = require "almanac.run.plan.file"
local fingerprints = require "almanac.journal.fingerprint"
local grounds = require "almanac.run.plan.ground"
local halt = require "almanac.base.halt"
local inputs = require "almanac.run.plan.input"
local json = require "native.json"
local param = require "almanac.base.param"
local parts = require "almanac.run.plan.parts"
local passed = require "almanac.run.plan.passed"
local previews = require "almanac.run.plan.preview"
local redaction = require "almanac.base.redaction"
local secret = require "almanac.base.secret"
local sequence = require "almanac.run.plan.sequence"
local settings = require "almanac.config.settings"
local source = require "almanac.base.source"
local step_name = require "almanac.base.step_name"
local task = require "native.task"
local waits = require "almanac.run.plan.wait"

local M = {}

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

local NEW_PLAN = { "make a new plan and have it reviewed" }

---@param ways string[]  what to do about it
local function refuse_script(plan, path, old, new, ways)
  local line, was, is = first_difference(old, new)
  if not line then
    errors.raise {
      kind = "refused", message = path .. " was edited after the plan was made, in a line that holds a secret",
      hint = ways,
    }
  end
  local step = step_at(plan, path, line)
  errors.raise {
    kind = "refused", step = step,
    message = string.format("%s:%d was edited after the plan was made%s", path, line, step and ", in the step " .. step or ""),
    hint = table.move(ways, 1, #ways, 3, { "planned: " .. (was or "(no such line)"), "now:     " .. (is or "(no such line)") }),
  }
end

--- Refuses a file that a step loads, however late, when it is not the planned one.
---@param plan table
---@param path string
---@param text string
function M.check_file(plan, path, text)
  local planned = plan.sources[path]
  if planned == text or planned == redaction.text(text) then return end
  if planned then refuse_script(plan, path, planned, text, NEW_PLAN) end
  errors.raise {
    kind = "refused", message = path .. " was not read when the plan was made: nobody has reviewed it with the plan",
    hint = "require it at the top of the script, and make a new plan",
  }
end

--- Refuses another script than the planned one: what it asks and what its gates watch is planned too.
---@param plan table
---@param book almanac.Runbook
---@param ways? string[]  how to go on with a run of it; nil: it is not begun yet
function M.check_script(plan, book, ways)
  if book.script.digest == plan.script_digest then return end
  for path in pairs(book.script.files) do
    local now = source.file(path) or ""
    if plan.sources[path] ~= now then refuse_script(plan, path, plan.sources[path] or "", now, ways or NEW_PLAN) end
  end
  errors.raise { kind = "refused", message = "the script's files are not those of the plan", hint = ways or NEW_PLAN }
end

local function check_params(plan, book, params)
  local change = diff.diff(plan.params, params)[1]
  if not change then return end
  local name = change.path:sub(2)
  local spec = book.params[name:match "^[^/]*"]
  local function shown(value)
    return value == nil and "not given" or param.shown(spec and (name:find "/" and spec.of or spec) or param.string {}, value)
  end
  if change.old == nil then
    errors.raise {
      kind = "refused", message = string.format("parameter %s is %s now, and the plan has none", name, shown(change.new)),
      hint = string.format("no plan keeps what holds a secret: give what it was made with, %s=…, or --params FILE; else leave it away",
        name:match "^[^/]*"),
    }
  end
  errors.raise {
    kind = "refused", message = string.format("parameter %s is %s now; the plan has %s", name,
      shown(change.new), shown(change.old)),
    hint = "leave the parameters away: run --plan takes those of the plan",
  }
end

--- Refuses a plan of which `allow` refuses a part: its run would stop there, with the rest half done.
local function check_reach(plan)
  local count, first = 0, nil
  for _, entries in ipairs { plan.effects or {}, plan.steps or {} } do
    for _, entry in ipairs(entries) do
      if entry.refused then
        count, first = count + 1, first or entry
      end
    end
  end
  if not first then return end
  errors.raise {
    kind = "refused", message = string.format("the plan has %d %s that the runbook's allow refuses: %s: %s", count,
      count == 1 and "call" or "calls", first.path, tostring(first.would_fail):match "^[^\n]*"),
    hint = "name in allow what must be reached, and make a new plan",
  }
end

--- What a plan says of its own run: where that would stop, or the plan itself did.
---@param plan table
---@return string? why
function M.stops_at(plan)
  if plan.stopped then return "the plan goes no further than: " .. tostring(plan.stopped):match "^[^\n]*" end
  for _, planned in ipairs(plan.effects or {}) do
    if planned.would_fail then return string.format("%s: %s", planned.path, tostring(planned.would_fail):match "^[^\n]*") end
  end
  for _, step in ipairs(plan.steps or {}) do
    if step.would_fail and step.surely then return string.format("%s: %s", step.path, tostring(step.would_fail):match "^[^\n]*") end
  end
end

--- Refuses a plan that says that its run would stop: that one would stop with a part of it done. What an earlier step of
--- the run puts right, no plan can know, so the operator may begin all the same.
---@param plan table
---@param anyway boolean?
local function check_whole(plan, anyway)
  local why = M.stops_at(plan)
  if not why or anyway then return end
  errors.raise {
    kind = "refused", message = "the plan says that its run would stop: " .. why,
    hint = "mend that, and make a new plan; where a step of the run itself puts it right: almanac run --plan FILE --anyway",
  }
end

--- Refuses to begin a run that is not the planned one: another script, stdlib or parameter; or one that cannot be.
---@param plan table
---@param book almanac.Runbook
---@param params table
---@param anyway boolean?  though the plan says that the run would stop
function M.check_start(plan, book, params, anyway)
  M.check_script(plan, book)
  check_reach(plan)
  check_whole(plan, anyway)
  if plan.stdlib ~= files.stdlib_digest() then
    errors.raise {
      kind = "refused",
      message = "the plan was made by another version of almanac's standard library",
      hint = "make a new plan",
    }
  end
  check_params(plan, book, params)
end

---@class almanac.PlanBinding
---@field digest string   of the plan
---@field plan table      as it was saved
---@field touched almanac.TouchedGround  what this run changed itself
---@field passed almanac.Passed           what it has come by
---@field is_foreign boolean  its fingerprints of secrets say nothing here: they have the key of another store
local Binding = {}
Binding.__index = Binding

--- Binds a run to a plan. What the run changed before, and the runs that it made, is in its journal: each execution of it
--- begins with that.
---@param plan table?  as it was saved
---@param run almanac.Run
---@return almanac.PlanBinding?  nil where there is no plan
function M.to(plan, run)
  if not plan then return nil end
  run.starts_in_previews = plan.starts_programs
  local bound = setmetatable({
    digest = plan.digest, plan = plan, touched = {}, passed = passed.of(run.journal, run.id), is_foreign = fingerprints.is_foreign(plan),
  }, Binding)
  family.visit(run.journal, run.id, function(event) bound:touch(event.path, event.data.ordinal) end, "effect.intent")
  return bound
end

local function stripped(entries, below)
  local out = {}
  for _, entry in ipairs(entries or {}) do
    if entry.path:sub(1, #below) == below then
      local copy = {}
      for field, value in pairs(entry) do copy[field] = value end
      copy.path = entry.path:sub(#below + 1)
      out[#out + 1] = copy
    end
  end
  return out
end

--- The part of the plan that a run has which the bound one makes. Raises kind "refused" when its script or its
--- parameters are not the planned ones.
---@param path string  of the step that makes it
---@param book almanac.Runbook
---@param params table
---@return almanac.PlanBinding
function Binding:nest(path, book, params)
  local plan, below = self.plan, path .. "/"
  local part = {
    digest = plan.digest, runbook = plan.runbook, sources = plan.sources, effects = stripped(plan.effects, below),
    possible = stripped(plan.possible, below), asks = stripped(plan.asks, below), gates = stripped(plan.gates, below),
    waits = stripped(plan.waits, below), steps = stripped(plan.steps, below), calls = stripped(plan.calls, below),
  }
  for _, call in ipairs(plan.calls or {}) do
    if call.path == path then
      part.script_digest, part.params = call.script_digest, call.params
      M.check_script(part, book)
      check_params(part, book, params)
    end
  end
  return setmetatable({
    digest = self.digest, plan = part, touched = self.touched, passed = self.passed:nest(path), is_foreign = self.is_foreign,
  }, Binding)
end

local function planned_for(plan, path, ordinal)
  if ordinal:find(".", 1, true) then return parts.of(plan, path, ordinal) end
  for _, planned in ipairs(plan.effects) do
    if planned.path == path and planned.ordinal == ordinal then return planned end
  end
end

--- What else may be done where the plan does not fit any more: nothing, where almanac.yaml wants runs to keep to one.
---@param id string  of the outermost run
---@return string?
local function otherwise_of(id)
  if settings.approval.plan_required then return nil end
  return "or go on without the plan: almanac resume " .. id .. " --without-plan"
end

---@param hints string[]?  lines before what is to be done
---@param what string?     that does not fit; nil: an effect
local function deviates(frame, message, hints, what)
  local otherwise, lines = otherwise_of(frame.run:outermost()), table.move(hints or {}, 1, #(hints or {}), 1, {})
  lines[#lines + 1] = string.format("this %s was not begun; make a new plan (almanac plan %s k=v…) once what was done is taken back "
    .. "(almanac rollback %s)%s", what or "effect", frame.run.bound.plan.runbook, frame.run:outermost(),
    otherwise and ", " .. otherwise or "")
  halt.raise { kind = "plan_mismatch", step = frame.path, message = message, hint = lines }
end

--- What an effect of this run stands on is the run's own from then on: later effects find it changed.
---@param path string of its step
---@param key string ordinal
function Binding:touch(path, key)
  local planned = planned_for(self.plan, path, key)
  if planned then grounds.touch(self.touched, planned.ground) end
end

--- Whether the plan foresaw that a step might make such an effect.
local function is_possible(plan, path, op)
  for _, item in ipairs(plan.possible or {}) do
    if item.op == op and step_name.is_within(path, item.path) then return true end
  end
  return false
end

--- Whether a call has the planned input; what the plan could not know may be anything, and where its fingerprints of
--- secrets have the key of another store, so may these.
local function has_planned_input(planned, call, is_foreign)
  if not planned.open and planned.digest == call.digest then return true end
  local now = json.decode(json.encode(secret.conceal_all(planned.as_given and call.raw or call.input)))
  if not planned.open and not (is_foreign and planned.input ~= nil) then return false, now end
  local input, compared = planned.input, now
  if is_foreign then input, compared = fingerprints.without(input), fingerprints.without(redaction.data(now)) end
  return inputs.fits(input, compared, planned.open), now
end

--- Refuses another input than the planned one.
local function check_input(frame, planned, call, is_foreign)
  local same, now = has_planned_input(planned, call, is_foreign)
  if same then return end
  deviates(frame, string.format("%s has another input than in the plan", call.name), {
    "planned: " .. json.encode(planned.input, { canonical = true }), "now:     " .. json.encode(now, { canonical = true }),
  })
end

--- Refuses an effect whose ground is not the planned one, and one of which the plan says that nothing would change where it
--- would change something now: a plan of nothing permits nothing.
local function check_ground(self, frame, planned, call)
  if not planned.ground and not planned.nothing or planned.nested then return end
  local preview = task.with({ permit = "read" }, previews.make, call.definition, call.input)
  if planned.ground then
    local fresh = redaction.data(preview.ground or {}) -- as the plan was written
    local message, hints = grounds.deviation(planned.ground, fresh, self.touched, self.is_foreign)
    if message then deviates(frame, message, hints) end
  elseif not preview.nothing then
    deviates(frame, string.format("%s: the plan says that nothing would change, and now it would",
      definitions.title(call.name, call.input, frame.run.definitions)), { "planned: " .. (planned.summary or "nothing would change") })
  end
end

--- The planned effect that a call is, whose ground is yet to be looked at; nil where there is nothing to hold it to.
local function planned_of(self, frame, call)
  if frame.prefix then
    local part, refused = parts.find(self.plan, frame, call, function(planned)
      return (has_planned_input(planned, call, self.is_foreign))
    end)
    if refused then deviates(frame, refused) end
    return part
  end
  local planned = planned_for(self.plan, frame.path, call.key)
  if not planned and is_possible(self.plan, frame.path, call.name) then return nil end
  if not planned or planned.op ~= call.name then
    deviates(frame, string.format("%s is not in the plan", definitions.title(call.name, call.input, frame.run.definitions)))
  end
  local left_out = sequence.left_out(self.plan, planned, frame.run, self.passed)
  if left_out then deviates(frame, string.format("%s: the plan %s, and this run did not", planned.title, left_out)) end
  check_input(frame, planned, call, self.is_foreign)
  return planned
end

--- What became of an effect of before is known: by its outcome, or from a look at the world.
---@param path string of its step
---@param key string ordinal
---@param is_recovered boolean?
function Binding:settle(path, key, is_recovered)
  self:touch(path, key)
  if is_recovered then self.passed:recover(path, key) end
end

--- An effect is begun, and its step has come by it.
---@param path string of its step
---@param key string ordinal
function Binding:begin(path, key) self.passed:begin(path, key) end

--- A question, a watch or a wait comes up. Stops before one that is another than the plan has in its place.
---@param frame almanac.Frame
---@param awaited almanac.Awaited
---@return integer? number  among those that the plan has there
function Binding:come_by(frame, awaited)
  if frame.prefix then return nil end -- an effect's own, of which no plan knows
  local number, message, hints = waits.find(self.plan, frame.path, awaited, self.is_foreign)
  if message then deviates(frame, message, hints, awaited.kind) end
  return number
end

--- It was passed: a question that was answered no, or a gate that failed, is not come by, whatever its script catches.
---@param frame almanac.Frame
---@param number integer
function Binding:meet(frame, number)
  self.passed:meet(frame.path, number)
  frame.run:record("wait.met", frame.path, { number = number })
end

--- Stops before an effect that is not in the plan, or whose ground has moved.
---@param frame almanac.Frame
---@param call almanac.EffectCall
---@param begun boolean it was begun in this run before: what it stands on may be its own work
function Binding:check(frame, call, begun)
  local planned = planned_of(self, frame, call)
  if not planned then return end
  if begun then grounds.touch(self.touched, planned.ground) end
  if not (begun and planned.nothing) then check_ground(self, frame, planned, call) end
  grounds.touch(self.touched, planned.ground)
end

return M
