--- Plain lines for a pipe or a log file: one for each thing that happens, with its time of day, never rewritten.
local approval = require "almanac.journal.approval"
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local lines = require "almanac.base.lines"
local progress = require "almanac.journal.progress"
local task = require "native.task"
local terminal = require "almanac.base.terminal"

local M = {}

local Plain = {}
Plain.__index = Plain

local LOOK_SECONDS = 1 -- at what steps wait for and was not printed yet

local function to_stderr(text) terminal.write(2, text) end

---@param run almanac.Run
---@param write? fun(text: string)  takes whole lines; default: standard error
function M.new(run, write)
  return setmetatable({ run = run, waits = progress.new(), said = {}, told = 0, write = write or to_stderr }, Plain)
end

--- The time of day of an event, made once a second.
local function clock(self, time_ms)
  local second = time_ms // 1000
  if second ~= self.second then self.second, self.clock = second, os.date("%H:%M:%S ", second) end
  return self.clock
end

local function say(self, mark, path, text)
  self.write(self.clock .. mark .. " " .. path .. (text and text ~= "" and "  " .. terminal.one_line(errors.printable(text)) or "") .. "\n")
end

local function first_line(text)
  return tostring(text):match "^[^\n]*"
end

--- Kinds of the errors that end a step until somebody answers: it has not failed.
local ASKS = { waiting = true, in_doubt = true }

local on = {}

--- A run that a step makes: its id, by which it is looked at. The watched run itself was named by its command.
on["run.start"] = function(self, path, _, event)
  if event.run and event.own_path == "" then say(self, "▶", path, "run " .. event.run) end
end
on["run.resume"] = on["run.start"]
on["step.start"] = function(self, path) say(self, "▶", path) end
on["step.done"] = function(self, path, data)
  say(self, data.skipped and "∅" or "✓", path, data.skipped and "skipped" or duration.format((data.elapsed_ms or 0) / 1000))
end
on["step.failed"] = function(self, path, data)
  say(self, ASKS[data.kind] and "?" or "✗", path, first_line(data.message))
end
on["step.interrupted"] = function(self, path, data) say(self, "‖", path, first_line(data.message)) end
on["step.retry"] = function(self, path, data)
  say(self, "↻", path, string.format("attempt %d failed: %s; again in %s", data.attempt, data.message,
    duration.format(data.delay)))
end
on["said"] = function(self, _, data) self.write(self.clock .. terminal.said("· " .. data.text) .. "\n") end
on["rehearsal"] = function(self, _, data) self.write(self.clock .. "✂ " .. terminal.one_line(data.text) .. "\n") end
on["note"] = function(self, path, data) say(self, "·", path, data.text) end
--- Whose output it is: branches print side by side.
on["output"] = function(self, path, data)
  self.write(self.clock .. "  " .. path .. " | " .. terminal.one_line(errors.printable(lines.overwritten(data.text))) .. "\n")
end
on["effect.intent"] = function(self, path, data) say(self, "→", path, data.title) end
on["effect.outcome"] = function(self, path, data)
  if data.recovered then say(self, "→", path, data.op .. ": found done after a crash") end
end
--- "again": nobody looked whether it took place; "redo": nobody could tell, and the operator wants it so.
local RECOVERED = {
  not_done = " had not taken place before the crash; now",
  again = ": begun before the crash; made once more, it does no harm",
  redo = ": begun before the crash; made once more, as was answered",
}
on["effect.recovered"] = function(self, path, data)
  local words = RECOVERED[data.state]
  if words then say(self, "→", path, data.op .. words) end
end
on["effect.in_doubt"] = function(self, path, data) say(self, "→", path, data.op .. " is in doubt: " .. data.message) end
on["confirm.answered"] = function(self, path, data)
  say(self, "·", path, approval.describe(data))
end
--- At the terminal of another process: the one that asks prints the question itself.
on["question.put"] = function(self, path, data)
  if not self.run.operator then say(self, "?", path, string.format("asks %s at the terminal: %s", data.by, data.question)) end
end
local function say_progress(self, event)
  self.said[event.path] = event.data.text
  say(self, "…", event.path, event.data.text)
end

--- What a step waits for is printed now and then; the last of it always is, for the step may wait for long with it.
on["progress"] = function(self, path, data, event)
  if self.said[path] == data.text then return self.waits:forget(path) end
  if self.waits:take(event, task.now()) then return say_progress(self, event) end
  if self.idle then self.idle:notify() end
end

--- Prints what was said too soon behind the last, once it is time.
---@param now number seconds
function Plain:say_late(now)
  local late = self.waits:due(now)
  if late[1] then clock(self, task.wall_ms()) end
  for _, event in ipairs(late) do say_progress(self, event) end
end

--- What was done before is counted: resume has listed it.
function Plain:say_replayed()
  local replayed = self.run:replayed()
  local count = replayed - self.told
  if count > 0 then
    self.write(self.clock .. string.format("✓ %d %s done before\n", count, count == 1 and "step was" or "steps were"))
  end
  self.told = replayed
end

local ENDS = { ["step.done"] = true, ["step.failed"] = true, ["step.interrupted"] = true, ["step.retry"] = true }

function Plain:event(event)
  local fn = on[event.kind]
  if not fn then return end
  clock(self, event.time_ms)
  if self.run:replayed() ~= self.told then self:say_replayed() end
  if ENDS[event.kind] then self.waits:forget(event.path) end
  fn(self, event.path, event.data, event)
end

function Plain:above(text)
  self.write(text .. "\n")
end

--- Looks at what is late until it is stopped; a child of the task that calls it.
function Plain:start()
  self.idle = task.condition()
  self.teller = task.spawn(function()
    while true do
      if not self.waits:is_late() then self.idle:wait() end
      task.sleep(LOOK_SECONDS)
      self:say_late(task.now())
    end
  end)
end

function Plain:stop()
  if not self.teller then return end
  self.teller:cancel()
  self.teller:join()
  self.teller, self.idle = nil, nil
end

function Plain.suspend() end

return M
