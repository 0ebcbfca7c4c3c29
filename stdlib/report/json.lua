--- A report as JSON, for programs: the model as it is (docs/reference/report.md). Pure.
local redaction = require "almanac.base.redaction"

local M = {}

---@param report almanac.Report
---@return string
function M.render(report)
  return redaction.encode(report, { canonical = true, indent = 2 }) .. "\n"
end

return M
