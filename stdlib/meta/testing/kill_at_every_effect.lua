---@meta
-- Made by `make docs` from stdlib/testing/public/kill_at_every_effect.lua: edit that.

---@class kill_at_every_effect.options
---@field answers? table  what a question is answered, by its text, with * for any: choices and free text
---@field approve? boolean  what asks for a yes is approved
---@field environment? string  of almanac.yaml
---@field prepare? function  called with each fresh world before its run; it answers as any
---@field words? string[]  more words of the command line

--- Kills a run before and behind each of its effects, with SIGKILL, in a fresh world each time; resumes it; and says that
--- the outcome is the same as without the kill: how the run ends, what is in the cluster, and how often each command and
--- each request took place. What nobody can tell is answered as it is, and is in `asked`. A run that fails undisturbed fails the
--- case. Only in cases of tests.
---
--- Raises: `assertion`, `usage`.
---
--- ```lua
--- it("happens once", function()
---   local killed = kill_at_every_effect(world { sh = { ["ops/migrate.sh"] = "" } }, "migrate")
---   assert.equal(4, killed.kills)
--- end)
--- ```
---@param world table  what it is made of is made anew each time
---@param name string  of the runbook
---@param params? table<string, any>
---@param options? kill_at_every_effect.options
---@return { kills: integer, effects: table[], asked: string[] }
function kill_at_every_effect(world, name, params, options) end
