--- Approvals: the questions that a run waits for, and what was answered from elsewhere with
--- almanac approve or reject. An answer is bound to what was asked about: the plan that the run keeps
--- to, the script, and the parameters; when one of them is another by then, it does not count.
local clusters = require "almanac.journal.cluster"
local process = require "native.process"
local redaction = require "almanac.base.redaction"
local statement = require "almanac.base.statement"
local task = require "native.task"
local timestamp = require "almanac.base.timestamp"

local M = {}

---@class almanac.Question
---@field path string       of the step that asks
---@field question string
---@field script string     digest of the runbook's files
---@field callers string?   the runs that made that one, with the digests of their files; nil: nobody did, or an older almanac asked
---@field plan string?      digest of the plan that the run is bound to
---@field environment string?  of almanac.yaml, or "none"
---@field cluster string?   in words: where the run is, or "none"; nil: an older almanac asked
---@field at_ms integer
---@field choices string[]? what may be answered; nil: yes and no
---@field pattern string?   any text that this Lua pattern fits may be answered
---@field needs integer?    how many signed answers it takes yet; nil: one of anybody
---@field must_sign string[]?  which answers have to be signed then; nil: yes
---@field since integer?    the event behind which answers count; nil: all do
---@field given almanac.Answer?  what was answered, and the run has not come to yet

---@class almanac.Answer : almanac.Question
---@field answer string      "yes", "no", or one of the choices
---@field by string         user@host
---@field reason string?
---@field principal string? who signed it, by allowed_signers
---@field head string?      the end of the journal's chain then: its event and hash
---@field signed string?    the text that was signed
---@field signature string? of ssh-keygen, armoured
---@field overtaken string?  what came since, by which it does not count any more, in words
---@field overtaken_at integer?  the first event by which it did not

--- The scripts of the runs that made one, in words, the nearest first: what follows its questions is theirs, too.
---@param run almanac.Run
---@return string?  nil: nobody made it
local function callers_of(run)
  local out, caller = {}, run.caller
  while caller do
    local script = caller.script or caller.replay.script and caller.replay.script.digest
    out[#out + 1] = string.format("%s %s", caller.id, script or "unknown")
    caller = caller.caller
  end
  return out[1] and table.concat(out, "; ")
end

--- The script of a run that made the one in which this was answered.
---@param given almanac.Answer
---@param id string  of that run
---@return string? digest  nil: it did not make it, or an older almanac asked
function M.script_of_caller(given, id)
  for one in (given.callers or ""):gmatch "[^;]+" do
    local run, script = one:match "^ ?(%S+) (%S+)$"
    if run == id then return script end
  end
end

--- What an answer given now would be about.
---@param run almanac.Run
---@return { script: string, callers: string?, plan: string? }
local function subject(run)
  return { script = run.script, callers = callers_of(run), plan = run.bound and run.bound.digest }
end

--- Where what is asked about would happen. A run that goes on on another cluster, whoever wanted that, leaves the answers of
--- before behind: it need not be compared.
---@param run almanac.Run
---@return { environment: string, cluster: string }
local function place_of(run)
  if run.name_cluster then run:name_cluster() end
  return { environment = redaction.text(run.meta.environment or "none"), cluster = clusters.all(run) }
end

--- Journals that the step waits for an answer.
---@param frame almanac.Frame
---@param question string
---@param waiting almanac.Waiting
function M.ask(frame, question, waiting)
  local about, place = subject(frame.run), place_of(frame.run)
  frame.run:record("confirm.asked", frame.path, {
    question = question, script = about.script, callers = about.callers, plan = about.plan, environment = place.environment,
    cluster = place.cluster,
    at_ms = task.wall_ms(), needs = waiting.needs, choices = waiting.choices,
    must_sign = waiting.must_sign, since = waiting.since, pattern = waiting.pattern,
  })
end

--- Behind which event answers count to what happened at that event. What happened in this execution has no place in the
--- journal yet; what was signed before has.
---@param frame almanac.Frame
---@param seq integer?  nil: in this execution
---@return integer
function M.since(frame, seq)
  local since = seq or 0
  for _, given in ipairs(seq and {} or frame.run:previous("confirm.answered", frame.path)) do
    since = math.max(since, given.seq or 0)
  end
  return since
end

--- Whether an answer lets the run go on, and so must be signed where answers are: a no, a stop and a way back are
--- anybody's to say.
---@param question { must_sign: string[]? }
---@param answer string
---@return boolean
function M.goes_on(question, answer)
  for _, one in ipairs(question.must_sign or { "yes" }) do
    if one == answer then return true end
  end
  return false
end

--- Journals an answer that was given at the terminal of the run.
---@param frame almanac.Frame
---@param question string
---@param answer string
---@return almanac.Answer
function M.answer(frame, question, answer)
  local about, place = subject(frame.run), place_of(frame.run)
  local given = { question = question, answer = answer, by = M.operator(), at_ms = task.wall_ms(),
    script = about.script, callers = about.callers, plan = about.plan, environment = place.environment, cluster = place.cluster }
  frame.run:record("confirm.answered", frame.path, given)
  M.use(frame)
  return given
end

--- Journals that the run does now what was answered: nobody can take it back any more.
---@param frame almanac.Frame
function M.use(frame)
  frame.run:record("confirm.used", frame.path, {})
end

local words = { yes = "approved", no = "rejected" }

--- An answer in words: "approved by alice@host".
---@param answer almanac.Answer
---@return string
function M.describe(answer)
  return string.format("%s by %s", words[answer.answer] or string.format("answered %q", answer.answer), answer.principal or answer.by)
end

--- Who is at the keyboard.
---@return string user@host
function M.operator()
  return process.user() .. "@" .. process.hostname()
end

--- A no fails the step once; whoever resumes the run after that wants to be asked again.
local function has_failed_since(frame, answer)
  local failures = frame.run:previous("step.failed", frame.path)
  local last = failures[#failures]
  return last ~= nil and last.time_ms >= answer.at_ms
end

--- Since when the answers count: behind the last one that did not let the run go on.
local function behind_no(question, answers)
  for i = #answers, 1, -1 do
    if not M.goes_on(question, answers[i].answer) then return i + 1 end
  end
  return 1
end

--- Those that say the same, since this was asked.
local function counted(question, answers)
  local wanted, out = question.answer or "yes", {}
  for i = behind_no(question, answers), #answers do
    local given = answers[i]
    if given.answer == wanted and (given.seq or math.huge) > (question.since or 0) then out[#out + 1] = given end
  end
  return out
end

--- What was signed with the answers, and what ought to have been.
---@param id string          of the run
---@param path string        of the step
---@param question { question: string, script: string?, plan: string?, answer: string?, must_sign: string[]?, since: integer? }
---  as it is asked now; without a script: as it was asked when each of them was given; answer: which one, default yes
---@param answers almanac.Answer[]
---@return almanac.Claim[]
function M.claims(id, path, question, answers)
  local claims = {}
  for _, given in ipairs(counted(question, answers)) do
    local about = question.script and question or given
    local is_signed = timestamp.is_ms(given.at_ms) and type(given.principal) == "string" and type(given.signed) == "string"
      and type(given.signature) == "string"
    claims[#claims + 1] = {
      principal = given.principal, by = given.by, at_ms = given.at_ms, text = given.signed, signature = given.signature,
      overtaken = given.overtaken and given.overtaken .. " since then", overtaken_at = given.overtaken_at,
      why = not is_signed and "it is not signed" or nil,
      wanted = is_signed and M.statement(id, path, {
        question = redaction.text(question.question), answer = question.answer or "yes", reason = given.reason,
        script = about.script, callers = about.callers, plan = about.plan, environment = given.environment, cluster = given.cluster,
        head = given.head, at_ms = given.at_ms, principal = given.principal,
      }) or "",
      head = given.head,
    }
  end
  return claims
end

--- The text that is signed with an answer. It is bound to the run, the step, what was asked, and to all that the
--- journal of the run held then.
---@param id string    of the run
---@param path string  of the step
---@param answer almanac.Answer  without a cluster where an older almanac wrote it down: what it signed had none
---@return string
function M.statement(id, path, answer)
  return statement.text(answer.cluster and "almanac approval 2" or "almanac approval 1", {
    { "run", id }, { "step", path }, { "question", answer.question }, { "answer", answer.answer }, { "reason", answer.reason },
    { "script", answer.script }, { "callers", answer.callers }, { "plan", answer.plan or "none" }, { "environment", answer.environment },
    { "cluster", answer.cluster }, { "head", answer.head }, { "time", timestamp.micro(answer.at_ms) }, { "principal", answer.principal },
  })
end

--- The answer that enough people signed.
local function signed_answer(frame, question, answers)
  local about = subject(frame.run)
  about.question = question
  local judgement = frame.run.approvals:judge(frame.path, about, answers)
  if judgement.missing > 0 then return nil, judgement end
  return { answer = "yes", by = frame.run.approvals:people(judgement), at_ms = task.wall_ms(), plan = about.plan }
end

--- One answer of several, as M.given has a yes.
---@param frame almanac.Frame
---@param gate { question: string, answer: string, must_sign: string[], since: integer? }
---@return almanac.Answer? answer
---@return almanac.Judgement judgement
function M.signed(frame, gate)
  local about = subject(frame.run)
  for name, value in pairs(gate) do about[name] = value end
  local judgement = frame.run.approvals:judge(frame.path, about, frame.run:previous("confirm.answered", frame.path))
  if judgement.missing > 0 then return nil, judgement end
  return { answer = gate.answer, by = frame.run.approvals:people(judgement), at_ms = task.wall_ms(), plan = about.plan }, judgement
end

--- The answer that this step's question has in the journal.
---@param frame almanac.Frame
---@param question string
---@return almanac.Answer? answer
---@return string? stale why there is one that does not count
---@return almanac.Judgement? judgement  where answers are signed, and there are not enough of them
function M.given(frame, question)
  local answers = frame.run:previous("confirm.answered", frame.path)
  local last = answers[#answers]
  if last and last.answer == "no" and has_failed_since(frame, last) then last = nil end
  if frame.run.approvals and not (last and last.answer == "no") then
    local given, judgement = signed_answer(frame, question, answers)
    return given, nil, judgement
  end
  if not last then return nil end
  local about = subject(frame.run)
  if last.overtaken and last.answer ~= "no" then
    return nil, string.format("%s answered %s, but %s since then", last.by, last.answer, last.overtaken)
  elseif last.script ~= about.script then
    return nil, string.format("%s answered %s, but the script was edited since then", last.by, last.answer)
  elseif last.callers and last.callers ~= about.callers then
    return nil, string.format("%s answered %s, but a script that runs this one was edited since then", last.by, last.answer)
  elseif last.plan ~= about.plan then
    return nil, string.format("%s answered %s, but to a run with another plan", last.by, last.answer)
  end
  return last
end

--- How the answers stand with which a step is done, by the keys as they were then.
---@param run almanac.Run
---@param path string
---@param question string
---@param gate? { answer: string, must_sign: string[], since: integer? }  which answer; nil: yes
---@return almanac.Judgement? judgement  nil: an answer of anybody counts
function M.kept(run, path, question, gate)
  if not run.approvals then return nil end
  gate = gate or {}
  return task.with({ permit = "read" }, function() -- between steps
    local about = { question = question, answer = gate.answer, must_sign = gate.must_sign, since = gate.since }
    return run.approvals:judge(path, about, run:previous("confirm.answered", path), true)
  end)
end

--- What was chosen in answer to the last time that this was asked; as in M.given, of a question with choices.
---@param frame almanac.Frame
---@param question string
---@return almanac.Answer? answer
---@return string? stale
function M.chosen(frame, question)
  local asked, answers = frame.run:previous("confirm.asked", frame.path), frame.run:previous("confirm.answered", frame.path)
  local last_asked, last = asked[#asked], answers[#answers]
  if not last_asked or not last or last_asked.question ~= question or last.at_ms < last_asked.at_ms then return nil end
  local about = subject(frame.run)
  if last.overtaken then return nil, string.format("%s answered %s, but %s since then", last.by, last.answer, last.overtaken) end
  if last.script ~= about.script or last.callers and last.callers ~= about.callers or last.plan ~= about.plan then
    return nil, string.format("%s answered %s, but the script or the plan is another one since then", last.by, last.answer)
  end
  return last
end

--- Who gave an answer that needs no signature: who signed it, where that counts, else who was at the keyboard.
---@param frame almanac.Frame
---@param given almanac.Answer
---@return string
function M.giver(frame, given)
  if not given.signed or not frame.run.approvals then return given.by end
  local about = subject(frame.run)
  about.question, about.answer, about.must_sign = given.question, given.answer, { given.answer }
  local judgement = frame.run.approvals:judge(frame.path, about, { given })
  return judgement.accepted[1] and judgement.accepted[1].principal or given.by
end

--- Whether a question has the answers that it takes: one that ends it, or as many of one that lets it go on as must be
--- signed.
local function is_answered(question, answers)
  local counts = {}
  for _, given in ipairs(answers) do
    if given.at_ms >= question.at_ms then
      counts[given.answer] = (counts[given.answer] or 0) + 1
      if not M.goes_on(question, given.answer) or counts[given.answer] >= (question.needs or 1) then return true end
    end
  end
  return false
end

--- What a run has in its journal behind an answer that it came to; the first alone does not tell in one of before.
local USES = { "confirm.used", "guard.answered", "step.failed" }

--- Whether the run came to the last of some answers.
local function is_used(replay, path, answers)
  local answer = answers[#answers].seq or math.huge
  for _, kind in ipairs(USES) do
    local uses = replay:previous(kind, path)
    if #uses > 0 and (uses[#uses].seq or math.huge) > answer then return true end
  end
  return false
end

--- The questions of a run that can be answered, oldest first: those that nobody has answered, and those whose answer the
--- run has not come to yet. A step that is done asks nothing any more: an older almanac could write its question down once
--- more behind the answer.
---@param replay almanac.Replay
---@return almanac.Question[] open
---@return almanac.Question[] answered  each with the answer that stands, as `given`
function M.open(replay)
  local open, pending = {}, {}
  for path in pairs(replay.kept["confirm.asked"] or {}) do
    local asked, answers = replay:previous("confirm.asked", path), replay:previous("confirm.answered", path)
    local question = asked[#asked]
    question.path = path
    local is_done = replay.done and replay.done:seq(path) ~= nil
    if not is_done and not is_answered(question, answers) then
      open[#open + 1] = question
    elseif not is_done and not is_used(replay, path, answers) then
      question.given, pending[#pending + 1] = answers[#answers], question
    end
  end
  local function older(a, b) return a.at_ms < b.at_ms end
  table.sort(open, older)
  table.sort(pending, older)
  return open, pending
end

return M
