--- Previews: what an effect would do, asked of its definition.
local errors = require "almanac.base.errors"
local interrupt = require "almanac.base.interrupt"
local redaction = require "almanac.base.redaction"
local unknown = require "almanac.base.unknown"

local M = {}

local SHOWN = 3 -- objects that a line names

---@class almanac.Preview  what an effect's preview() returns
---@field summary? string        one line: what would happen
---@field nothing? boolean       it would change nothing
---@field changes? table[]       { object, action = "create"|"change"|"delete"|"unchanged"|"conflict"|"reject", fields?, why?,
---                               kept_by? }: who would take the change back
---@field warnings? string[]     what the reviewer must not miss
---@field ground? almanac.GroundItem[]  what the preview rests on, and what the effect makes of it
---@field result? any            predicted result; absent: unknown until the run
---@field would_fail? string     why the run would stop here
---@field unkept? string         why an undo could not put back what is there now
---@field gives_nothing? boolean the predicted result is nil
---@field nested? boolean        it is a run of its own, whose effects the plan has

--- What can be previewed, of an input that is known. Raises what observe and preview raise.
---@param definition almanac.EffectDefinition
---@param input any
---@return almanac.Preview
function M.make(definition, input)
  if not definition.preview then return { summary = "no preview: what it changes is known when it runs" } end
  local before
  if definition.observe and (definition.unkept or not definition.preview_observes) then before = definition.observe(input) end
  local preview = definition.preview(input, before) or {}
  if definition.unkept then preview.unkept = definition.unkept(input, redaction.data(before)) end
  return preview
end

--- The parts of an input that are open, and what each waits for.
local function describe_open(open)
  local out = {}
  for i, part in ipairs(open) do
    out[i] = string.format("%s after %s", part.at == "" and "all of it" or part.at:sub(2):gsub("~1", "/"):gsub("~0", "~"), part.after)
  end
  return table.concat(out, ", ")
end

--- The changes to objects that others keep, in words: one line for each keeper.
---@param preview almanac.Preview
---@return string[]
function M.kept(preview)
  local objects, keepers, out = {}, {}, {}
  for _, change in ipairs(preview.changes or {}) do
    local keeper = change.kept_by
    if keeper and not objects[keeper] then keepers[#keepers + 1], objects[keeper] = keeper, {} end
    if keeper then table.insert(objects[keeper], change.object) end
  end
  for _, keeper in ipairs(keepers) do
    local list = objects[keeper]
    local more = #list > SHOWN and string.format(" and %d more", #list - SHOWN) or ""
    out[#out + 1] = string.format("%s%s: kept by %s, which would take this back", table.concat(list, ", ", 1, math.min(#list, SHOWN)),
      more, keeper)
  end
  return out
end

M.KEPT_HINT = 'make the change where the object is kept, or pause that; on_owner = "warn" in the runbook lets it pass'

--- Says who keeps what is changed: a warning, or what would stop the run.
local function tell_keepers(preview, on_owner)
  local kept = M.kept(preview)
  if not kept[1] then return end
  if on_owner == "refuse" and not preview.would_fail then
    preview.would_fail, preview.hint, preview.result = table.concat(kept, "; "), M.KEPT_HINT, nil
    return
  end
  preview.warnings = preview.warnings or {}
  for _, line in ipairs(kept) do table.insert(preview.warnings, line) end
end

--- The preview of a call; one that cannot be made is what would stop the run there.
---@param call almanac.EffectCall
---@param on_owner? "warn"|"refuse"  of the runbook
---@return almanac.Preview
function M.of(call, on_owner)
  local open = unknown.open(call.input)
  if open[1] then return { summary = "its input is known when it runs: " .. describe_open(open) } end
  if call.definition.goes_on then return M.make(call.definition, call.input) end -- what stops it is said where it stops
  local ok, preview = errors.try(M.make, call.definition, call.input)
  if ok then
    tell_keepers(preview, on_owner)
    return preview
  end
  if interrupt.of(preview) then error(preview, 0) end
  return { would_fail = preview.message, hint = preview.hint, warnings = {} }
end

return M
