--- Previews: what an effect would do, asked of its definition.
local errors = require "almanac.base.errors"
local interrupt = require "almanac.base.interrupt"
local unknown = require "almanac.base.unknown"

local M = {}

---@class almanac.Preview  what an effect's preview() returns
---@field summary? string        one line: what would happen
---@field nothing? boolean       it would change nothing
---@field changes? table[]       { object, action = "create"|"change"|"delete"|"unchanged"|"conflict"|"reject", fields?, why? }
---@field warnings? string[]     what the reviewer must not miss
---@field ground? table[]        { ref, of?, version?, object? | digest? }: what the preview rests on; of: the ref of
---                               the object that it is a part of
---@field result? any            predicted result; absent: unknown until the run
---@field would_fail? string     why the run would stop here

--- What can be previewed, of an input that is known. Raises what observe and preview raise.
---@param definition almanac.EffectDefinition
---@param input any
---@return almanac.Preview
function M.make(definition, input)
  if not definition.preview then return { summary = "no preview: what it changes is known when it runs" } end
  local before
  if definition.observe and not definition.preview_observes then before = definition.observe(input) end
  return definition.preview(input, before) or {}
end

--- The parts of an input that are open, and what each waits for.
local function describe_open(open)
  local out = {}
  for i, part in ipairs(open) do
    out[i] = string.format("%s after %s", part.at == "" and "all of it" or part.at:sub(2):gsub("~1", "/"):gsub("~0", "~"), part.after)
  end
  return table.concat(out, ", ")
end

--- The preview of a call; one that cannot be made is what would stop the run there.
---@param call almanac.EffectCall
---@return almanac.Preview
function M.of(call)
  local open = unknown.open(call.input)
  if open[1] then return { summary = "its input is known when it runs: " .. describe_open(open) } end
  local ok, preview = errors.try(M.make, call.definition, call.input)
  if ok then return preview end
  if interrupt.of(preview) then error(preview, 0) end
  return { would_fail = preview.message, hint = preview.hint, warnings = {} }
end

return M
