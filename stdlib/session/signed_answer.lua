--- A signed answer to a question of a run: signed here, or elsewhere by who cannot reach this journal.
local approval = require "almanac.journal.approval"
local approvals = require "almanac.session.approvals"
local errors = require "almanac.base.errors"
local fs = require "native.fs"
local heads = require "almanac.journal.head"
local signers = require "almanac.session.signers"
local statement = require "almanac.base.statement"
local timestamp = require "almanac.base.timestamp"

local M = {}

---@class almanac.Asked  a question, where it stands
---@field journal table
---@field id string              of the run
---@field replay almanac.Replay
---@field question almanac.Question

--- Refuses an approval that would not count.
local function judge(asked, data)
  if not approval.goes_on(asked.question, data.answer) then return nil end
  local path, question = asked.question.path, { answer = data.answer }
  for _, name in ipairs { "question", "script", "callers", "plan", "must_sign", "since" } do question[name] = asked.question[name] end
  local answers = asked.replay:previous("confirm.answered", path)
  answers[#answers + 1] = data
  local judgement = approvals.of(asked.journal, asked.id, asked.replay):judge(path, question, answers)
  for _, one in ipairs(judgement.refused) do
    if one.claim.signature == data.signature then
      errors.raise { kind = "refused", message = string.format("the approval of %s would not count: %s", data.principal, one.why) }
    end
  end
  return judgement
end

--- The text that somebody is to sign elsewhere.
---@param asked almanac.Asked
---@param data almanac.Answer
---@param principal string?
---@return string
function M.text(asked, data, principal)
  if not principal then errors.usage "--text needs --as PRINCIPAL beside it: who is to sign" end
  data.principal, data.head = principal, heads.of(asked.journal, asked.id)
  return approval.statement(asked.id, asked.question.path, data)
end

--- Signs an answer, which gets what the journal keeps of that.
---@param asked almanac.Asked
---@param data almanac.Answer
---@param given table  of the command line
---@return almanac.Judgement? judgement  with this answer; nil where it lets nothing go on
function M.sign(asked, data, given)
  local signing = signers.choose(given)
  data.signed = M.text(asked, data, signing.principal)
  data.signature = signers.sign(signing, data.signed, data.at_ms).signature
  return judge(asked, data)
end

--- Takes an answer that was signed elsewhere: the text in a file, and its signature in FILE.sig, as ssh-keygen leaves it.
---@param asked almanac.Asked
---@param data almanac.Answer
---@param file string
---@return almanac.Judgement judgement  with this answer
function M.take(asked, data, file)
  signers.check_wanted()
  local text, signature = fs.read(file), fs.read(file .. ".sig")
  local said = statement.parse(text)
  local seconds = timestamp.epoch(said.time)
  local at_ms = seconds and math.floor(seconds * 1000 + 0.5)
  local is_whole = type(said.principal) == "string" and type(said.head) == "string" and timestamp.is_ms(at_ms)
  if not is_whole or said.answer ~= data.answer then
    errors.raise {
      kind = "refused", message = string.format("%s is no text of such an answer", file),
      hint = string.format("almanac approve %s --text --as PRINCIPAL prints one", asked.id),
    }
  end
  data.principal, data.head, data.at_ms = said.principal, said.head, at_ms
  data.reason = type(said.reason) == "string" and said.reason or nil
  data.signed, data.signature = text, signature
  return judge(asked, data)
end

return M
