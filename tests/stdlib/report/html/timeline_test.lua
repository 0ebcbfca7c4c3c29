-- The timeline of a run as a picture: its places lie in it, however the run went, and who reads it knows what each part is.
local html = require "tests.stdlib.report.html.markup_of"
local report_of = require("tests.report_events").report
local t = require "tests.harness"
local timeline = require "almanac.report.html.timeline"

local WIDTH = 1080
local START = { "run.start", "", { runbook = "r" }, 0 }

local function render(events, facts) return html.text(timeline.render(report_of(events, facts))) end

local function check_places(text)
  for name, value in text:gmatch ' ([xy][12]?)="([^"]*)"' do
    local number = tonumber(value)
    t.ok(number and number >= 0 and number <= (name:find "x" and WIDTH or math.huge), name .. "=" .. value)
  end
  for value in text:gmatch ' width="([^"]*)"' do t.ok(tonumber(value) and tonumber(value) >= 0, value) end
  for d in text:gmatch ' d="([^"]*)"' do t.ok(not d:find "nan" and not d:find "inf", d) end
end

t.test("a step has a row with its name, and a bar for each thing that it did", function()
  local text = render {
    START, { "step.start", "a" }, { "gate.start", "a", { query = "q" } }, { "step.done", "a", {} }, { "step.start", "b" },
    { "step.retry", "b", { delay = 1, message = "x" } }, { "step.failed", "b", { message = "y" } },
    { "run.end", "", { status = "failed" } },
  }
  check_places(text)
  for _, said in ipairs { "<title>watched, ", "<title>worked, ", "waited to try again", ": failed</title>", 'href="#s1"', "✗ b</text>" } do
    t.has(text, said)
  end
end)

t.test("a kill and what goes on behind it are marked; a long time in which nobody ran it is cut short, and told", function()
  local text = render { START, { "step.start", "a", {}, 1 }, { "note", "a", { text = "x" }, 10 }, { "run.resume", "", {}, 100000 },
    { "step.start", "a", {}, 100001 }, { "step.done", "a", {}, 100010 }, { "run.end", "", { status = "done" }, 100011 } }
  check_places(text)
  t.has(text, "<title>killed, last heard of at ")
  t.has(text, "<title>went on at ")
  t.has(text, "<title>nobody ran it for 1d3h")
  t.ok(tonumber(text:match 'class="gap" x="[^"]*" y="22" width="([^"]*)"') < 60, "it takes little room")
end)

t.test("of very many steps there are those that went wrong and the outermost; the others are counted", function()
  local events = { START, { "step.start", "p" } }
  for i = 1, 300 do
    events[#events + 1] = { "step.start", "p/" .. i }
    events[#events + 1] = i == 290 and { "step.failed", "p/" .. i, { message = "x" } } or { "step.done", "p/" .. i, {} }
  end
  events[#events + 1] = { "run.end", "", { status = "failed" } }
  local text = render(events)
  t.eq(html.count(text, 'href="#s'), 120)
  t.has(text, "✗ 290</text>")
  t.has(text, "181 steps more are in the list of steps")
end)

t.test("names are text, and as wide as a name may be; a run that began no step says so", function()
  local evil = "</text><script>" .. ("長"):rep(300)
  local text = render { START, { "step.start", evil }, { "step.done", evil, {} }, { "run.end", "", { status = "done" } } }
  check_places(text)
  t.lacks(text, "<script")
  t.eq(render { START, { "run.end", "", { status = "failed" } } }, '<p class="dim">No step was begun.</p>')
end)
