-- Finding runs: by what their rows say and by how they stand.
local events = require "almanac.journal.event"
local find = require "almanac.journal.find"
local journals = require "native.journal"
local json = require "native.json"
local t = require "tests.harness"

--- A journal of these runs, the oldest first: { id, meta, { kind, data }… }.
local function journal_of(runs)
  local journal = journals.open { dir = t.tmpdir() .. "/.almanac", mode = "rw" }
  t.defer(function() journal:close() end)
  for _, one in ipairs(runs) do
    journal:create { id = one.id, runbook = one.runbook or "rollout", meta = json.encode(one.meta or {}) }
    for _, event in ipairs(one) do events.append(journal, one.id, event[1], event[3] or "", event[2]) end
  end
  return journal
end

local function ids(journal, wanted)
  local out = {}
  for i, found in ipairs(find.runs(journal, wanted)) do out[i] = found.id end
  return table.concat(out, " ")
end

local START, DONE = { "run.start", { runbook = "rollout" } }, { "run.end", { status = "done" } }

t.test("how a run stands is said by its last turn, whatever comes behind it", function()
  local answer = { "confirm.answered", { question = "well?", answer = "yes", by = "bob", at_ms = 1 }, "step" }
  local failed = { "run.end", { status = "failed", error = { message = "exit 1\nmore", step = "a/b" } } }
  local journal = journal_of {
    { id = "done", START, DONE, { "notice.sent", { id = "n" } } },
    { id = "waits", START, { "run.end", { status = "waiting" } }, answer },
    { id = "again", START, failed, { "run.resume", {} }, DONE },
    { id = "failed", START, failed },
    { id = "undone", START, failed, { "step.undone", {}, "a" }, { "run.end", { status = "undone", by = "rollback" } } },
    { id = "given-up", START, failed, { "run.abandoned", { reason = "no", by = "bob" } } },
    { id = "died", START, { "step.start", { attempt = 1 }, "a" } },
    { id = "begun" },
  }
  local out = {}
  for _, found in ipairs(find.runs(journal, {})) do out[found.id] = found.status end
  t.eq(out, { done = "done", waits = "waiting", again = "done", failed = "failed", undone = "undone", ["given-up"] = "abandoned",
    died = "crashed", begun = "crashed" })
  local found = find.runs(journal, { statuses = { "failed" } })
  t.eq({ #found, found[1].error, found[1].step, found[1].duration ~= nil }, { 1, "exit 1", "a/b", true })
  t.eq(ids(journal, { statuses = { "failed", "crashed" } }), "begun died failed")
  t.eq(ids(journal, { statuses = { "running" } }), "")
  t.eq(ids(journal, { statuses = { "crashed" }, limit = 1 }), "begun")
end)

t.test("one end that is no JSON hides no run, whatever is wanted", function()
  local journal = journal_of { { id = "before", START, DONE }, { id = "odd", START }, { id = "after", START, DONE } }
  journal:append("odd", "run.end", "", '{"status":"done","1,', false)
  journal:flush()
  t.eq(ids(journal, {}), "after odd before")
  t.eq(ids(journal, { statuses = { "done" } }), "after odd before", "nobody can tell how it ended")
  t.eq(ids(journal, { operator = "x" }), "")
  t.eq(ids(journal, { params = { a = "1" } }), "")
  t.eq(find.runs(journal, { limit = 2 })[2].status, "corrupt")
end)

t.test("a duration is found however it is typed: the journal keeps seconds", function()
  local journal = journal_of { { id = "long", meta = { params = { observe = 600 }, durations = { "observe" } }, START, DONE },
    { id = "short", meta = { params = { observe = 60 }, durations = { "observe" } }, START, DONE } }
  for _, typed in ipairs { "10m", "600s", "600" } do t.eq(ids(journal, { params = { observe = typed } }), "long", typed) end
  t.eq(ids(journal, { params = { observe = "1m" } }), "short")
end)

t.test("a row that is no object of JSON hides no run, whatever is wanted", function()
  local journal = journal_of { { id = "sound", START, DONE } }
  for n, meta in ipairs { "[1]", '{"a":', "7" } do journal:create { id = "odd" .. n, runbook = "rollout", meta = meta } end
  t.eq(ids(journal, {}), "odd3 odd2 odd1 sound")
  t.eq(ids(journal, { params = { a = "1" } }), "odd3 odd2 odd1")
  t.eq(ids(journal, { runbook = "canary" }), "odd3 odd2 odd1")
end)

t.test("a run that a process holds is running", function()
  local journal = journal_of { { id = "runs", START } }
  t.ok(journal:lock_run("runs", "me"))
  t.eq(ids(journal, { statuses = { "running" } }), "runs")
  t.eq(ids(journal, { statuses = { "crashed" } }), "")
end)

t.test("by runbook, operator, environment, time and parameters of every type; the newest first, as many as wanted", function()
  local journal = journal_of {
    { id = "a", meta = { operator = "alice", environment = "devnet", params = { tag = "v1", n = 3, dry = true } }, START, DONE },
    { id = "b", meta = { operator = "bob", params = { tag = "v1", n = "3" } }, START, DONE },
    { id = "c", runbook = "canary", meta = { operator = "bob", params = { ['odd name'] = "it's" } }, START, DONE },
  }
  t.eq(ids(journal, {}), "c b a")
  t.eq(ids(journal, { limit = 2 }), "c b")
  t.eq(ids(journal, { runbook = "canary" }), "c")
  t.eq(ids(journal, { operator = "bob", runbook = "rollout" }), "b")
  t.eq(ids(journal, { environment = "devnet" }), "a")
  t.eq(ids(journal, { params = { tag = "v1" } }), "b a")
  t.eq(ids(journal, { params = { tag = "v1", n = "3" } }), "b a")
  t.eq(ids(journal, { params = { dry = "true" } }), "a")
  t.eq(ids(journal, { params = { tag = "v" } }), "")
  t.eq(ids(journal, { params = { ['odd name'] = "it's" } }), "c")
  t.eq(ids(journal, { params = { missing = "" } }), "")
  t.eq(ids(journal, { params = { tag = "v1", missing = "" } }), "")
  local at = find.runs(journal, { runbook = "canary" })[1].started_ms
  t.eq(ids(journal, { since_ms = at + 1 }), "")
  t.eq(ids(journal, { until_ms = at + 1 }), "c b a")
end)

t.test("what a run ended with names its step once", function()
  t.eq(find.told {}, nil)
  t.eq(find.told { error = "no" }, "no")
  t.eq(find.told { error = "exit 3", step = "a/deploy" }, "a/deploy: exit 3")
  t.eq(find.told { error = "waiting for the operator: go on?", step = "a/go on?" }, "waiting for the operator: go on?")
end)
