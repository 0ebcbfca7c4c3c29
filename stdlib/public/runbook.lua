--- runbook: declares what a script is.
local runbook = require("almanac.run.declaration").declare

return runbook
