--- Definitions of effects, by name. Those of the standard library are found through a catalogue, for
--- their modules may not be loaded yet; those that a script defines belong to that script alone, so that
--- two scripts never meet.
local allow_categories = require "almanac.base.allow_categories"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local form = require "almanac.run.plan.form"
local secret = require "almanac.base.secret"
local task = require "native.task"
local unknown = require "almanac.base.unknown"

local M = {}

---@class almanac.EffectContext
---@field id string      effect id: 16 hex digits, the same after a crash; an idempotency key
---@field run string     run id
---@field before any     what observe() saw before this try
---@field undo_to any    what observe() saw before the first try that may have changed something: what `undo` goes back to
---@field emit fun(kind: string, data: table)  journals something of the effect's own
---@field already boolean?  it was so before the effect began: apply changes nothing
---@field is_undone boolean?  in recover: the run is taken back, so that there is nothing to go on with

---@class almanac.UndoContext   what undo is handed
---@field undo_to any    as apply had it
---@field before any     the same, as effects call it that were written when each was made once

---@alias almanac.Recovered "done"|"not_done"|"again"|"unknown"  "again": it may be made once more, whether or not it took place

---@class almanac.EffectAllow   what a runbook's `allow` is asked for before the effect begins
---@field category string       the key of `allow`: "helm", or a word of the operator's own
---@field of fun(input: any): string|(string|almanac.Target)[]   the names of what it touches: each must fit a pattern
---@field words? string        what a pattern means, for `almanac show`: "page the team %s"

---@class almanac.EffectDefinition : almanac.EffectNature
---@field input? fun(raw: any): any        pure; checks and normalises; raises kind "usage"
---@field observe? fun(input: any): any    a read: what is there before
---@field preview? fun(input: any, before: any): table   a read: what would change; before: what observe saw
---@field preview_observes? boolean   the preview looks for itself: observe is not called before it
---@field apply fun(input: any, ctx: almanac.EffectContext): any
---@field recover? fun(input: any, ctx: almanac.EffectContext): almanac.Recovered, any
---@field holds? fun(input: any, result: any): almanac.Standing[]   what is asked before a stopped run goes on
---@field undo? fun(input: any, result: any, ctx: almanac.UndoContext)
---@field title? fun(input: any): string   one line for people
---@field allow? almanac.EffectAllow

---@class almanac.EffectNature  what only the standard library says of an effect
---@field goes_on? boolean     it keeps a record of its own, so that one that was begun and has no outcome is applied again,
---                            with what was observed before it began; a failure is none, and a pause is heard in it
---@field already? fun(input: any, before: any): boolean  a read: it is so already, and apply has nothing to do; asked before the
---                            effect begins, for behind that nobody could tell whether the run itself made it so
---@field is_previewed? boolean  it stands in for one that is not made, in a rehearsal
---@field for_people? boolean  its input is words for people, who read the label of a secret as one
---@field unkept? fun(input: any, before: any): string?  pure: why undo cannot put back what observe saw, as the journal has that
---@field predicts? string[]   fields of its result that its preview knows: a script may decide by them in a plan, too
---@field expected? fun(input: any): any  pure: what it gives when all goes well, for a rehearsal; its preview cannot know

---@alias almanac.Definitions table<string, almanac.EffectDefinition>  the effects of one script

local builtin = {} ---@type almanac.Definitions

---@class almanac.Catalogue  of the standard library's effects
---@field knows fun(name: string): boolean      whether there is such an effect
---@field load fun(name: string)               loads the module that defines an effect, if there is one
---@field categories fun(): table<string, almanac.AllowCategory|true>  of `allow`; true: an effect says what it means
---@field asking fun(category: string): string[]     the names of the effects that ask for a category
---@field category_of fun(module: string): string?   what the calls of a module ask for
---@field is_reserved fun(module: string): boolean   whether "module.verb" is a name of the standard library
---@field stands_in? fun(name: string, definition: almanac.EffectDefinition): almanac.EffectDefinition   what is made in the place
---  of an effect, a script's own too: in a rehearsal

local catalogue = { ---@type almanac.Catalogue
  knows = function() return true end, load = function() end,
  categories = function() return {} end, asking = function() return {} end, category_of = function() end,
  is_reserved = function() return false end,
}

--- Says what the standard library defines, and how it is loaded.
---@param given almanac.Catalogue
function M.use_catalogue(given)
  catalogue = given
end

local DEFINITION = fields.declare("effect.define", {
  input = { "function", help = "pure: checks what the caller gave, and gives plain data, which is journalled" },
  observe = { "function", help = "a read of input: what is there before" },
  preview = { "function", help = "a read of input, and of what observe saw: { summary, nothing = true, result, "
    .. "ground = { { ref, object } } }; by its ground a plan says that it stands on a change before it" },
  preview_observes = { "flag", help = "the preview looks for itself: observe is not called before it" },
  apply = { "function", required = true, help = "makes the change; is given input and a context, and gives plain data" },
  recover = { "function", help = "an intent without an outcome: \"done\" and the result, \"not_done\", \"again\" (it may be made " ..
    "once more, whether or not it took place) or \"unknown\"" },
  holds = {
    "function", help = "pure, of input and result: a list of { about = what it is, look = a read that says how it is otherwise }, " ..
      "asked before a stopped run goes on",
  },
  undo = { "function", help = "takes a done one back, by effects: of input, result and a context, whose undo_to is what observe saw " ..
    "before" },
  title = { "function", help = "of input: one line for people" },
  allow = {
    "shape", help = "what `allow` of a runbook is asked for",
    of = {
      category = { "text", required = true, help = "the key of allow: a word" },
      of = { "function", required = true, help = "of input: the name, or names, of what it touches" },
      words = { "text", help = "what a pattern of it means, for almanac show: \"page the team %s\"" },
    },
  },
}, { at = 2 })

local function add(definitions, name, definition)
  if type(name) ~= "string" or not name:find "^[%w_]+%.[%w_]+$" then
    errors.usage("effect.define: the name must be of the form module.verb, not %q", tostring(name))
  end
  local copy = fields.check(DEFINITION, definition, string.format("effect.define %q", name))
  if copy.allow and not copy.allow.category:find "^%l[%l%d_]*$" then
    errors.usage("effect.define %q: allow.category must be a word of small letters, not %q", name, copy.allow.category)
  end
  if copy.allow and copy.allow.words and not copy.allow.words:find("%s", 1, true) then
    errors.usage("effect.define %q: allow.words must have %%s where the pattern stands: \"page the team %%s\"", name)
  end
  if copy.allow and copy.allow.category == "read" then
    errors.usage("effect.define %q: allow.category cannot be read, which holds what a runbook may look at", name)
  end
  if definitions[name] then
    errors.raise {
      kind = "usage", message = string.format("effect.define %q: this script defined it already", name),
      hint = "one name, one effect; a file in lib/ that defines it can be required wherever it is needed",
    }
  end
  definitions[name] = copy
  return copy
end

--- A function of a script's effect that has to look or compute only: in no step, so that it makes no effect of its own.
local function with_permit(permit, fn)
  return fn and function(...)
    local context = task.context()
    return task.with({ permit = permit, context = { run = context and context.run } }, fn, ...)
  end
end

local function confine(name, definition)
  definition.input = with_permit("compute", definition.input)
  definition.title = with_permit("compute", definition.title)
  definition.observe = with_permit("read", definition.observe)
  local preview = with_permit("read", definition.preview)
  definition.preview = preview and function(...) return form.preview(name, preview(...)) end
  if definition.allow then definition.allow.of = with_permit("compute", definition.allow.of) end
end

--- Defines an effect of the standard library.
---@param name string "module.verb"
---@param definition almanac.EffectDefinition
---@param nature? almanac.EffectNature
function M.define(name, definition, nature)
  if not catalogue.knows(name) and catalogue.is_reserved(name:match "^[^.]*") then
    errors.raise {
      kind = "internal", message = string.format("effect.define %q: the catalogue has no line for it", name),
      hint = "a resume would not find it: name its module in stdlib/session/catalogue.lua",
    }
  end
  local added = add(builtin, name, definition)
  for key, value in pairs(nature or {}) do added[key] = value end
end

--- The effects of the script that is being loaded, or that runs.
---@return almanac.Definitions?
local function of_script()
  local context = task.context()
  return context and (context.definitions or context.run and context.run.definitions)
end

--- Defines an effect of the script that calls.
function M.define_own(name, definition)
  local module = type(name) == "string" and name:match "^([^.]*)"
  if module and catalogue.is_reserved(module) then
    errors.raise {
      kind = "usage", message = string.format("effect.define %q: %s is a name of the standard library", name, module),
      hint = string.format("give it a module of your own, such as my_%s.%s", module, name:match "%.(.*)$" or "verb"),
    }
  end
  local definitions = of_script()
  if not definitions then errors.usage("effect.define %q: there is no script here that it would belong to", tostring(name)) end
  confine(name, add(definitions, name, definition))
end

--- The effects of a script as one execution of it has them: what its body defines while it runs belongs to that
--- execution, for the next one defines it again.
---@param own almanac.Definitions  of the script
---@return almanac.Definitions
function M.scope(own)
  return setmetatable({}, { __index = own })
end

--- The effects of two versions of a script; those of the first go before.
---@param today almanac.Definitions
---@param before almanac.Definitions
---@return almanac.Definitions
function M.join(today, before)
  return setmetatable({}, { __index = function(_, name) return today[name] or before[name] end })
end

--- Refuses an effect that is not the script's own: what the standard library's take is checked by its functions.
---@param name any
function M.require_own(name)
  local module = type(name) == "string" and name:match "^([^.]*)"
  if not module or not catalogue.is_reserved(module) then return end
  errors.raise {
    kind = "usage", message = string.format("effect.perform: %q is no effect of this script: %s is the standard library's", name, module),
    hint = string.format("call a function of %s; almanac check knows them", module),
  }
end

--- The definition of an effect. A script's walk calls nothing in its steps, so that the module of an
--- effect in the journal may not be loaded yet.
---@param name string
---@param own? almanac.Definitions  those of the script
---@return almanac.EffectDefinition?
function M.find(name, own)
  if type(name) ~= "string" then return nil end
  if not builtin[name] then catalogue.load(name) end
  local found = builtin[name] or own and own[name]
  return found and catalogue.stands_in and catalogue.stands_in(name, found) or found
end

--- Whether an effect is the standard library's. What a script defines changes the world by other effects alone.
---@param name string
---@return boolean
function M.is_builtin(name)
  if not builtin[name] then catalogue.load(name) end
  return builtin[name] ~= nil
end

--- One line for people about an effect with that input.
---@param name string
---@param input any
---@param own? almanac.Definitions  those of the script
---@return string
function M.title(name, input, own)
  local definition = M.find(name, own)
  if not definition or not definition.title then return name end
  if not unknown.within(input) then return definition.title(input) end
  local ok, title = errors.try(definition.title, unknown.describe_all(secret.conceal_all(input)))
  return ok and title or name
end

--- What the calls of a module of the standard library ask `allow` for.
---@param module string  "sh"
---@return string? category  "shell"
function M.category_of(module) return catalogue.category_of(module) end

--- What an effect says of the category that it asks for.
local function said_by(definition, category)
  local allow = definition.allow
  if not allow or allow.category ~= category or not allow.words then return nil end
  local said = allow_categories.plain(allow.words)
  return { change = said, read = said }
end

--- A category of `allow`, as it is defined: where its calls are, or by the effect that brings it.
---@param category string
---@param own? almanac.Definitions
---@return almanac.AllowCategory?  nil: nobody says what it means
function M.allow_category(category, own)
  for _, definition in pairs(own or {}) do
    local said = said_by(definition, category)
    if said then return said end
  end
  local found = catalogue.categories()[category]
  if found ~= true then return found end
  for _, name in ipairs(catalogue.asking(category)) do
    local said = said_by(M.find(name), category)
    if said then return said end
  end
end

--- What effects ask `allow` for: the standard library's, and the script's own.
---@param own? almanac.Definitions
---@return table<string, boolean>
function M.categories(own)
  local out = {}
  for category in pairs(catalogue.categories()) do out[category] = true end
  for _, definition in pairs(own or {}) do
    if definition.allow then out[definition.allow.category] = true end
  end
  return out
end

return M
