--- note: says something, and keeps it in the journal.
local note = require("almanac.run.step").note

return note
