--- A report as JSON, for programs: the model as it is (docs/reference/report.md). Who prints the file at a terminal sees
--- what would steer that spelt, as JSON spells it. Pure.
local redaction = require "almanac.base.redaction"
local terminal = require "native.terminal"

local M = {}

---@param report almanac.Report
---@return string
function M.render(report)
  return terminal.spelt(redaction.encode(report, { canonical = true, indent = 2 })) .. "\n"
end

return M
