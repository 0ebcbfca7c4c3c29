-- The vocabulary of events: what may be written, and what older journals said otherwise.
local event = require "almanac.journal.event"
local t = require "tests.harness"

t.test("every kind says how it is kept and what a replay does with it", function()
  local kept = { durable = true, soon = true, prompt = true, told = true }
  local replay = { done = true, begun = true, forget = true, rename = true, keep = true, skip = true }
  for name, declared in pairs(event.kinds) do
    t.ok(kept[declared.kept] and replay[declared.replay], name)
    if declared.kept == "told" then t.eq(declared.replay, "skip", name .. " is never in a journal") end
    t.eq(event.uses[name], declared.replay)
  end
end)

t.test("what a replay keeps of a run is folded, and nothing else", function()
  local folded = require("almanac.journal.replay").kinds()
  for name, use in pairs(event.uses) do
    local kept = use == "keep" or use == "forget" or use == "rename"
    t.eq(folded[name] or false, kept, name)
  end
  local err = t.raises("internal", event.handlers, { ["run.end"] = print, ["run.ended"] = print })
  t.has(err.message, "run.ended")
end)

t.test("how a run stands is said by its own events", function()
  t.eq(event.status_after("run.start", {}), "running")
  t.eq(event.status_after("run.resume", {}), "running")
  t.eq(event.status_after("run.end", { status = "waiting" }), "waiting")
  t.eq(event.status_after("run.abandoned", {}), "abandoned")
  t.eq(event.status_after("step.failed", { status = "failed" }), nil)
end)

t.test("an unknown kind, and a field that a kind does not carry, are bugs of ours", function()
  local err = t.raises("internal", event.declared, "step.finished", {})
  t.has(err.message, "step.finished")
  err = t.raises("internal", event.declared, "step.done", { reslut = 1 })
  t.has(err.message, "step.done carries no reslut")
  t.eq(event.declared("step.done", { result = 1 }).kept, "durable")
  t.eq(event.declared("run.plan", { anything = 1 }).kept, "durable")
end)

t.test("an event of a run that another process executes is checked as one of its own", function()
  local written = {}
  local journal = { append = function(_, ...) written[#written + 1] = { ... } end }
  event.append(journal, "run", "run.abandoned", "", { reason = "https://me:hunter2@host/", by = "me@host" })
  t.eq(#written, 1)
  t.eq({ written[1][1], written[1][2], written[1][3], written[1][5] }, { "run", "run.abandoned", "", true })
  t.ok(not written[1][4]:find("hunter2", 1, true), written[1][4])
  local err = t.raises("internal", event.append, journal, "run", "confirm.answered", "step", { anwser = "yes" })
  t.has(err.message, "confirm.answered carries no anwser")
  t.eq(#written, 1, "nothing was written of it")
end)

t.test("events are read by kind, and by a text that their JSON holds", function()
  local rows = {
    { 1, 5, "note", "a", '{"text":"one"}' },
    { 2, 6, "note", "a", '{"text":"the other"}' },
    { 3, 7, "note", "b", '{"text":"another one"}' },
  }
  local journal = {
    events = function(_, id, after, wanted)
      t.eq({ id, after, wanted }, { "run", 0, "note" })
      local i = 0
      return function()
        i = i + 1
        return table.unpack(rows[i] or {})
      end
    end,
  }
  local function texts(holding)
    local out = {}
    for one in event.each(journal, "run", "note", holding) do out[#out + 1] = one.data.text end
    return out
  end
  t.eq(texts(), { "one", "the other", "another one" })
  t.eq(texts "other", { "the other", "another one" })
  t.eq(texts "[", {})
end)

t.test("a pause that was journalled as a failure is read as an interrupt", function()
  local one = event.decode(7, 5, "step.failed", "a", '{"kind":"paused","message":"paused by the operator","at":"x.lua:1"}')
  t.eq(one, { seq = 7, time_ms = 5, kind = "step.interrupted", path = "a",
    data = { level = "pause", message = "paused by the operator", at = "x.lua:1" } })
  one = event.decode(8, 5, "step.failed", "a", '{"kind":"cancelled","message":"cancelled"}')
  t.eq(one.data.level, "cancel")
  one = event.decode(9, 5, "step.failed", "a", '{"kind":"timeout","message":"late"}')
  t.eq(one.kind, "step.failed", "what was not done in time has failed")
end)

t.test("a row that no almanac writes is corrupt, and says where and why; an effect's own event is its own", function()
  for payload, why in pairs {
    ["null"] = "carries a userdata", ["5"] = "carries a number", ["{"] = "JSON, line 1", ['{"from":5}'] = "its from is a number",
    ["{}"] = "it has no from",
  } do
    local err = t.raises("corrupt", event.decode, 3, 5, "step.renamed", "a", payload)
    t.has(err.message, "event 3 of the journal (step.renamed) is none that almanac writes: ")
    t.has(err.message, why)
  end
  t.raises("corrupt", event.decode, 3, 5, "step.interrupted", "a", '{"level":"loud"}')
  t.eq(event.decode(3, 5, "x.y", "a", '{"from":5}').data, { from = 5 })
  t.eq(event.decode(3, 5, "step.interrupted", "a", '{"level":"pause"}').data.level, "pause")
end)
