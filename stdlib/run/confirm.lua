--- confirm: a step that asks the operator, and keeps who said what.
local approval = require "almanac.journal.approval"
local errors = require "almanac.base.errors"
local questions = require "almanac.run.question"
local runs = require "almanac.journal.run"
local shell_word = require "almanac.base.shell_word"
local step = require "almanac.run.step"
local step_name = require "almanac.base.step_name"
local unknown = require "almanac.base.unknown"
local store = require "almanac.journal.store"

local M = {}

local function how_to_answer(frame)
  if frame.run.meta.rehearsal then return { hint = "rehearse it with --yes" } end
  local words = store.words(frame.run:outermost())
  return {
    hint = {
      string.format("answer: almanac approve %s (or reject), then resume it;", words),
      "or be asked at a terminal: almanac resume " .. words,
    },
  }
end

local function wait_for_signatures(frame, question, judgement)
  questions.wait_for_signatures(frame, question, judgement, {
    hint = string.format("answer: almanac approve %s --sign (or reject), then resume it", store.words(frame.run:outermost())),
  })
end

local function answer_of(frame, question)
  local given, stale, judgement = approval.given(frame, question)
  if given then
    approval.use(frame)
    if frame.run.approvals and given.answer == "yes" then step.note("approved by " .. given.by) end
    return given
  end
  if judgement then wait_for_signatures(frame, question, judgement) end
  if stale then step.note(stale) end
  return questions.put(frame, question, { "yes", "no" }, how_to_answer(frame))
end

--- The name of a question's step where a plan or a backtest does not know the question: it asks nobody, and goes on.
local function name_of_unknown(question)
  local run, parent = runs.current(), step.current()
  local first = step_name.of(tostring(question))
  local name, count = first, 1
  while run and run.seen[parent and parent.path .. "/" .. name or name] do
    count = count + 1
    name = string.format("%s (%d)", first, count)
  end
  return name
end

--- The name of the step that asks, and the question: it is a text for people, and may hold a URL or a channel.
---@param who string     the function that asks
---@param question any
---@return string name   raises kind "usage"
---@return string question
---@return boolean is_vague  a plan does not know the question
function M.name_of(who, question)
  if unknown.is(question) then return name_of_unknown(question), tostring(question), true end
  local name = type(question) == "string" and step_name.of(question) or ""
  if name ~= "" then return name, question, false end
  errors.usage("%s takes a question, not %s", who, type(question) == "string" and string.format("%q", question) or type(question))
end

--- Asks, and raises what is left of a run to which nobody, or too few, said yes.
---@param frame almanac.Frame  or what stands for one: run, and path
---@param question string
---@return table result
function M.require(frame, question)
  local given = answer_of(frame, question)
  if given.answer == "no" then
    errors.raise {
      kind = "refused", step = frame.path,
      message = string.format("%s said no: %s%s", given.by, question, given.reason and " (" .. given.reason .. ")" or ""),
      hint = "to be asked again: almanac resume " .. store.words(frame.run:outermost()),
    }
  end
  return { by = given.by, at_ms = given.at_ms, plan = given.plan }
end

--- A question that the journal says was answered must have been signed: its end is one row, which anybody could write
--- who can write the journal.
local function check_kept(name, question)
  local run, parent = runs.current(), step.current()
  local path = parent and parent.path .. "/" .. name or name
  local judgement = approval.kept(run, path, question)
  if not judgement or judgement.missing == 0 then return end
  local lines = run.approvals:reasons(judgement)
  table.insert(lines, 1, string.format("%s is done in the journal, without the signatures that almanac.yaml wants (%d of %d)", path,
    #judgement.accepted, judgement.quorum))
  errors.raise {
    kind = "refused", step = path, message = lines,
    hint = string.format("to be asked again: almanac resume %s --redo %s", store.words(run:outermost()), shell_word.quoted(path)),
  }
end

--- A yes or no from the operator: at the terminal, or given with almanac approve or reject. A no
--- fails the step.
function M.confirm(question, ...)
  if select("#", ...) > 0 then errors.usage "confirm: takes the question, and nothing besides it" end
  local now, name, is_vague = false
  name, question, is_vague = M.name_of("confirm", question)
  local result = step.run(name, { digest = question, is_vague = is_vague }, function()
    now = true
    local frame = step.current()
    return step.await(function() return M.require(frame, question) end, function(draft, path)
      draft:add_question(path, question)
      return { by = "(known after " .. path .. ")", at_ms = 0 }
    end, nil, { kind = "confirm", input = { question = question } })
  end)
  if not now then check_kept(name, question) end
  return result
end

return M
