--- gate: a step that watches a condition over a window.

--- Watches a number against a limit until it has been healthy for `hold`. gate(spec) alone watches in the step
--- that is running, as a branch of parallel does. In a plan one sample is taken.
---
--- It passes once it was healthy for `hold` without a break, and has as long again to recover from one. So a number that is
--- bad from its first sample on fails it when `hold` is over, and one that turns bad later when a whole `hold` cannot be had
--- any more within twice that. At once it fails beyond `critical` only: give one where nobody should wait. A `guard` round a
--- step ends it by its first bad samples.
---
--- Raises: `gate`, with `verdict` ("fail", "inconclusive", "no data" or "error"), `why`, `value`, `limit`, `held`.
---
--- ```lua
--- gate("peers", { query = "min(animica_p2p_peers_connected)", op = ">=", limit = 5, critical = 0, hold = "10m" })
--- ```
---@param name string|gate.options
---@param spec? gate.options
---@return { verdict: "pass", value: number|string, limit: number, held: number, unwatched: number, samples: integer }
---  held and unwatched in seconds; an infinite value is "+Inf" or "-Inf"
local gate = require("almanac.observe.gate.step").gate

return gate
