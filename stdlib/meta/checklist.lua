---@meta
-- Made by `make docs` from stdlib/public/checklist.lua: edit that.

--- Asks for each item of a list, one after the other; each answer is journalled on its own. A step of its own.
---
--- Raises: `refused`, `waiting`, as confirm.
---
--- ```lua
--- checklist("before the release", { "The on-call engineer knows", "Backups are from today" })
--- ```
---@param name string
---@param items string[]  any texts
function checklist(name, items) end
