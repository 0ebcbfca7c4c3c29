-- What a resume says that it will do.
local outlook = require "almanac.run.outlook"
local step = require "almanac.run.step"
local t = require "tests.harness"
local walked = require "tests.walked"

local function lines_of(events, body)
  local run = walked.walk(events, body)
  local lines = {}
  for _, line in ipairs(outlook.describe(run, walked.book(body))) do lines[#lines + 1] = (line:gsub("%s+", " ")) end
  return lines
end

local function one() return 1 end
local function two() return 2 end

t.test("done and unchanged, done but edited, next and new", function()
  t.eq(lines_of({
    { "step.done", "one", { digest_of = one } }, { "step.done", "two", { digest_of = one } }, { "step.start", "three" },
  }, function()
    step.step("one", one)
    step.step("two", two)
    step.step("three", one)
  end), {
    "resuming r", " ✓ one done, unchanged", ' ✓ two done, but edited since; run again with --redo "two"', " ▶ three next",
  })
end)

t.test("the first step that was never begun is the next one", function()
  t.eq(lines_of({ { "step.done", "one", { digest_of = one } } }, function()
    step.step("one", one)
    step.step("four", one)
  end)[3], " ▶ four new, next")
end)

t.test("a done step that the script does not name any more is gone; one below a step that was met is not", function()
  local lines = lines_of({
    { "step.done", "outer", { digest_of = one } }, { "step.done", "outer/inner" }, { "step.done", "old name" },
  }, function() step.step("outer", one) end)
  t.eq(lines, { "resuming r", " ✓ outer done, unchanged", " - old name gone from the script, unless its name is computed" })
end)

t.test("what may lie behind a new step is not called gone", function()
  local run = walked.walk({ { "step.done", "drain mq-0" }, { "step.done", "drained 1 of 3" }, { "step.done", "other" } },
    function() step.step("look", one) end)
  local book = walked.book(function() end)
  book.script.sources = { ["book.lua"] = 'step("look", one) step("drain " .. node, f) step(string.format("drained %d of %d", i, n), f)' }
  local lines = outlook.describe(run, book)
  t.eq(#lines, 3, table.concat(lines, "\n"))
  t.has(lines[3], "- other ")
  book.script.sources = { ["book.lua"] = "step('look', one) for _, node in ipairs(nodes) do step(node.name, f) end" }
  lines = outlook.describe(run, book)
  t.eq(#lines, 3, table.concat(lines, "\n"))
  t.has(lines[3], "· 3 more done: behind what is next, or gone from the script, which computes names")
end)

t.test("of many steps that are unchanged the last twelve are listed, and the rest counted", function()
  for _, n in ipairs { 40, 1024, 2500 } do
    local events = {}
    for i = 1, n do events[i] = { "step.done", "s" .. i, { digest_of = one } } end
    local lines = lines_of(events, function()
      for i = 1, n do step.step("s" .. i, one) end
      step.step("last", one)
    end)
    t.eq({ #lines, lines[2], lines[3] }, {
      15, string.format(" ✓ %d steps before these done, unchanged", n - 12), string.format(" ✓ s%d done, unchanged", n - 11),
    })
  end
end)

t.test("once a step is edited, those behind it are listed, however many", function()
  local events = { { "step.done", "edited", { digest_of = two } } }
  for i = 1, 2000 do events[i + 1] = { "step.done", "s" .. i, { digest_of = one } } end
  t.eq(#lines_of(events, function()
    step.step("edited", one)
    for i = 1, 2000 do step.step("s" .. i, one) end
  end), 2002)
end)

t.test("a parallel with several branches is unchanged when its branches are", function()
  local parallel = require "almanac.run.parallel"
  t.eq(lines_of({ { "step.done", "both", { digest = "a\nb" } } }, function()
    parallel.parallel("both", { a = one, b = two })
  end)[2], " ✓ both done, unchanged")
end)
