--- How results are told: a line for each case, what failed in full, and the counts.
local assertion = require "almanac.testing.assertion"
local errors = require "almanac.base.errors"
local redaction = require "almanac.base.redaction"
local terminal = require "almanac.base.terminal"

local M = {}

local MARKS = { passed = "✓", failed = "✗", error = "✗", pending = "‖" }
local COLORS = { passed = "32", failed = "31", error = "31", pending = "33" }

local SLOW_SECONDS = 5 -- of real time, for which a case is named

local Voice = {}
Voice.__index = Voice

---@param options { color: boolean, write: fun(text: string) }
---@return table voice
function M.new(options)
  return setmetatable({ color = options.color, write = options.write, files = {} }, Voice)
end

local function painted(self, status, text)
  return self.color and string.format("\27[%sm%s\27[0m", COLORS[status], text) or text
end

--- What there is to look at where a run was: its journal, which is kept.
local function kept_lines(result)
  local out = {}
  for _, world in ipairs(result.kept or {}) do
    for _, run in ipairs(world.runs) do
      if run.id then
        local why = run.error and ": " .. tostring(run.error.message) or ""
        out[#out + 1] = string.format("%s ended %s%s\n  look:  almanac status %s --store %s/.almanac", run.runbook, run.status, why,
          run.id, world.cwd)
      elseif run.output ~= "" then
        out[#out + 1] = run.runbook .. " was refused:\n" .. run.output:gsub("\n+$", "")
      end
    end
  end
  return out
end

local function indented(text)
  local lines = {}
  for line in (text .. "\n"):gmatch "(.-)\n" do lines[#lines + 1] = "    " .. line end
  return terminal.lines(lines)
end

--- What a case failed of. The lines of an assertion are ours; what is in them of others is printable, and within them.
local function text_of(err)
  if err.kind ~= "assertion" then return errors.format(err) end
  local place, line = errors.place(err)
  local at = place and string.format("\n  at:    %s\n         %s", place, line or "") or ""
  return errors.printable(redaction.text(tostring(err.message) .. at))
end

--- A case is over.
---@param result almanac.testing.Result
function Voice:result(result)
  if self.file ~= result.file then
    self.file = result.file
    self.write(terminal.one_line(result.file) .. "\n")
  end
  local why = result.status == "pending" and result.why ~= "" and "  (" .. terminal.one_line(result.why) .. ")" or ""
  local took = result.seconds >= SLOW_SECONDS and string.format("  (%.1f s)", result.seconds) or ""
  self.write(string.format("  %s %s%s%s\n", painted(self, result.status, MARKS[result.status]), terminal.one_line(result.name), why, took))
  if not result.error then return end
  self.write(indented(text_of(result.error)))
  for _, line in ipairs(kept_lines(result)) do self.write(indented(line)) end
end

local function counted(results)
  local count = { passed = 0, failed = 0, error = 0, pending = 0 }
  for _, result in ipairs(results) do count[result.status] = count[result.status] + 1 end
  return count
end

--- All cases are over.
---@param results almanac.testing.Result[]
function Voice:summary(results)
  local count = counted(results)
  local failed = count.failed + count.error
  local words = { string.format("%d passed", count.passed), string.format("%d failed", failed) }
  if count.pending > 0 then words[#words + 1] = string.format("%d pending", count.pending) end
  self.write(painted(self, failed > 0 and "failed" or "passed", table.concat(words, ", ")) .. "\n")
end

M.shown = assertion.shown

return M
