--- What stands in for effects in a rehearsal. Those on a cluster happen, for the cluster is a simulated one; those that a
--- script defines are made, since they change the world by others alone; all others are previewed, by what a plan may do,
--- and give what they are expected to give.
local effects = require "almanac.run.definitions"
local errors = require "almanac.base.errors"
local previews = require "almanac.run.plan.preview"
local rehearsed = require "almanac.journal.rehearsed"
local step = require "almanac.run.step"
local task = require "native.task"

local M = {}

---@class almanac.rehearsal.Stage  what is told of each effect
---@field point fun(self, stage: "begun"|"applied", name: string, ctx: almanac.EffectContext)

local function told(stage, name, definition)
  local copy = {}
  for field, value in pairs(definition) do copy[field] = value end
  copy.apply = function(input, ctx)
    stage:point("begun", name, ctx)
    local result = definition.apply(input, ctx)
    stage:point("applied", name, ctx)
    return result
  end
  return copy
end

--- What the effect would do, asked as a plan asks: nothing in it may change anything.
local function preview_of(definition, input)
  local context = task.context()
  return task.with({ permit = "read", context = context }, previews.make, definition, input)
end

local function previewed(stage, name, definition)
  local copy = {}
  for field, value in pairs(definition) do copy[field] = value end
  copy.apply = function(input, ctx)
    stage:point("begun", name, ctx)
    local preview = preview_of(definition, input)
    if preview.would_fail then errors.raise { kind = "refused", message = preview.would_fail, hint = preview.hint } end
    if preview.summary then step.note(preview.summary) end
    local result = preview.result
    if result == nil and not preview.gives_nothing and definition.expected then
      result = definition.expected(input)
      step.note "what it gives nobody can know: an empty success stands for it"
    end
    stage:point("applied", name, ctx)
    return result
  end
  -- What a run would know of it after a crash, a rehearsal does: also that it knows nothing, and has to ask.
  copy.recover = definition.recover and function(input, ctx)
    return task.with({ permit = "read", context = task.context() }, definition.recover, input, ctx)
  end
  copy.holds, copy.is_previewed = nil, true -- it never took place
  copy.already = nil -- its preview says so
  copy.title = function(input)
    return rehearsed.title(definition.title and definition.title(input) or name)
  end
  return copy
end

--- Whether a simulated cluster answers it.
local function is_simulated(definition)
  local category = effects.allow_category(definition.allow.category)
  return category ~= nil and category.of_cluster == true
end

--- A catalogue in which each effect has a stand-in.
---@param catalogue almanac.Catalogue
---@param stage almanac.rehearsal.Stage
---@param real table<string, boolean>  modules of effects that are made all the same: "sh"
---@return almanac.Catalogue
function M.catalogue(catalogue, stage, real)
  local made, out = setmetatable({}, { __mode = "k" }), {}
  for name, fn in pairs(catalogue) do out[name] = fn end
  function out.stands_in(name, definition)
    if definition.goes_on then return definition end -- a run, which is rehearsed as the one that makes it
    if not made[definition] then
      local happens = real[name:match "^[^.]*"] or not effects.is_builtin(name) or is_simulated(definition)
      made[definition] = (happens and told or previewed)(stage, name, definition)
    end
    return made[definition]
  end
  return out
end

return M
