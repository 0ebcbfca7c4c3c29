--- A run whose script was edited since it ran last: what it may touch otherwise is said, and what was signed for the text
--- of before is asked anew.
local approval = require "almanac.journal.approval"
local approvals = require "almanac.session.approvals"
local confirm = require "almanac.run.confirm"
local errors = require "almanac.base.errors"
local param = require "almanac.base.param"
local replays = require "almanac.journal.replay"
local rows = require "almanac.journal.row"
local runbook = require "almanac.script.runbook"
local task = require "native.task"

local M = {}

-- What it may touch --------------------------------------------------------------------------------

--- The patterns of an `allow`, as `category: pattern`.
local function patterns_of(allow)
  local out = {}
  for category, patterns in pairs(allow or {}) do
    for _, pattern in ipairs(category == "read" and {} or patterns) do out[category .. ": " .. pattern] = true end
  end
  for category, patterns in pairs(allow and allow.read or {}) do
    for _, pattern in ipairs(patterns) do out["read " .. category .. ": " .. pattern] = true end
  end
  return out
end

local function beyond(some, others)
  local out = {}
  for _, text in ipairs(param.sorted_names(some)) do
    if not others[text] then out[#out + 1] = text end
  end
  return table.concat(out, ", ")
end

local function describe_allow(before, now)
  if not before and not now then return nil end
  if not now then return "its allow is gone: nothing bounds what it touches; until now: " .. beyond(patterns_of(before), {}) end
  if not before then return "it has an allow, which it had not until now" end
  local was, is = patterns_of(before), patterns_of(now)
  local more, less = beyond(is, was), beyond(was, is)
  if more == "" and less == "" then return nil end
  return "its allow is another one" .. (more ~= "" and "; it may touch besides: " .. more or "")
    .. (less ~= "" and "; not any more: " .. less or "")
end

local function set_of(names)
  local out = {}
  for _, name in ipairs(names or {}) do out[name] = true end
  return out
end

--- What its programs, and it itself, read of the environment besides.
local function describe_variables(before, now)
  local more = beyond(set_of(now), set_of(before))
  return more ~= "" and "its programs also read, of your environment: " .. more or nil
end

--- Says where a script may touch or read something else than the one that the run was made with until now.
---@param operator almanac.Operator
---@param run almanac.Run
---@param book almanac.Runbook  today's
function M.tell_reach(operator, run, book)
  local kept = run.replay.script
  if not kept or kept.digest == book.script.digest then return end
  local ok, before = errors.try(runbook.kept_declaration, run.meta.script, kept.sources)
  if not ok then return end -- an older almanac loaded it
  local told = { describe_allow(before.allow, book.allow) }
  told[#told + 1] = describe_variables(before.pass_env, book.pass_env)
  for _, said in ipairs(told) do operator:say(string.format("! %s was edited: %s", book.path, said)) end
end

-- What was signed for it ---------------------------------------------------------------------------

--- The end of the path at which it is asked whether what was signed at another one counts for today's script.
local MARK = "#edited"

--- The question about an effect, or a redo, has the path of its step before the mark.
local function is_passed(replay, path)
  local is_done = replay.done ~= nil and replay.done:seq((path:match "^(.-)#" or path)) ~= nil
  return is_done or #replay:previous("guard.answered", path) > 0
end

---@class almanac.PassedAnswer  a signed answer that let a run go on, and did
---@field given almanac.Answer
---@field path string      of the step that asked
---@field shown string     the same, from the run that goes on
---@field script string?   digest of that run's files, as it was answered
---@field replay almanac.Replay      of the run that asked
---@field approvals almanac.Approvals  of that

--- Adds those of a run to `found`.
---@param of { replay: almanac.Replay, approvals: almanac.Approvals, below: string, script: fun(given: almanac.Answer): string? }
local function add_passed(found, of)
  for path in pairs(of.replay.kept["confirm.answered"] or {}) do
    local asked = of.replay:previous("confirm.asked", path)
    local is_own = path:sub(-#MARK) ~= MARK and is_passed(of.replay, path)
    for _, given in ipairs(is_own and of.replay:previous("confirm.answered", path) or {}) do
      local script = of.script(given)
      local counts = given.signed and given.seq and script and approval.goes_on(asked[#asked] or {}, given.answer)
      if counts then
        found[#found + 1] = { given = given, path = path, shown = of.below .. path, script = script, replay = of.replay,
          approvals = of.approvals }
      end
    end
  end
end

--- Adds those of the runs that a run made, and of those that these made: what it does behind them was signed there.
local function add_of_made(found, run, id, below)
  for _, row in ipairs(run.journal:runs()) do
    local caller = rows.meta(row).caller
    if caller and caller.run == id then
      local replay, inner = replays.load(run.journal, row.id), below .. caller.path .. "/"
      add_passed(found, {
        replay = replay, below = inner, approvals = approvals.of(run.journal, row.id, replay),
        script = function(given) return approval.script_of_caller(given, run.id) end,
      })
      add_of_made(found, run, row.id, inner)
    end
  end
end

--- The newest answer that was signed, lets the run go on, and did: its own, or one of a run that it made.
---@return almanac.PassedAnswer?
---@return string? people  who signed it
local function newest(run)
  local found = {}
  add_passed(found, {
    replay = run.replay, approvals = run.approvals, below = "", script = function(given) return given.script end,
  })
  add_of_made(found, run, run.id, "")
  table.sort(found, function(a, b)
    if a.replay == b.replay then return a.given.seq > b.given.seq end
    return a.given.time_ms > b.given.time_ms
  end)
  for _, one in ipairs(found) do
    local question = { question = one.given.question, answer = one.given.answer }
    if one.approvals:judge(one.path, question, { one.given }, true).accepted[1] then
      local answers = one.replay:previous("confirm.answered", one.path)
      return one, one.approvals:people(one.approvals:judge(one.path, question, answers, true))
    end
  end
end

--- Why what was signed is not about this execution.
---@param run almanac.Run
---@param passed almanac.PassedAnswer
---@return string?
local function otherwise(run, passed)
  local given, why = passed.given, {}
  if passed.script ~= run.script then why[#why + 1] = "the script was edited" end
  if passed.replay == run.replay then why[#why + 1] = given.overtaken end -- a run that was made looks at its own
  if given.plan ~= (run.bound and run.bound.digest) then why[#why + 1] = "the plan was left" end
  return why[1] and table.concat(why, ", and ")
end

--- Where answers are signed, an approval is one of a script, of parameters and of a plan. A run that has passed its
--- question, and goes on with others, waits until as many have signed that: it is asked, once, of the newest one.
---@param run almanac.Run  that is executed, and has approvals
function M.check_approval(run)
  local passed, people = task.with({ permit = "read" }, newest, run) -- between steps
  local why = passed and otherwise(run, passed)
  if not why then return end
  task.with({ permit = "read" }, confirm.require, { run = run, path = passed.shown .. MARK }, string.format(
    "%s since %s signed %q. Go on as it is now?", why, people, passed.given.question))
end

--- Whether anything went on behind the answer at a path: it was asked about a script, which the run was made with
--- since; its step is done; or its guard let pass.
---@param replay almanac.Replay
---@param path string
---@return boolean
function M.went_on(replay, path)
  if path:sub(-#MARK) ~= MARK then return is_passed(replay, path) end
  local asked = replay:previous("confirm.asked", path)
  local last = asked[#asked]
  for _, kept in ipairs(replay.scripts) do
    if kept.digest == last.script and kept.seq > last.seq then return true end
  end
  return false
end

return M
