--- The signed approvals of a run, judged by `approval` in almanac.yaml. Held by the run, as its operator is.
local approval = require "almanac.journal.approval"
local heads = require "almanac.journal.head"
local runners = require "almanac.session.runner"
local settings = require "almanac.config.settings"
local signers = require "almanac.session.signers"

local M = {}

---@class almanac.Approvals
---@field private journal table
---@field private id string
---@field private replay almanac.Replay
local Approvals = {}
Approvals.__index = Approvals

--- Those of a run; nil where an answer of anybody counts.
---@param journal table
---@param id string
---@param replay almanac.Replay
---@return almanac.Approvals?
function M.of(journal, id, replay)
  return signers.wanted() and setmetatable({ journal = journal, id = id, replay = replay }, Approvals) or nil
end

--- Why what was signed is not about the journal as it is; nil: it is.
local function other_journal(self, claim, asked_seq)
  local seq, hash = heads.parse(claim.head)
  if not seq then return nil end -- the text says so
  if self.journal:hash(self.id, seq) ~= hash then
    return string.format("the journal is not the one that was signed: its event %d is another one", seq)
  elseif seq < asked_seq then
    return "it was given before this was asked"
  end
end

--- When a question was first asked, behind an event.
local function first_behind(all, seq)
  for _, asked in ipairs(all) do
    if (asked.seq or math.huge) > seq then return asked end
  end
end

--- Why an answer is of no worth any more; as it was then: where this was asked once more, since it was overtaken. What came
--- behind the step that asked takes nothing from the answers that it went on with.
local function overtaken(claim, all, as_then)
  local last = all[#all]
  local is_asked_anew = last and claim.overtaken_at and (last.seq or math.huge) > claim.overtaken_at
  return (is_asked_anew or not as_then) and claim.overtaken or nil
end

--- The event of the last answer that did not let the run go on: what was signed before it is over, whoever brings it again.
local function last_no(question, answers)
  for i = #answers, 1, -1 do
    if not approval.goes_on(question, answers[i].answer) then return answers[i].seq or 0 end
  end
  return 0
end

--- Which answers to a question count.
---@param path string  of the step
---@param question table  as of approval.claims
---@param answers almanac.Answer[]
---@param as_then? boolean  by what held when they were given
---@return almanac.Judgement
function Approvals:judge(path, question, answers, as_then)
  local all = self.replay:previous("confirm.asked", path)
  local asked = first_behind(all, question.since or 0)
  local no = last_no(question, self.replay:previous("confirm.answered", path))
  local claims = approval.claims(self.id, path, question, answers)
  for _, claim in ipairs(claims) do
    claim.why = claim.why or overtaken(claim, all, as_then)
      or other_journal(self, claim, asked and asked.seq or math.huge)
    local is_over = not as_then and (heads.parse(claim.head) or math.huge) < no
    claim.over = is_over and "it was given before somebody said no" or nil
  end
  return signers.judge(claims, {
    good = settings.approval.valid_for, as_then = as_then,
    runner = runners.barred(self.replay),
  })
end

---@param judgement almanac.Judgement
---@return string
function Approvals.people(_, judgement)
  return signers.people(judgement)
end

---@param judgement almanac.Judgement
---@return string[]
function Approvals.reasons(_, judgement)
  return signers.reasons(judgement, "approval")
end

return M
