--- The open questions of a run, and of those that it made: which there are, and an answer put into the journal.
local approval = require "almanac.journal.approval"
local errors = require "almanac.base.errors"
local events = require "almanac.journal.event"
local holder = require "almanac.session.holder"
local ownership = require "almanac.journal.ownership"
local replays = require "almanac.journal.replay"
local rows = require "almanac.journal.row"
local store = require "almanac.journal.store"
local task = require "native.task"

local M = {}

---@class almanac.OpenQuestion : almanac.Question
---@field row table       of the run that asks: the one that is meant, or one that it made
---@field replay almanac.Replay  of that
---@field shown string    the path of the step, from the run that is meant

local function gather(journal, id, below, found, to_answer)
  if to_answer then holder.own(journal, id) end
  local row, replay = journal:run(id), replays.load(journal, id)
  local open, pending = approval.open(replay)
  for into, list in pairs { open = open, pending = pending } do
    for _, question in ipairs(list) do
      question.row, question.replay, question.shown = row, replay, below .. question.path
      table.insert(found[into], question)
    end
  end
  for _, made in ipairs(ownership.open_calls(journal, id)) do
    gather(journal, made, below .. rows.meta(journal:run(made)).caller.path .. "/", found, to_answer)
  end
  return found
end

--- The questions that can be answered.
---@param journal table
---@param id string of the run
---@return almanac.OpenQuestion[] open
---@return almanac.OpenQuestion[] pending  answered, and the run has not come to it yet
function M.open(journal, id)
  local found = gather(journal, id, "", { open = {}, pending = {} }, false)
  return found.open, found.pending
end

--- The same, and those whose answer can still be another one; and no other process goes on with the run before the
--- journal is closed. Raises kind "refused" where one is under way.
---@param journal table
---@param id string of the run
---@return almanac.OpenQuestion[] open
---@return almanac.OpenQuestion[] pending  answered, and the run has not come to it yet
function M.own(journal, id)
  local found = gather(journal, id, "", { open = {}, pending = {} }, true)
  return found.open, found.pending
end

--- Whether no answer of it has to be signed, whatever the project wants of approvals: it is input.
local function is_input(question) return question.must_sign ~= nil and #question.must_sign == 0 end

--- Refuses an answer that takes the place of another for nothing: it is the same, and says no more; or that one is signed,
--- this one is not, and no other wall says which answers have to be.
---@param question almanac.OpenQuestion
---@param answer string
---@param says { signs: boolean, reason: string?, rejects: boolean }
function M.check_other(question, answer, says)
  local before, words = question.given, store.words(question.row.id)
  if not before or before.overtaken then return end
  local says_more = says.signs and not before.signature or says.reason and says.reason ~= before.reason
  if before.answer == answer and not says_more then
    errors.raise {
      kind = "refused", message = string.format("%s was %s already", question.shown, approval.describe(before)),
      hint = "go on: almanac resume " .. words,
    }
  elseif is_input(question) and before.signature and not (says.signs or says.rejects) then
    errors.raise {
      kind = "refused", message = string.format("%s was %s, signed: an answer without a signature does not take its place", question.shown,
        approval.describe(before)),
      hint = { "sign yours: --sign[=KEY]", "or take it back, which anybody can: almanac reject " .. words },
    }
  end
end

--- The word of an answer, for what was asked.
---@param question almanac.Question
---@param answer string  "yes", "no", one of its choices, or, where it takes any text, that
---@return string
function M.word_of(question, answer)
  if question.pattern then
    if answer:find(question.pattern) then return answer end
    errors.raise {
      kind = "refused", message = string.format("%q is no answer to: %s", answer, question.question),
      hint = "it takes a text that the pattern " .. question.pattern .. " fits",
    }
  end
  local choices = question.choices or { "yes", "no" }
  local is_clear = not question.must_sign or #question.must_sign == 1
  if answer == "yes" and is_clear then return choices[1] end
  if answer == "no" then return choices[#choices] end
  for _, choice in ipairs(choices) do
    if choice == answer then return choice end
  end
  errors.raise {
    kind = "refused", message = string.format("%q is no answer to: %s", answer, question.question),
    hint = "it takes one of: " .. table.concat(choices, ", "),
  }
end

--- An answer as the journal keeps it, bound to what was asked about.
---@param question almanac.Question
---@param given { answer: string, by: string, reason: string? }  the reason without secrets
---@return almanac.Answer
function M.answer(question, given)
  return {
    question = question.question, answer = given.answer, by = given.by, at_ms = task.wall_ms(), script = question.script,
    callers = question.callers, plan = question.plan, environment = question.environment or "none",
    cluster = question.cluster or "none", reason = given.reason,
  }
end

--- Journals an answer.
---@param journal table
---@param question almanac.OpenQuestion
---@param answer almanac.Answer
function M.record(journal, question, answer)
  events.append(journal, question.row.id, "confirm.answered", question.path, answer)
end

return M
