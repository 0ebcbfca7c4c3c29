--- What almanac approve and almanac reject share: an answer, put into the journal of a waiting run.
local approval = require "almanac.journal.approval"
local config = require "almanac.config.file"
local errors = require "almanac.base.errors"
local events = require "almanac.journal.event"
local holder = require "almanac.session.holder"
local json = require "native.json"
local options = require "almanac.cli.options"
local ownership = require "almanac.journal.ownership"
local redaction = require "almanac.base.redaction"
local reopen = require "almanac.session.reopen"
local replays = require "almanac.journal.replay"
local signed_answer = require "almanac.session.signed_answer"
local signers = require "almanac.session.signers"
local store = require "almanac.journal.store"
local task = require "native.task"

local M = {}

local reason = { { "--reason", "TEXT", "why, for the journal" } }

--- Options of each answer. A no needs no signature: nobody has to bring one from elsewhere.
M.declared = {
  no = options.join(reason, options.signing, options.common),
  yes = options.join(reason, options.signing, {
    { "--text", nil, "print what is to be signed elsewhere, by the one named with --as, and do nothing" },
    { "--signed", "FILE", "take such a text, signed: its signature is in FILE.sig" },
  }, options.common),
}

local function described(questions)
  local out = {}
  for i, question in ipairs(questions) do out[i] = string.format("%s: %s", question.shown, question.question) end
  return table.concat(out, "\n")
end

---@class almanac.OpenQuestion : almanac.Question
---@field row table       of the run that asks: the one that is meant, or one that it made
---@field replay almanac.Replay  of that
---@field shown string    the path of the step, from the run that is meant

--- The open questions of a run, and of those that it made.
local function gather(journal, id, below, found)
  holder.own(journal, id)
  local row, replay = journal:run(id), replays.load(journal, id)
  for _, question in ipairs(approval.open(replay)) do
    question.row, question.replay, question.shown = row, replay, below .. question.path
    found[#found + 1] = question
  end
  for _, made in ipairs(ownership.open_calls(journal, id)) do
    gather(journal, made, below .. json.decode(journal:run(made).meta).caller.path .. "/", found)
  end
  return found
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
    if question.shown == path then return question end
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

--- The settings that the run has, where its answers are signed: whose signatures count may be its environment's.
local function load_policy(row, answer, question, given)
  local signs = given.sign or given.signed
  if signs or given.text or answer == "yes" and question.needs then
    reopen.settings({ id = row.id, meta = json.decode(row.meta) }, given)
  end
  if signs or given.text or answer == "no" or not question.needs then return end
  errors.raise {
    kind = "refused", message = "only a signed approval counts here",
    hint = string.format("almanac approve %s --sign[=KEY]", store.words(row.id)),
  }
end

local function judge(asked, data, given)
  if given.sign then return signed_answer.sign(asked, data, given) end
  if given.signed then return signed_answer.take(asked, data, given.signed) end
end

local VERBS = { yes = "approved", no = "rejected" }

--- The word of an answer, for what was asked.
local function word_of(question, answer)
  local choices = question.choices or { "yes", "no" }
  if answer == "yes" then return choices[1] end
  if answer == "no" then return choices[#choices] end
  for _, choice in ipairs(choices) do
    if choice == answer then return choice end
  end
  errors.raise {
    kind = "refused", message = string.format("%q is no answer to: %s", answer, question.question),
    hint = "it takes one of: " .. table.concat(choices, ", "),
  }
end

local function described_answer(id, question, data, judgement)
  local out = {
    string.format("%s %s: %s", VERBS[data.answer] or data.answer .. ",", question.shown, question.question),
    "  by:      " .. (data.principal and data.principal .. ", signed" or data.by),
    "  of:      " .. subject_of(question),
  }
  if judgement and judgement.missing > 0 then
    out[#out + 1] = string.format("  so far:  %d of %d (%s); it takes %d more", #judgement.accepted, judgement.quorum,
      signers.people(judgement), judgement.missing)
  else
    out[#out + 1] = "  go on:   almanac resume " .. store.words(id)
  end
  return table.concat(out, "\n") .. "\n"
end

--- Journals the answer.
---@param answer string?  "yes" or "no", whatever the words of the question are; nil: the word behind the run's
---@param name string of the command
---@param usage string
---@param words string[]
---@param operator almanac.Operator
---@return integer exit code
function M.run(answer, name, usage, words, operator)
  local given, rest = options.parse(usage, M.declared[answer or "no"], words, operator)
  if not given then return 0 end
  local words_before = answer and 1 or 2
  if #rest < words_before or #rest > words_before + 1 then
    errors.usage("usage: almanac %s RUN %s[STEP]", name, answer and "" or "ANSWER ")
  end
  answer = answer or rest[2]
  config.load(given)
  local journal <close> = store.open "rw"
  local id = store.find(journal, rest[1]).id
  local question = choose(gather(journal, id, "", {}), id, rest[words_before + 1])
  answer = word_of(question, answer)
  load_policy(question.row, answer, question, given)
  local data = { question = question.question, answer = answer, by = approval.operator(), at_ms = task.wall_ms(),
    script = question.script, plan = question.plan, reason = given.reason and redaction.text(given.reason) }
  local asked = { journal = journal, id = question.row.id, replay = question.replay, question = question }
  if given.text then
    operator:result(signed_answer.text(asked, data, given.as))
    return 0
  end
  local judgement = judge(asked, data, given)
  events.append(journal, asked.id, "confirm.answered", question.path, data)
  operator:result(described_answer(id, question, data, judgement))
  return 0
end

return M
