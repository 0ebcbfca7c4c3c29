-- A redo: what is run again, in the order in which it was done.
local redo = require "almanac.run.redo"
local t = require "tests.harness"

--- A run whose steps were done in this order; what is in one counts from its last event.
local function run_of(paths)
  local seqs, recorded = {}, {}
  for i, path in ipairs(paths) do seqs[path] = i end
  return {
    id = "r-1", recorded = recorded,
    done = { seq = function(_, path) return seqs[path] end, paths = function() return paths end },
    replay = { last_seqs = function() return seqs end, is_redo_due = function(_, path) return path == "deploy/wait" end },
    record = function(_, kind, path, data) recorded[path] = { kind, data.keep_effects } end,
  }
end

t.test("the step, what is in it, and all that was done after it", function()
  local run = run_of { "read", "deploy/plan", "deploy/apply/wait", "deploy/apply", "deploy", "verify" }
  t.eq(redo.record(run, "deploy/apply"), { "deploy/apply/wait", "deploy/apply", "deploy", "verify" })
  t.eq(run.recorded["read"], nil)
  t.eq(run.recorded["deploy/plan"], nil, "what was done before it stays")
  t.eq(run.recorded["deploy/apply"], { "step.redo" })
  t.eq(run.recorded["deploy"], { "step.redo", true }, "what contains it keeps its own effects")
end)

t.test("a step that is not done is refused, with where they are shown", function()
  local err = t.raises("refused", redo.check, run_of { "read" }, "raed", {})
  t.has(err.message, '--redo: this run has no done step "raed"; did you mean "read"?')
  t.has(err.hint, "almanac status r-1")
  redo.check(run_of { "read" }, "deploy/wait", {}) -- it is to be done once more already
end)
