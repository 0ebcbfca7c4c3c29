--- note: says something, and keeps it in the journal.

--- Says something to whoever watches; inside a step it is kept in the journal.
---
--- Raises: nothing.
---
--- ```lua
--- note "the head moved by 12 blocks"
--- ```
---@param text string
local note = require("almanac.run.step").note

return note
