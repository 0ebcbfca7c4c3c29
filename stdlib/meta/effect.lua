---@meta
-- Made by `make docs` from stdlib/public/effect.lua: edit that.

--- Calls of one's own that change the world. Each is journalled, previewed by a plan, made once, and recovered after a crash, as the standard library's are.
effect = {}

---@class effect.define.options
---@field apply function  makes the change; is given input and a context, and gives plain data
---@field allow? effect.define.options.allow  what `allow` of a runbook is asked for
---@field holds? function  pure, of input and result: a list of { about = what it is, look = a read that says how it is otherwise }, asked before a stopped run goes on
---@field input? function  pure: checks what the caller gave, and gives plain data, which is journalled
---@field observe? function  a read of input: what is there before
---@field preview? function  a read of input, and of what observe saw: { summary, nothing = true, result, ground = { { ref, object } } }; by its ground a plan says that it stands on a change before it
---@field preview_observes? boolean  the preview looks for itself: observe is not called before it
---@field recover? function  an intent without an outcome: "done" and the result, "not_done", "again" (it may be made once more, whether or not it took place) or "unknown"
---@field title? function  of input: one line for people
---@field undo? function  takes a done one back, by effects: of input, result and a context, whose undo_to is what observe saw before

---@class effect.define.options.allow
---@field category string  the key of allow: a word
---@field of function  of input: the name, or names, of what it touches
---@field words? string  what a pattern of it means, for almanac show: "page the team %s"

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
function effect.define(name, definition) end

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
function effect.perform(name, input) end
