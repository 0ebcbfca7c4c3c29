--- checklist: a list to tick, by evidence where there is some, by a person where there is none.

--- Ticks each item of a list, one after the other, each in a step of its own. A text is asked, as confirm asks. An
--- item with `evidence` is ticked by what that function returns, which the journal keeps; where it is not so, the
--- function raises, and the step fails. A plan looks at the evidence as it is now.
---
--- Raises: `refused`, `waiting`, as confirm; `evidence` where one returns nothing; what the evidence raises.
---
--- ```lua
--- checklist("after the release", {
---   { text = "No critical alert fires", evidence = function()
---     local firing = alerts.critical()
---     if #firing > 0 then error(firing[1].name .. " fires") end
---     return "0 of " .. #alerts.firing() .. " alerts are critical"
---   end },
---   "The on-call engineer knows",
--- })
--- ```
---@param name string
---@param items (string|{ text: string, evidence: fun(): any })[]  evidence returns text or a table
---@return { text: string, evidence: any, by: string?, at_ms: integer? }[]  by: who ticked it, where there is no evidence
local checklist = require("almanac.run.checklist").checklist

return checklist
