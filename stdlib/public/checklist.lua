--- checklist: a list to tick.
local checklist = require("almanac.run.confirm").checklist

return checklist
