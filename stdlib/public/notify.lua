--- notify: messages to the channels that almanac.yaml names.
local impl = require "almanac.http.notify"

local M = {}

--- Tells people something. An effect; a webhook gets the effect's id as its Idempotency-Key.
---
--- Raises: `refused` (no such channel), `http`, `command`, `network`.
---
--- ```lua
--- notify.send { channel = "ops", text = "v0.5.0 is on the devnet", optional = true }
--- ```
---@param options notify.send.options
---@return { told: boolean, in_doubt: boolean? }  in_doubt: an optional one that may have been told, and nobody can ask
M.send = impl.send

return M
