--- kill_at_every_effect: shows that a run which is killed and gone on with does what it does undisturbed, once.
local fields = require "almanac.base.fields"
local handle = require "almanac.testing.handle"
local kill = require "almanac.testing.kill"

local KILL = fields.declare("kill_at_every_effect", {
  environment = { "text", help = "of almanac.yaml" },
  words = { "list", of = "text", help = "more words of the command line" },
  prepare = { "function", help = "called with each fresh world before its run; it answers as any" },
  approve = { "flag", help = "what asks for a yes is approved" },
  answers = { "map", help = "what a question is answered, by its text, with * for any: choices and free text" },
}, { at = 4 })

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
local function kill_at_every_effect(world, name, params, options)
  return handle.perform(kill.at_every_effect, handle.world("kill_at_every_effect", world), name, params, fields.check(KILL, options))
end

return kill_at_every_effect
