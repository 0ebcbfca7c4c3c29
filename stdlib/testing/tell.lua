--- How results are told: a line for each case, what failed in full, and the counts.
local errors = require "almanac.base.errors"
local redaction = require "almanac.base.redaction"
local terminal = require "almanac.base.terminal"

local M = {}

local MARKS = { passed = "✓", failed = "✗", error = "✗", pending = "‖" }
local COLORS = { passed = "32", failed = "31", error = "31", pending = "33" }

local Voice = {}
Voice.__index = Voice

---@param options { color: boolean, write: fun(text: string) }
---@return table voice
function M.new(options)
  return setmetatable({ color = options.color, write = options.write, files = {} }, Voice)
end

local function painted(self, status, text)
  return terminal.paint(text, COLORS[status], self.color)
end

--- How a run ended; where its rollback is what stopped, that.
local function ending(run)
  local why = run.error and ": " .. tostring(run.error.message) or ""
  return run.rollback_stopped and string.format("%s: its rollback stopped%s", run.runbook, why)
    or string.format("%s ended %s%s", run.runbook, run.status, why)
end

--- What there is to look at where a run was: its journal, which is kept.
local function kept_lines(result)
  local out = {}
  for _, world in ipairs(result.kept or {}) do
    for _, run in ipairs(world.runs) do
      if run.id then
        out[#out + 1] = ending(run)
        out[#out + 1] = string.format("  look:  almanac status %s --store %s/.almanac", run.id, world.cwd)
      elseif run.output ~= "" then
        out[#out + 1] = run.runbook .. " was refused:\n" .. run.output
      end
    end
  end
  return out
end

local function indented(lines)
  local out = {}
  for i, line in ipairs(lines) do out[i] = "    " .. line end
  return terminal.lines(out)
end

--- What a case failed of. The lines of an assertion are ours; what is in them of others is printable, and within them.
local function lines_of(err)
  if err.kind ~= "assertion" then return errors.lines(err) end
  local out = {}
  for line in (errors.printable(redaction.text(tostring(err.message))) .. "\n"):gmatch "(.-)\n" do out[#out + 1] = line end
  local below = errors.lines { message = "", where = err.where, raised_at = err.raised_at }
  return table.move(below, 2, #below, #out + 1, out)
end

--- A case is over.
---@param result almanac.testing.Result
function Voice:result(result)
  if self.file ~= result.file then
    self.file = result.file
    self.write(terminal.one_line(result.file) .. "\n")
  end
  local why = result.status == "pending" and result.why ~= "" and "  (" .. terminal.one_line(result.why) .. ")" or ""
  self.write(string.format("  %s %s%s\n", painted(self, result.status, MARKS[result.status]), terminal.one_line(result.name), why))
  for _, line in ipairs(result.printed) do self.write("    | " .. terminal.one_line(redaction.text(line)) .. "\n") end
  if not result.error then return end
  self.write(indented(lines_of(result.error)))
  self.write(indented(kept_lines(result)))
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

return M
