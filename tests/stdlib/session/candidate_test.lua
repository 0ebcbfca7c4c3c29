--- Which run a command means when it names none.
local candidate = require "almanac.session.candidate"
local json = require "native.json"
local t = require "tests.harness"
local terminal = require "almanac.base.terminal"

--- A journal with runs { id, status }, the oldest first.
local function journal_of(runs)
  local journal = require("native.journal").open { dir = t.tmpdir() .. "/store" }
  t.defer(function() journal:close() end)
  for _, one in ipairs(runs) do
    local meta = { params = { tag = one[1] }, operator = "ada", host = "desk", caller = one.caller }
    journal:create { id = one[1], runbook = "rollout", meta = json.encode(meta) }
    journal:append(one[1], "run.start", "", "{}", false)
    if one[2] then journal:append(one[1], "run.end", "", json.encode { status = one[2] }, false) end
    journal:flush()
  end
  return journal
end

local function operator(answer)
  local said = {}
  return {
    said = said, can_be_asked = function() return answer ~= nil end, say = function(_, text) said[#said + 1] = terminal.said(text) end,
    choose = function() return answer end,
  }
end

local failed = { command = "resume", what = "to resume", question = "Resume this run?",
  accepts = function(_, status) return status == "failed" end }

t.test("in a pipe the only one is taken, and is no choice of the operator's", function()
  local row, named = candidate.pick(journal_of { { "a", "failed" }, { "b", "done" } }, nil, failed, operator())
  t.eq({ row.id, named }, { "a", false })
end)

t.test("in a pipe several are listed, and refused", function()
  local err = t.raises("refused", candidate.pick, journal_of { { "a", "failed" }, { "b", "failed" } }, nil, failed, operator())
  t.has(err.message, "there are several runs to resume")
  t.has(err.hint, "almanac resume RUN")
  t.has(err.hint, "a  failed")
end)

t.test("none is refused, in words", function()
  t.has(t.raises("refused", candidate.pick, journal_of { { "a", "done" } }, nil, failed, operator()).message,
    "no run to resume in the journal")
end)

t.test("at a terminal the newest is shown and asked about", function()
  local journal, who = journal_of { { "a", "failed" }, { "b", "failed" } }, operator "yes"
  local row, named = candidate.pick(journal, nil, failed, who)
  t.eq({ row.id, named }, { "b", true })
  t.has(who.said[1], "runbook: rollout tag=b")
  t.has(who.said[1], "by:      ada on desk")
  t.has(t.raises("refused", candidate.pick, journal, nil, failed, operator "no").message, "nothing was done")
end)

t.test("a run that another one made is not meant", function()
  local child = { "child", "failed", caller = { run = "a", path = "part", root = "a" } }
  local row = candidate.pick(journal_of { { "a", "failed" }, child }, nil, failed, operator())
  t.eq(row.id, "a")
end)

t.test("a name means its run, whatever its status", function()
  local row, named = candidate.pick(journal_of { { "alpha", "done" } }, "alpha", failed, operator())
  t.eq({ row.id, named }, { "alpha", true })
end)
