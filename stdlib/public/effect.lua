--- effect: calls of one's own that change the world. Each is journalled, previewed by a plan, made once, and
--- recovered after a crash, as the standard library's are.
local M = {}

--- Defines an effect of this script: a name of the form module.verb, with a module that the standard library has
--- not, and the functions that make it.
---
--- Raises: `usage` (a name of the standard library, a duplicate, an unknown field).
---
--- ```lua
--- effect.define("pager.page", {
---   input = function(raw) return { team = raw.team } end,
---   allow = { category = "pager", of = function(input) return input.team end },
---   preview = function(input) return { summary = "would page " .. input.team } end,
---   apply = function(input) return { paged = input.team } end,
---   recover = function() return "unknown", "nobody can ask a pager" end,
---   title = function(input) return "page " .. input.team end,
--- })
--- ```
---@param name string
---@param definition effect.define.options
M.define = require("almanac.run.definitions").define_own

--- Makes an effect of this script happen exactly once in this run, and gives its result. An effect; a plan previews it.
---
--- Raises: `usage` (no such effect, one of the standard library: call its function), `refused` (`allow` does not name what it touches), `outside_step`,
--- `mismatch`, `in_doubt`, and what its functions raise.
---
--- ```lua
--- effect.define("flag.set", { apply = function(input) fs.write("flags/" .. input.name, input.value) end })
--- step("flag", function() return effect.perform("flag.set", { name = "banner", value = "on" }) end)
--- ```
---@param name string
---@param input any  plain data
---@return any result  plain data
M.perform = require("almanac.run.effect").perform_own

return M
