--- What can be done from a page: a question is answered, a run that is under way is paused or cancelled.
local approval = require "almanac.journal.approval"
local errors = require "almanac.base.errors"
local json = require "native.json"
local process = require "native.process"
local questions = require "almanac.session.questions"
local redaction = require "almanac.base.redaction"
local store = require "almanac.journal.store"

local M = {}

--- The process that runs it, where that is one of this machine.
---@param journal table
---@param id string
---@return integer? pid
function M.process_of(journal, id)
  local text = journal:holder(id)
  local ok, holder = errors.try(json.decode, text or "null")
  if not ok or type(holder) ~= "table" or holder.host ~= process.hostname() then return nil end
  return math.tointeger(holder.pid)
end

local function refuse(message, hint)
  errors.raise { kind = "refused", message = message, hint = hint }
end

--- The question that a form was about. It must be asked still, and about the same script and plan.
local function asked_in(journal, id, fields)
  local open, pending = questions.own(journal, id)
  for _, question in ipairs(table.move(pending, 1, #pending, #open + 1, open)) do
    if question.shown == fields.path then
      local same = question.question == fields.question and (question.plan or "") == fields.plan
      if same and (question.script or "") == fields.script then return question end
      refuse("it asks something else by now, or about another script or plan", "look at it again")
    end
  end
  refuse(id .. " waits for no such answer any more", "look at it again")
end

--- Journals an answer.
---@param id string
---@param fields table<string, string>  of the form: path, question, plan, script, answer, reason
---@param who string|true
function M.answer(id, fields, who)
  local journal <close> = store.open "rw"
  local question = asked_in(journal, id, fields)
  if question.needs then refuse("only a signed approval counts here", string.format("almanac approve %s --sign[=KEY]", store.words(id))) end
  local reason = fields.reason ~= "" and redaction.text(fields.reason or "") or nil
  local answer = questions.word_of(question, fields.answer)
  questions.check_other(question, answer, { signs = false, reason = reason, rejects = fields.answer == "no" })
  questions.record(journal, question, questions.answer(question, {
    answer = answer, by = who == true and approval.operator() or who, reason = reason,
  }))
end

--- Pauses a run, as its operator's first Ctrl-C does, or cancels it, as the second.
---@param id string
---@param what "pause"|"cancel"
function M.stop(id, what)
  local journal <close> = store.open "ro"
  local pid = M.process_of(journal, id)
  if not pid then refuse("no process of this machine runs " .. id, "look at it again") end
  process.interrupt(pid, what == "cancel" and "USR1" or "INT")
end

return M
