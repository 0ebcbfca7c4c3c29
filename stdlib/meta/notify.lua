---@meta
-- Made by `make docs` from stdlib/public/notify.lua: edit that.

--- Messages to the channels that almanac.yaml names.
notify = {}

---@class notify.send.options
---@field channel string  a channel of almanac.yaml
---@field text string  what is said
---@field optional? boolean  that it cannot be told is noted, and fails nothing

--- Tells people something. An effect; a webhook gets the effect's id as its Idempotency-Key.
---
--- Raises: `refused` (no such channel), `http`, `command`, `network`.
---
--- ```lua
--- notify.send { channel = "ops", text = "v0.5.0 is on the devnet", optional = true }
--- ```
---@param options notify.send.options
---@return { told: boolean, in_doubt: boolean? }  in_doubt: an optional one that may have been told, and nobody can ask
function notify.send(options) end
