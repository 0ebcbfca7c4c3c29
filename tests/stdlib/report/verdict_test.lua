-- How a run ended, in one line, and what to type next.
local t = require "tests.harness"
local verdict = require "almanac.report.verdict"

local function report(status, facts)
  local out = { run = { status = status, words = "-r web", started_ms = 0 }, steps = {}, gates = {}, counts = { steps = 1, effects = 2 } }
  for name, value in pairs(facts or {}) do out[name] = value end
  return out
end

local function step(path, status, more)
  local out = { path = path, status = status, effects = {} }
  for name, value in pairs(more or {}) do out[name] = value end
  return out
end

local function commands(of)
  local out = {}
  for i, one in ipairs(verdict.of(of).next) do out[i] = one.command end
  return out
end

t.test("a failure names the innermost step and the first line of why", function()
  local failed = report("failed", { error = { step = "a/b", message = "exit 3\nmore" }, steps = { step("a", "done") } })
  t.eq(verdict.of(failed).text, "Failed in “a/b”: exit 3")
  t.eq(commands(failed), { "almanac resume -r web", "almanac rollback -r web", "almanac abandon -r web --reason TEXT" })
  t.eq(verdict.of(report("failed", { failure = 1, steps = { step("a", "failed", { message = "boom" }) } })).text, "Failed in “a”: boom")
end)

t.test("what was done is counted, and how long it took where that is known", function()
  t.eq(verdict.of(report "done").text, "1 step and 2 effects")
  local done = report("done", { steps = { step("a", "done") } })
  done.run.ended_ms = 62000
  t.eq({ verdict.of(done).text, verdict.of(done).tone }, { "1 step and 2 effects in 1m2s", "good" })
  t.eq(commands(done), { "almanac rollback -r web", "almanac verify -r web" })
  local cut = report("failed", { steps = { step("a", "cut", { effects = { {} } }) } })
  t.eq(commands(cut)[2], "almanac rollback -r web", "an effect may have taken place in a step that was cut")
end)

t.test("who gave it up, and why", function()
  local given_up = report "abandoned"
  t.eq(verdict.of(given_up).text, "Given up by somebody: ")
  given_up.run.abandoned = { by = "ann", reason = "broken\nfor good" }
  t.eq({ verdict.of(given_up).text, #commands(given_up) }, { "Given up by ann: broken", 0 })
end)

t.test("a process that died is told from one that goes on", function()
  local steps = { step("a", "done"), step("a/b", "cut") }
  t.eq(verdict.of(report("crashed", { steps = steps })).text, "The process that ran it died in “a/b”; nobody goes on with it")
  local running = report("running", { steps = { step("a", "running") } })
  t.eq({ verdict.of(running).text, verdict.of(running).tone }, { "Under way in “a”", "open" })
  t.eq(commands(running), { "almanac status -r web" })
end)

t.test("a question is answered in the words that it takes", function()
  local function asking(more)
    more.asks = "Go on?\nReally?"
    return report("waiting", { steps = { step("q", "asking", more) } })
  end
  t.eq(verdict.of(asking {}).text, "Waits for an answer: Go on?")
  t.eq(commands(asking {}), { "almanac approve -r web", "almanac reject -r web", "almanac resume -r web" })
  t.eq(commands(asking { choices = { "all of it", "none" } }),
    { 'almanac answer -r web "all of it"', 'almanac answer -r web "none"', "almanac resume -r web" })
  t.eq(commands(asking { pattern = "^v" }), { "almanac answer -r web TEXT", "almanac resume -r web" })
  t.eq(verdict.of(report "waiting").text, "Was answered, and waits for somebody to go on with it")
end)

t.test("what a rollback left is named once, and can be taken back yet", function()
  local left = { { path = "a" }, { path = "a" }, { path = "b" } }
  local undone = report("undone", { error = { step = "c", message = "no" } })
  undone.run.left, undone.run.undone_by = left, "r-2"
  t.eq(verdict.of(undone).text, "Failed in “c”: no; then it was undone by r-2, but for “a”, “b”, NOT taken back")
  t.eq(commands(undone), { "almanac rollback -r web", "almanac verify -r web" })
  t.eq(verdict.of(report "undone").text, "It was undone", "an older almanac did not journal what nothing takes back")
  undone = report "undone"
  undone.run.irreversible = {}
  t.eq(verdict.of(undone).text, "All of it was undone")
end)

t.test("nothing is offered to take back where nothing was done, of a rollback, or of a rehearsal", function()
  t.eq(commands(report "paused"), { "almanac resume -r web" })
  local rollback = report("failed", { steps = { step("undo a", "done") } })
  rollback.run.undoes = "r-1"
  t.eq(commands(rollback), { "almanac resume -r web", "almanac abandon -r web --reason TEXT" })
  local rehearsed = report("failed", { steps = { step("a", "done") } })
  rehearsed.run.rehearsal = true
  t.eq(commands(rehearsed), {})
end)
