--- What almanac approve and almanac reject share: an answer, put into the journal of a waiting run.
local approval = require "almanac.journal.approval"
local config = require "almanac.config.file"
local errors = require "almanac.base.errors"
local events = require "almanac.journal.event"
local holder = require "almanac.session.holder"
local options = require "almanac.cli.options"
local replays = require "almanac.journal.replay"
local store = require "almanac.journal.store"
local task = require "native.task"

local M = {}

local declared = options.join({ { "--reason", "TEXT", "why, for the journal" } }, options.common)

local function described(questions)
  local out = {}
  for i, question in ipairs(questions) do out[i] = string.format("%s: %s", question.path, question.question) end
  return table.concat(out, "\n")
end

--- The open question that was meant.
local function choose(questions, id, path)
  if #questions == 0 then
    errors.raise {
      kind = "refused", message = id .. " waits for no answer",
      hint = "almanac status " .. store.words(id) .. " shows where it stands",
    }
  end
  if not path and #questions == 1 then return questions[1] end
  for _, question in ipairs(questions) do
    if question.path == path then return question end
  end
  errors.raise {
    kind = "refused", message = path and string.format("%s asks nothing in a step %q", id, path)
      or string.format("%s asks %d things; name the step", id, #questions),
    hint = described(questions),
  }
end

local function subject_of(question)
  if question.plan then return "the plan " .. question.plan:sub(1, 12) end
  return "the script " .. tostring(question.script):sub(1, 12) .. ", without a plan"
end

--- Journals the answer.
---@param answer "yes"|"no"
---@param name string of the command
---@param usage string
---@param words string[]
---@param operator almanac.Operator
---@return integer exit code
function M.run(answer, name, usage, words, operator)
  local given, rest = options.parse(usage, declared, words, operator)
  if not given then return 0 end
  if #rest < 1 or #rest > 2 then errors.usage("usage: almanac %s RUN [STEP]", name) end
  config.load(given)
  local journal <close> = store.open "rw"
  local id = store.find(journal, rest[1]).id
  holder.own(journal, id)
  local question = choose(approval.open(replays.load(journal, id)), id, rest[2])
  local by = approval.operator()
  local data = { question = question.question, answer = answer, by = by, at_ms = task.wall_ms(),
    script = question.script, plan = question.plan, reason = given.reason }
  events.append(journal, id, "confirm.answered", question.path, data)
  operator:result(string.format("%s %s: %s\n  by:      %s\n  of:      %s\n  go on:   almanac resume %s\n",
    answer == "yes" and "approved" or "rejected", question.path, question.question, by, subject_of(question),
    store.words(id)))
  return 0
end

return M
