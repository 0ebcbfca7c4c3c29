--- An audit of a run by its journal: whether it is the one that somebody saw before, and whose signatures are in it.
local approval = require "almanac.journal.approval"
local approvals = require "almanac.session.approvals"
local config = require "almanac.config.file"
local edited = require "almanac.session.edited"
local errors = require "almanac.base.errors"
local events = require "almanac.journal.event"
local family = require "almanac.journal.family"
local files = require "almanac.run.plan.file"
local json = require "native.json"
local plan_signatures = require "almanac.session.plan_signatures"
local process = require "native.process"
local replays = require "almanac.journal.replay"
local rows = require "almanac.journal.row"
local runners = require "almanac.session.runner"
local settings = require "almanac.config.settings"
local step_name = require "almanac.base.step_name"

local M = {}

---@class almanac.Finding
---@field what string               "plan", or the path of the step that asked
---@field judgement almanac.Judgement
---@field went_on boolean           the run went on behind it
---@field wrong string?             why it is not to be believed

--- The event of which this is the hash, or the beginning of it; nil: there is none.
---@param journal table
---@param id string
---@param hash string  hexadecimal
---@return integer? seq
function M.event_of(journal, id, hash)
  for seq = journal:head(id), 1, -1 do
    if journal:hash(id, seq):sub(1, #hash) == hash then return seq end
  end
end

local function of_plan(replay)
  local plan = replay.plan
  local runner = runners.barred(replay)
  return {
    what = "plan", went_on = true, judgement = plan_signatures.judge(plan, runner, true),
    wrong = not files.is_whole(plan) and "it is not the plan that its digest stands for" or nil,
  }
end

local DEEDS = { ["step.done"] = true, ["effect.intent"] = true }

---@class almanac.Deed  a step that is done, or an effect that was begun
---@field seq integer
---@field path string
---@field began integer  when its step first began

--- What a run did, in its order.
---@param journal table
---@param id string
---@return almanac.Deed[]
local function deeds_of(journal, id)
  local deeds, began = {}, {}
  for event in events.each(journal, id) do
    local path = event.path
    if event.kind == "step.start" then began[path] = began[path] or event.seq end
    if DEEDS[event.kind] then deeds[#deeds + 1] = { seq = event.seq, path = path, began = began[path] or event.seq } end
  end
  return deeds
end

local function outermost(path) return path:match "^[^/]*" end

--- Whether anything was made behind a question since it was asked last: in the step that asked and those that hold it, or
--- in another one that had not begun when it was asked first. Branches beside it go on meanwhile.
---@param asked almanac.Question[]
---@param path string
---@param deeds almanac.Deed[]
---@return boolean
local function is_passed_over(asked, path, deeds)
  local step, first, last = path:match "^(.-)#" or path, asked[1].seq, asked[#asked].seq
  for _, deed in ipairs(deeds) do
    local is_behind = step_name.is_within(step, deed.path) or outermost(deed.path) ~= outermost(step) and deed.began > first
    if deed.seq > last and is_behind then return true end
  end
  return false
end

--- What was signed for a run, and whether it counts by almanac.yaml as it is now, and by the keys as they were when it
--- was signed.
---@param journal table
---@param id string
---@param replay almanac.Replay
---@return almanac.Finding[]
function M.signatures(journal, id, replay)
  local findings, judge, deeds = {}, approvals.of(journal, id, replay), nil
  if replay.plan and judge then findings[1] = of_plan(replay) end
  local paths = {}
  for path in pairs(replay.kept["confirm.asked"] or {}) do paths[#paths + 1] = path end
  table.sort(paths)
  for _, path in ipairs(judge and paths or {}) do
    local asked = replay:previous("confirm.asked", path)
    local last, answers = asked[#asked], replay:previous("confirm.answered", path)
    local given = answers[#answers]
    local is_input = last.must_sign and #last.must_sign == 0 -- as a parameter is: anybody's to give
    if last.must_sign then
      last.answer = given and approval.goes_on(last, given.answer) and given.answer or last.must_sign[1]
    end
    if not is_input and (not last.choices or last.must_sign) then -- another one with choices is anybody's to answer
      deeds = deeds or deeds_of(journal, id)
      findings[#findings + 1] = {
        what = path, went_on = edited.went_on(replay, path) or is_passed_over(asked, path, deeds),
        judgement = judge:judge(path, last, answers, true),
      }
    end
  end
  return findings
end

--- Calls fn for each signed answer of a run that counts.
local function each_signed(judge, replay, fn)
  for path in pairs(replay.kept["confirm.asked"] or {}) do
    for _, given in ipairs(replay:previous("confirm.answered", path)) do
      local question = { question = given.question, answer = given.answer }
      if given.signed and judge:judge(path, question, { given }, true).accepted[1] then fn(given) end
    end
  end
end

--- The scripts for which there is a signature that counts, and the first event behind one.
local function signed_for(journal, id, replay)
  local judge, signed, first = approvals.of(journal, id, replay), {}, math.huge
  if replay.plan and #plan_signatures.judge(replay.plan, runners.barred(replay), true).accepted > 0 then
    signed[replay.plan.script_digest], first = true, 0
  end
  each_signed(judge, replay, function(given) signed[given.script], first = true, math.min(first, given.seq) end)
  return signed, first
end

--- Adds the scripts of a run that were signed with what the runs that it made asked; and gives when that was first.
local function signed_in_made(journal, id, of, signed, first_ms)
  for _, row in ipairs(journal:runs()) do
    local caller = rows.meta(row).caller
    if caller and caller.run == of then
      local replay = replays.load(journal, row.id)
      each_signed(approvals.of(journal, row.id, replay), replay, function(given)
        local script = approval.script_of_caller(given, id)
        if script then signed[script], first_ms = true, math.min(first_ms, given.time_ms) end
      end)
      first_ms = signed_in_made(journal, id, row.id, signed, first_ms)
    end
  end
  return first_ms
end

---@class almanac.UnsignedText  what a run did with a script that nobody signed, behind a signature for another one
---@field from integer   the first event
---@field to integer
---@field count integer  of steps that are done, and effects that were begun

--- What a run did with other scripts than those that were signed, once one was.
---@param journal table
---@param id string
---@param replay almanac.Replay
---@return almanac.UnsignedText[]
function M.unsigned_texts(journal, id, replay)
  if not approvals.of(journal, id, replay) then return {} end
  local signed, first = signed_for(journal, id, replay)
  local first_ms = signed_in_made(journal, id, id, signed, math.huge)
  local found, current, open = {}, nil, nil
  for event in events.each(journal, id) do
    if event.kind == "run.script" then current, open = event.data.digest, nil end
    local is_behind = event.seq > first or event.time_ms > first_ms
    -- A run that it makes, or goes on with, tells of its own; when that is over, the step is done.
    local is_deed = DEEDS[event.kind] and not family.made_by(event)
    if is_deed and is_behind and current and not signed[current] then
      if not open then
        open = { from = event.seq, to = event.seq, count = 0 }
        found[#found + 1] = open
      end
      open.to, open.count = event.seq, open.count + 1
    end
  end
  return found
end

--- Takes the policy of the run's environment, where its almanac.yaml is.
---@param row table    of the journal
---@param given table  of the command line
function M.take_policy(row, given)
  local meta = rows.meta(row)
  if meta.cwd == process.cwd() then config.restore(given, meta.choice or {}) end
end

--- Adds to a report what the run did with a script that nobody signed.
---@param report almanac.Report
---@param journal table
function M.add_to(report, journal)
  if report.journal.broken or not settings.approval.allowed_signers then return end
  local ok, texts = errors.try(M.unsigned_texts, journal, report.run.id, replays.load(journal, report.run.id))
  report.journal.unsigned = ok and texts[1] and json.array(texts) or nil -- signers that cannot be read, verify tells
end

return M
