---@meta
-- Made by `make docs` from stdlib/public/note.lua: edit that.

--- Says something to whoever watches; inside a step it is kept in the journal.
---
--- Raises: nothing.
---
--- ```lua
--- note "the head moved by 12 blocks"
--- ```
---@param text string
function note(text) end
