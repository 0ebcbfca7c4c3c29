--- What almanac approve and almanac reject share: an answer, put into the journal of a waiting run.
local approval = require "almanac.journal.approval"
local config = require "almanac.config.file"
local errors = require "almanac.base.errors"
local options = require "almanac.cli.options"
local questions = require "almanac.session.questions"
local redaction = require "almanac.base.redaction"
local reopen = require "almanac.session.reopen"
local rows = require "almanac.journal.row"
local signed_answer = require "almanac.session.signed_answer"
local signers = require "almanac.session.signers"
local states = require "almanac.journal.state"
local store = require "almanac.journal.store"
local task = require "native.task"
local terminal = require "almanac.base.terminal"
local tree = require "almanac.render.tree"

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

local function described(open)
  local out = {}
  for i, question in ipairs(open) do out[i] = string.format("%s: %s", question.shown, question.question) end
  return out
end

--- What a run asks at its terminal is answered there.
local function check_terminal(journal, id)
  if store.broken(journal, id) then return end -- what it asks is not to be believed either: who reads the questions says so
  local put = states.put(states.load(journal, id))[1]
  if not put then return end
  errors.raise {
    kind = "refused", message = string.format("%s asks at the terminal where it runs: %s", id, tree.asked(put, task.wall_ms())),
    hint = "answer there; or pause it there by Ctrl-C, and resume it with --no-ask: then it waits for an answer from elsewhere",
  }
end

--- Whether an effect took place is answered to the resume.
local function check_doubt(journal, id)
  local err = states.load(journal, id).error
  if not err or err.kind ~= "in_doubt" then return end
  errors.raise {
    kind = "refused", message = id .. " asks whether an effect took place, which is answered as it goes on",
    hint = string.format("almanac resume %s --in-doubt redo|done|abort", store.words(id)),
  }
end

--- The question that was meant: an open one; or one whose answer can still be another.
local function choose(open, pending, id, path)
  if #open == 0 and #pending == 0 then
    errors.raise {
      kind = "refused", message = id .. " waits for no answer",
      hint = "almanac status " .. store.words(id) .. " shows where it stands",
    }
  end
  local meant = #open == 0 and pending or open
  if not path and #meant == 1 then return meant[1] end
  for _, list in ipairs { open, pending } do
    for _, question in ipairs(list) do
      if question.shown == path then return question end
    end
  end
  errors.raise {
    kind = "refused", message = path and string.format("%s asks nothing in a step %q", id, path)
      or string.format("%s asks %d things; name the step", id, #meant),
    hint = described(meant),
  }
end

local function subject_of(question)
  if question.plan then return "the plan " .. question.plan:sub(1, 12) end
  return "the script " .. tostring(question.script):sub(1, 12) .. ", without a plan"
end

--- Where the run is, as far as there is anything to say.
local function place_line(data)
  local environment = data.environment ~= "none" and "environment " .. data.environment or nil
  local cluster = data.cluster ~= "none" and data.cluster or nil
  if not environment and not cluster then return nil end
  return "  where:   " .. (environment and cluster and environment .. ", " .. cluster or environment or cluster)
end

--- The settings that the run has, where its answers are signed: whose signatures count may be its environment's.
local function load_policy(row, answer, question, given)
  local signs, goes_on = given.sign or given.signed, approval.goes_on(question, answer)
  if signs or given.text or goes_on and question.needs then
    reopen.settings({ id = row.id, meta = rows.meta(row) }, given)
  end
  if signs or given.text or not goes_on or not question.needs then return end
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

local function described_answer(id, question, data, judgement)
  local out = {
    string.format("%s %s: %s", VERBS[data.answer] or "answered " .. data.answer .. ",", question.shown, question.question),
    "  by:      " .. (data.principal and data.principal .. ", signed" or data.by),
    "  of:      " .. subject_of(question),
    place_line(data),
  }
  if judgement and judgement.missing > 0 then
    out[#out + 1] = string.format("  so far:  %d of %d (%s); it takes %d more", #judgement.accepted, judgement.quorum,
      signers.people(judgement), judgement.missing)
  else
    out[#out + 1] = "  go on:   almanac resume " .. store.words(id)
  end
  return terminal.lines(out)
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
  local function waits(row) return states.status(journal, row.id) == "waiting" end
  local id = store.find(journal, rest[1], waits, "waits for an answer").id
  check_terminal(journal, id)
  local open, pending = questions.own(journal, id)
  if #open + #pending == 0 then check_doubt(journal, id) end
  local question = choose(open, pending, id, rest[words_before + 1])
  answer = questions.word_of(question, answer)
  questions.check_other(question, answer, {
    signs = (given.sign or given.signed or given.text) and true or false, reason = given.reason and redaction.text(given.reason),
    rejects = name == "reject",
  })
  reopen.check_environment(id, rows.meta(journal:run(id)), given)
  load_policy(question.row, answer, question, given)
  local data = questions.answer(question, {
    answer = answer, by = approval.operator(), reason = given.reason and redaction.text(given.reason),
  })
  local asked = { journal = journal, id = question.row.id, replay = question.replay, question = question }
  if given.text then
    operator:result(signed_answer.text(asked, data, given.as))
    return 0
  end
  local judgement = judge(asked, data, given)
  questions.record(journal, question, data)
  operator:result(described_answer(id, question, data, judgement))
  return 0
end

return M
