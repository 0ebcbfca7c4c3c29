--- step: a named unit of a run.
local step = require("almanac.run.step").step

return step
