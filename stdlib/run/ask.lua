--- ask: a step that asks the operator for one of several answers, or for a text, and keeps who said what.
local approval = require "almanac.journal.approval"
local confirm = require "almanac.run.confirm"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local operator = require "almanac.run.operator"
local patterns = require "almanac.base.pattern"
local questions = require "almanac.run.question"
local step = require "almanac.run.step"
local unknown = require "almanac.base.unknown"

local M = {}

local ANY = "%S"

--- What is wrong with the choices: they are typed, and told apart by their first letters at a terminal.
local function check_choices(choices)
  local by_letter = {}
  if #choices < 2 then errors.usage("ask: choices takes two answers or more") end
  for _, choice in ipairs(choices) do
    if not unknown.is(choice) then -- else the run will see
      local letter = operator.letter(choice)
      if choice:find "%c" then errors.usage("ask: the choice %q holds a control character: it is typed as an answer", choice) end
      if by_letter[letter] then
        errors.usage("ask: the choices %q and %q begin with the same letter, by which they are answered", by_letter[letter], choice)
      end
      by_letter[letter] = choice
    end
  end
end

--- Refuses options that do not go together.
local function check_together(given)
  if given.choices and given.pattern then errors.usage "ask: give choices or a pattern, not both" end
  if type(given.choices) == "table" and not unknown.is(given.choices) then check_choices(given.choices) end
  local fault = type(given.pattern) == "string" and patterns.fault(given.pattern)
  if fault then errors.usage("ask: %q is no Lua pattern: %s", given.pattern, fault) end
end

local ASK = fields.declare("ask", {
  choices = { "list", of = "text", help = "what may be answered, each with a first letter of its own; without them any text may" },
  pattern = { "text", help = "a Lua pattern that a text must fit", shown_default = "anything but blanks" },
  link = { "text", help = "where more about it stands: shown beside the question" },
}, { at = 2, whole = check_together })

--- Asks for one of several answers, or for a text.
---@param question string
---@param options? table
---@return { answer: string, by: string, at_ms: integer }
function M.ask(question, options)
  local given = fields.check(ASK, options)
  check_together(given)
  local pattern = given.pattern or not given.choices and ANY or nil
  local name, is_vague
  name, question, is_vague = confirm.name_of("ask", question)
  local text = question
  if given.link then text = string.format("%s (see %s)", question, given.link) end
  return step.run(name, { digest = question, is_vague = is_vague }, function()
    local frame = step.current()
    return step.await(function()
      local said = questions.input(frame, text, given.choices, pattern)
      return { answer = said.answer, by = approval.giver(frame, said), at_ms = said.at_ms }
    end, function(draft, path)
      draft:add_question(path, text)
      return { answer = unknown.new(draft.below .. path), by = "(known after " .. path .. ")", at_ms = 0 }
    end, nil, { kind = "ask", input = { question = question, link = given.link, choices = given.choices, pattern = pattern } })
  end)
end

return M
