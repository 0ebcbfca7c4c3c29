--- --json: one event a line on standard output, as the journal has them, from the one that began it.
--- Keys are in the order of the alphabet.
local redaction = require "almanac.base.redaction"
local terminal = require "almanac.base.terminal"

local M = {}

--- Fields of a line that hold words of ours.
local WORDS = { kind = true, path = true, run = true }

local Events = {}
Events.__index = Events

Events.wants_all = true

---@param run almanac.Run
---@param operator almanac.Operator
function M.new(run, operator)
  return setmetatable({ run = run, operator = operator }, Events)
end

function Events:event(event)
  local line = {
    run = event.run or self.run.id, kind = event.kind, path = event.own_path or event.path, time_ms = event.time_ms, data = event.data,
  }
  self.operator:encoded(redaction.encode(line, { canonical = true }, WORDS) .. "\n")
end

function Events.above(_, text)
  terminal.write(2, text .. "\n")
end

function Events.start() end
function Events.suspend() end
function Events.stop() end

return M
