--- An audit of a run by its journal: whether it is the one that somebody saw before, and whose signatures are in it.
local approval = require "almanac.journal.approval"
local approvals = require "almanac.session.approvals"
local files = require "almanac.run.plan.file"
local plan_signatures = require "almanac.session.plan_signatures"
local runners = require "almanac.session.runner"

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

--- Whether anything happened behind the answer: of a guard, what it lets pass is journalled; the question about an
--- effect has the path of its step before the mark.
local function went_on(replay, path)
  local let = replay:previous("guard.answered", path)
  return #let > 0 or replay.done ~= nil and replay.done:seq((path:match "^(.-)#" or path)) ~= nil
end

--- What was signed for a run, and whether it counts by almanac.yaml as it is now, and by the keys as they were when it
--- was signed.
---@param journal table
---@param id string
---@param replay almanac.Replay
---@return almanac.Finding[]
function M.signatures(journal, id, replay)
  local findings, judge = {}, approvals.of(journal, id, replay)
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
      findings[#findings + 1] = {
        what = path, went_on = went_on(replay, path), judgement = judge:judge(path, last, answers, true),
      }
    end
  end
  return findings
end

return M
