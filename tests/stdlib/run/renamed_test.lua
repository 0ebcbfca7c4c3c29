-- How a renamed step is recognised: by its source, in which nothing but the name differs.
local halt = require "almanac.base.halt"
local renamed = require "almanac.run.renamed"
local sandbox = require "almanac.script.sandbox"
local source = require "almanac.base.source"
local t = require "tests.harness"
local undo_list = require "almanac.run.undo_list"
local walk = require "almanac.run.mode.walk"
local walked = require "tests.walked"
local json = require "native.json"
local runs = require "almanac.journal.run"

--- Walks a script over the journal of a run that was made with another one: path → the paths that it may have had.
local function candidates(old, new, done)
  local function body(text) return "local step = step\nreturn function()\n" .. text .. "\nend" end
  local function load(text)
    local script = sandbox.load("book.lua", body(text))
    return script, script.result
  end
  local old_script, old_run = load(old)
  local digests = {}
  local recorder = { step = function(frame, opts, fn)
    digests[frame.path] = opts.digest or source.digest(fn)
    return fn()
  end }
  require("almanac.run.step").within(runs.unrecorded({}, recorder), old_run)
  local journal <close> = require("native.journal").open { dir = t.tmpdir() .. "/store" }
  journal:create { id = "r", runbook = "book", meta = "{}" }
  journal:append("r", "run.start", "", json.encode { digest = old_script.digest }, false)
  journal:append("r", "run.script", "", json.encode { digest = old_script.digest, sources = old_script.sources }, false)
  for _, path in ipairs(done) do journal:append("r", "step.done", path, json.encode { digest = digests[path] }, false) end
  local new_script, new_run = load(new)
  local book = walked.book(new_run)
  book.script = new_script
  local run = runs.load(journal, "r", walk)
  t.eq(undo_list.walk(run, book, {}), nil)
  local found = {}
  for _, visit in ipairs(run.visits) do
    for _, maybe in ipairs(visit.maybe or {}) do found[visit.path .. " = " .. maybe.path] = true end
  end
  return found
end

t.test("a step of the same source is found; one that was edited besides is another", function()
  local old = 'step("a", function() return 1 end)\nstep("b", function() return 2 end)'
  t.eq(candidates(old, (old:gsub('"a"', '"x"')), { "a", "b" }), { ["x = a"] = true })
  t.eq(candidates(old, 'step("x", function() return 3 end)', { "a", "b" }), {})
  t.eq(candidates(old, 'step("x", function() return 1 end)\n' .. old, { "a", "b" }), {}, "the old one is there still")
end)

t.test("all that are gone and have the source are found", function()
  local old = 'step("a", function() return 1 end)\nstep("b", function() return 1 end)'
  t.eq(candidates(old, 'step("x", function() return 1 end)', { "a", "b" }), { ["x = a"] = true, ["x = b"] = true })
end)

t.test("a name on a line of its own, and steps whose function is named", function()
  local old = 'local function f() return 1 end\nstep("a", f)'
  t.eq(candidates(old, (old:gsub('"a"', '"x"')), { "a" }), { ["x = a"] = true })
  local loop = 'local all = { "a" }\nfor _, w in ipairs(all) do step("to " .. w, function() return 1 end) end'
  t.eq(candidates(loop, (loop:gsub('"a"', '"b"')), { "to a" }), {}, "another round of a loop is another step")
  t.eq(candidates(loop, (loop:gsub('"to "', '"for "')), { "to a" }), { ["for a = to a"] = true })
end)

t.test("declared: was names a sibling, whatever became of the source", function()
  local old = 'step("a", function() return 1 end)'
  t.eq(candidates(old, 'step("x", { was = "a" }, function() return 5 end)', { "a" }), { ["x = a"] = true })
  t.eq(candidates(old, 'step("x", { was = "b" }, function() return 5 end)', { "a" }), {})
end)

--- What is journalled when an operator gives these answers; nil: nobody can be asked.
local function decided(answers, candidates_of)
  local said, asked = {}, 0
  local run = { id = "r", record = function(_, kind, path, data) said = { kind, path, data.from } end }
  run.operator = {
    can_be_asked = function() return #answers > 0 end,
    choose = function()
      asked = asked + 1
      return answers[asked]
    end,
  }
  renamed.decide(run, "new", candidates_of)
  return said, asked
end

t.test("whoever sits at a terminal is asked about each; what is declared is not asked", function()
  local two = { { path = "a", digest = "d" }, { path = "b", digest = "d" } }
  t.eq({ decided({ "another", "same" }, two) }, { { "step.renamed", "new", "b" }, 2 })
  t.eq({ decided({ "another", "another" }, two) }, { { "step.distinct", "new" }, 2 })
  t.eq({ decided({}, { { path = "a", declared = true } }) }, { { "step.renamed", "new", "a" }, 0 })
  local err = t.raises("renamed", function() decided({}, two) end)
  t.ok(halt.is(err))
  t.has(err.message, '"a" or "b"')
  t.has(err.hint, '--renamed "new=b"')
end)
