--- Notices of runs, told over the channels of almanac.yaml whatever runbook ran. A channel that is down fails nothing:
--- what it was to be told is kept in the journal, and tried again by this run and by the next command that drives one.
local backoff = require "almanac.base.backoff"
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local holder = require "almanac.session.holder"
local interrupt = require "almanac.base.interrupt"
local notice = require "almanac.journal.notice"
local operators = require "almanac.run.operator"
local parameters = require "almanac.journal.parameters"
local redaction = require "almanac.base.redaction"
local runs = require "almanac.journal.run"
local settings = require "almanac.config.settings"
local store = require "almanac.journal.store"
local task = require "native.task"
local timestamp = require "almanac.base.timestamp"

local M = {}

local TIMEOUT = 10 -- seconds for one channel
local LAST_TRIES = 2 -- when a run ends, a second apart
local LATE_MS = 30 * 1000
local RETRY = { delay = 5, factor = 2 }
--- What older runs were to say is news no more.
local KEPT_MS, KEPT_RUNS = 24 * 3600 * 1000, 50

-- What is said -----------------------------------------------------------------------------------

local function name_of(run)
  local where = settings.environment and " on " .. settings.environment or ""
  return run.id .. where
end

local function first_line(text)
  return tostring(text):match "^[^\n]*"
end

local function place_of(err)
  return err.step and string.format(" at %q", err.step) or ""
end

local texts = {}

function texts.on_start(run)
  local meta = run.meta
  local text = string.format("▶ %s began, by %s on %s %s", name_of(run), meta.operator or "?", meta.host or "?",
    parameters.text(meta.params, meta.durations))
  return (text:gsub(" $", "")) -- without parameters
end

function texts.on_wait(run, err)
  return string.format("‖ %s waits%s: %s\n%s", name_of(run), place_of(err), first_line(err.message),
    err.at_terminal and "it asks at its terminal" or "go on: almanac resume " .. store.words(run.id))
end

function texts.on_fail(run, err)
  local next_is = (run.goes_back or err.undo) and "it is taken back" or "go on: almanac resume " .. store.words(run.id)
  return string.format("✗ %s failed%s: %s\n%s", name_of(run), place_of(err), first_line(err.message), next_is)
end

function texts.on_done(run)
  local seconds = run.created_ms and (task.wall_ms() - run.created_ms) // 1000
  return string.format("✓ %s is done%s", name_of(run), seconds and ", after " .. duration.format(seconds) or "")
end

function texts.on_undo(run)
  return string.format("↩ %s was rolled back, by %s", run.meta.undoes, name_of(run))
end

--- The hook of how an execution ended; nil for what the operator did with it.
local function hook_of(run, status)
  if status == "waiting" then return "on_wait" end
  if status == "failed" then return "on_fail" end
  if status == "done" then return run.meta.undoes and "on_undo" or "on_done" end
end

local function add(run, hook, occasion, err)
  if settings.hooks[hook] then notice.add(run, hook, settings.hooks[hook], occasion, redaction.text(texts[hook](run, err))) end
end

--- Tells of a guard that asks at the terminal, where perhaps nobody sits: elsewhere the run would end there.
local function tell_breaches(run)
  run:observe(function(event)
    if event.kind ~= "guard.breach" or event.data.on_breach ~= "pause" or not operators.of(run):can_be_asked() then return end
    local said = {}
    for i, breach in ipairs(event.data.breaches) do said[i] = breach.name .. ": " .. breach.why end
    add(run, "on_wait", event.path .. event.time_ms, { step = event.path, message = table.concat(said, "; "), at_terminal = true })
    run.untold:notify()
  end)
end

--- A run has begun: nothing for one that goes on, and whose beginning was journalled to be told.
---@param run almanac.Run
function M.begin(run)
  run.untold = task.condition()
  if not run.meta.undoes then add(run, "on_start", 1) end
  if settings.hooks.on_wait then tell_breaches(run) end
end

--- An execution ends. What is to be told is committed with that.
---@param run almanac.Run
---@param status string
---@param err almanac.Error|any
function M.finish(run, status, err)
  local hook = hook_of(run, status)
  local once = hook == "on_done" or hook == "on_undo"
  if hook then add(run, hook, once and 1 or #run.replay.runners, err) end
end

-- Telling ----------------------------------------------------------------------------------------

--- Its text; with the time of what it tells of, where that is a while ago.
local function text_of(one)
  if task.wall_ms() - one.time_ms < LATE_MS then return one.text end
  return string.format("%s\n(at %s)", one.text, timestamp.shown(one.time_ms / 1000))
end

--- Tries to tell one. What may have been told, is told again only where its id lets the receiver notice that.
local function tell(run, one)
  local notify = require "almanac.http.notify"
  if one.state == "begun" and not notify.has_key(one.channel) then
    run:record("notice.dropped", "", { id = one.id, message = "it was begun, and nobody knows whether it was told" })
    return true
  end
  run:record("notice.begun", "", { id = one.id })
  local ok, err = errors.try(task.with, { permit = "effect", shield = "cancel", context = false }, notify.tell, {
    channel = one.channel, text = text_of(one), id = one.id, run = run.id, hook = one.hook, timeout = TIMEOUT,
  })
  if ok then
    run:record("notice.sent", "", { id = one.id })
  else
    run:record("notice.failed", "", { id = one.id, message = redaction.text(first_line(err.message)) })
  end
  return ok
end

--- Tells what is open, each channel in its order. One that does not take a word is told no later one.
---@return boolean all
local function tell_open(run)
  local deaf, all = {}, true
  for _, one in ipairs(notice.open(run.replay.notices)) do
    if not deaf[one.channel] then deaf[one.channel] = not tell(run, one) end
    all = all and not deaf[one.channel]
  end
  return all
end

--- A run of the journal with nothing but its notices.
local function load_notices(journal, row)
  local run = runs.load_notices(journal, row)
  return notice.open(run.replay.notices)[1] and run or nil
end

--- Tells what earlier runs could not. By a journal of its own: a run is nobody's for longer than that takes.
local function catch_up(own)
  local journal <close> = store.open "rw"
  for i, row in ipairs(journal:runs()) do
    if i > KEPT_RUNS or row.created_ms < task.wall_ms() - KEPT_MS then break end
    if row.id ~= own and load_notices(journal, row) and journal:lock_run(row.id, holder.text(row.id)) then
      local run = load_notices(journal, row)
      if run then tell_open(run) end
    end
  end
end

--- Tells what is due while the run goes on, until it is cancelled; first what others left.
---@param run almanac.Run
---@return table handle
function M.start_telling(run)
  return task.spawn(function()
    if next(settings.channels) == nil then return end
    local ok, err = errors.try(catch_up, run.id)
    if not ok and interrupt.of(err) then return end
    while true do
      local tried = 0
      while not tell_open(run) do
        tried = tried + 1
        task.sleep(backoff.delay(RETRY, tried))
      end
      run.untold:wait()
    end
  end)
end

--- Says what each channel was not told, and why.
local function say_untold(open, say)
  local by_channel, channels = {}, {}
  for _, one in ipairs(open) do
    local known = by_channel[one.channel]
    if not known then
      known = { hooks = {}, why = one.why }
      by_channel[one.channel], channels[#channels + 1] = known, one.channel
    end
    table.insert(known.hooks, one.hook)
  end
  for _, channel in ipairs(channels) do
    say {
      string.format("! channel %s was not told (%s): %s", channel, table.concat(by_channel[channel].hooks, ", "),
        by_channel[channel].why or "it was not tried"),
      "  it is kept, and tried again by the next run, resume or rollback here",
    }
  end
end

--- Tells what is due when an execution is over, and says what has to wait.
---@param run almanac.Run
---@param say fun(said: string|string[])
function M.tell_rest(run, say)
  for try = 1, LAST_TRIES do
    if tell_open(run) then return end
    if try < LAST_TRIES then task.with({ shield = "cancel" }, task.sleep, 1) end
  end
  say_untold(notice.open(run.replay.notices), say)
end

return M
