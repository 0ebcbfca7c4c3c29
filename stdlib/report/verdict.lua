--- The verdict: how a run ended in one line, and what to type next. Pure.
local columns = require "almanac.base.columns"
local json = require "native.json"
local shell_word = require "almanac.base.shell_word"
local spent = require "almanac.report.spent"
local standings = require "almanac.report.standing"
local words = require "almanac.report.words"

local M = {}

---@class almanac.report.Verdict
---@field tone "good"|"bad"|"open"|"taken back"
---@field word string       "done", "failed", …
---@field text string       one line
---@field next { what: string, command: string }[]

local TONES = {
  done = "good", failed = "bad", crashed = "bad", abandoned = "bad", undone = "taken back", running = "open", waiting = "open",
  paused = "open", interrupted = "open",
}

local first_line, plural = words.first_line, words.plural

local function where(report)
  local step = report.error and report.error.step or report.failure and report.steps[report.failure].path
  return step and string.format(" in “%s”", step) or ""
end

local function failure(report)
  local why = first_line(report.error and report.error.message or report.failure and report.steps[report.failure].message)
  return where(report) .. (why ~= "" and ": " .. why or "")
end

--- The innermost step that a process left behind.
local function left_at(report)
  local at
  for _, step in ipairs(report.steps) do
    if step.status == "cut" or step.status == "running" then at = step.path end
  end
  return at and string.format(" in “%s”", at) or ""
end

--- The step that asks what the run waits with.
local function asking(report)
  for _, step in ipairs(report.steps) do
    if step.asks then return step end
  end
end

local say = {}

function say.done(report)
  local counts, time = report.counts, spent.text(report)
  return string.format("%s and %s%s", plural(counts.steps, "step"), plural(counts.effects, "effect"), time and " in " .. time or "")
end

function say.failed(report) return "Failed" .. failure(report) end
function say.paused(report) return "Paused" .. where(report) end
function say.interrupted(report) return "Interrupted" .. where(report) end
function say.crashed(report) return "The process that ran it died" .. left_at(report) .. "; nobody goes on with it" end

--- What it waits with is no place while gates are watched: which of them stands how is.
function say.running(report)
  local gates = standings.summary(report.gates)
  return "Under way" .. (gates and ": " .. gates or left_at(report))
end

function say.waiting(report)
  local step = asking(report)
  if step then return "Waits for an answer: " .. first_line(step.asks) end
  if report.error and report.error.kind ~= "waiting" then return "Stopped" .. failure(report) end
  return "Was answered, and waits for somebody to go on with it"
end

--- What a rollback left out.
local function left_of(report)
  local paths, seen = {}, {}
  for _, left in ipairs(report.run.left or {}) do
    if not seen[left.path] then paths[#paths + 1] = "“" .. left.path .. "”" end
    seen[left.path] = true
  end
  return paths[1] and table.concat(paths, ", ")
end

local LISTED, TITLE_MAX = 5, 60

--- What nothing takes back.
local function irreversible_of(report)
  local titles, all = {}, report.run.irreversible or {}
  for i = 1, math.min(#all, LISTED) do titles[i] = columns.fit(first_line(all[i].title), TITLE_MAX) end
  if #all > LISTED then titles[LISTED + 1] = plural(#all - LISTED, "other") end
  return titles[1] and table.concat(titles, ", ")
end

--- How much of it was taken back. An older almanac did not journal what nothing takes back.
local function how_undone(report)
  local left, stays = left_of(report), irreversible_of(report)
  local but, by = {}, report.run.undone_by and " by " .. report.run.undone_by or ""
  if left then but[1] = left .. ", NOT taken back" end
  if stays then but[#but + 1] = stays .. ", which nothing takes back" end
  if but[1] then return "it was undone" .. by .. ", but for " .. table.concat(but, ", and for ") end
  return (report.run.irreversible and "all of it was undone" or "it was undone") .. by
end

function say.undone(report)
  local what = how_undone(report)
  return report.error and "Failed" .. failure(report) .. "; then " .. what or what:sub(1, 1):upper() .. what:sub(2)
end

function say.abandoned(report)
  local given = report.run.abandoned or {}
  return string.format("Given up by %s: %s", given.by or "somebody", first_line(given.reason))
end

--- Whether anything was done that could be taken back.
local function may_undo(report)
  if report.run.undoes then return false end
  for _, step in ipairs(report.steps) do
    if #step.effects > 0 or step.status == "done" then return true end
  end
  return false
end

--- The commands that answer a step's question, in the words that it takes.
local function add_answers(out, step, run)
  local function add(what, format, ...) out[#out + 1] = { what = what, command = string.format("almanac " .. format, ...) } end
  local is_signed = {}
  for _, answer in ipairs(step.signed or {}) do is_signed[answer] = true end
  if step.pattern then return add("answer", "answer %s TEXT", run) end
  if not step.choices then
    add("answer yes", "approve %s%s", run, is_signed.yes and " --sign" or "")
    return add("answer no", "reject %s", run)
  end
  for _, choice in ipairs(step.choices) do
    add("answer", "answer %s %s%s", run, shell_word.quoted(choice), is_signed[choice] and " --sign" or "")
  end
end

local function commands(report)
  local run, out = report.run, json.array {}
  local function add(what, command) out[#out + 1] = { what = what, command = "almanac " .. command .. " " .. run.words } end
  local status = run.status
  if run.rehearsal then return out end -- it goes on, or back, where it is rehearsed
  if status == "running" then add("see where it stands", "status") end
  local step = status == "waiting" and asking(report)
  if step then add_answers(out, step, run.words) end
  if status == "failed" or status == "paused" or status == "interrupted" or status == "crashed" or status == "waiting" then
    add("go on", "resume")
  end
  if status == "undone" and left_of(report) then add("take back what was left", "rollback") end
  if status ~= "running" and status ~= "undone" and status ~= "abandoned" and may_undo(report) then add("take it back", "rollback") end
  if status == "crashed" or status == "failed" then
    out[#out + 1] = { what = "give it up", command = string.format("almanac abandon %s --reason TEXT", run.words) }
  end
  if status == "done" or status == "undone" then add("check the record", "verify") end
  return out
end

--- The verdict about a report that is otherwise whole.
---@param report almanac.Report
---@return almanac.report.Verdict
function M.of(report)
  local run = report.run
  local text = (say[run.status] or function() return run.status end)(report)
  return { tone = TONES[run.status] or "open", word = run.status, text = text, next = commands(report) }
end

return M
