--- Plain lines for a pipe or a log file: one for each thing that happens, never rewritten.
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local task = require "native.task"
local terminal = require "almanac.base.terminal"

local M = {}

local Plain = {}
Plain.__index = Plain

--- Progress of one step is printed at most this often.
local PROGRESS_SECONDS = 5

function M.new(run)
  return setmetatable({ run = run, progress = {}, told = 0 }, Plain)
end

local function say(mark, path, text)
  terminal.write(2, mark .. " " .. path .. (text and text ~= "" and "  " .. terminal.one_line(errors.printable(text)) or "") .. "\n")
end

local on = {}

on["step.start"] = function(_, path) say("▶", path) end
on["step.done"] = function(_, path, data)
  say(data.skipped and "∅" or "✓", path, data.skipped and "skipped" or duration.format((data.elapsed_ms or 0) / 1000))
end
on["step.failed"] = function(_, path, data) say("✗", path, tostring(data.message):match "^[^\n]*") end
on["step.interrupted"] = function(_, path, data) say("‖", path, tostring(data.message):match "^[^\n]*") end
on["step.retry"] = function(_, path, data)
  say("↻", path, string.format("attempt %d failed: %s; again in %s", data.attempt, data.message,
    duration.format(data.delay)))
end
on["said"] = function(_, _, data) terminal.write(2, "· " .. terminal.hanging(data.text, "  ") .. "\n") end
on["note"] = function(_, path, data) say("·", path, data.text) end
on["output"] = function(_, _, data) terminal.write(2, "    | " .. terminal.one_line(errors.printable(data.text)) .. "\n") end
on["effect.intent"] = function(_, path, data) say("→", path, data.title) end
on["effect.outcome"] = function(_, path, data)
  if data.recovered then say("→", path, data.op .. ": found done after a crash") end
end
on["effect.recovered"] = function(_, path, data)
  if data.state ~= "done" then say("→", path, data.op .. " had not taken place before the crash; now") end
end
on["effect.in_doubt"] = function(_, path, data) say("→", path, data.op .. " is in doubt: " .. data.message) end
on["confirm.answered"] = function(_, path, data)
  say("·", path, (data.answer == "yes" and "approved by " or "rejected by ") .. data.by)
end
on["progress"] = function(self, path, data)
  local last = self.progress[path]
  local now = task.now()
  if last and (last.text == data.text or now - last.at < PROGRESS_SECONDS) then return end
  self.progress[path] = { text = data.text, at = now }
  say("…", path, data.text)
end

--- What was done before is counted: resume has listed it.
function Plain:say_replayed()
  local count = self.run.replayed - self.told
  if count > 0 then
    terminal.write(2, string.format("✓ %d %s done before\n", count, count == 1 and "step was" or "steps were"))
  end
  self.told = self.run.replayed
end

function Plain:event(event)
  local fn = on[event.kind]
  if not fn then return end
  self:say_replayed()
  fn(self, event.path, event.data)
end

function Plain.above(_, text)
  terminal.write(2, text .. "\n")
end

function Plain.start() end
function Plain.suspend() end
function Plain.stop() end

return M
