--- What an effect of the script's own would make: such a one changes the world by other effects alone, so that a plan calls
--- its `apply` as it calls a step, with reads real and each effect noted in the place of happening. Where that needs what
--- only the run will know, or takes its time, the plan says that it does not know the rest.
local definitions = require "almanac.run.definitions"
local errors = require "almanac.base.errors"
local interrupt = require "almanac.base.interrupt"
local json = require "native.json"
local previews = require "almanac.run.plan.preview"
local secret = require "almanac.base.secret"
local task = require "native.task"
local unknown = require "almanac.base.unknown"

local M = {}

local SECONDS = 2 -- that an apply may look about

---@class almanac.ForeseenEffect : almanac.Preview  one that another effect makes
---@field op string
---@field title string
---@field digest string
---@field input any
---@field open? { at: string, after: string }[]  parts of the input that only the run will know
---@field ordinal string      its number in the step: "0.0"
---@field behind_read? boolean something was looked at before it was made

---@class almanac.Foreseen
---@field makes almanac.ForeseenEffect[]
---@field makes_more boolean?  it may make others: what it does could not be followed to its end
---@field open_ends string[]?  numbers of the effects that could not be followed, itself or its parts: "0", "0.1"
---@field refused almanac.Error?  the first that `allow` refuses
---@field reads boolean?       it has looked at something

local follow

--- Notes an effect that the apply of another one makes.
---@param frame almanac.Frame     within that one
---@param call almanac.EffectCall
---@param refused almanac.Error?  why `allow` refuses it
---@return any result  as far as it is known
function M.note(frame, call, refused)
  local foreseen, open = frame.foreseen, unknown.open(call.input)
  local reads = foreseen.reads
  local preview = previews.of(call, frame.run.draft.on_owner)
  foreseen.reads = reads -- what a preview looks at is not the script's to go by
  foreseen.refused = foreseen.refused or refused
  local part = {
    op = call.name, title = definitions.title(call.name, call.input, frame.run.draft.own), digest = call.digest, ordinal = call.key,
    input = unknown.describe_all(secret.conceal_all(call.input)), open = open[1] and open or nil, behind_read = reads,
  }
  for field, value in pairs(preview) do
    if field ~= "result" and field ~= "gives_nothing" then part[field] = value end
  end
  foreseen.makes[#foreseen.makes + 1] = part
  if not definitions.is_builtin(call.name) then follow(frame, call, foreseen) end
  if preview.result == nil and not preview.gives_nothing then return unknown.new(frame.path) end
  return preview.result
end

local function note_open_end(foreseen, key)
  foreseen.makes_more, foreseen.open_ends = true, foreseen.open_ends or json.array {}
  table.insert(foreseen.open_ends, key)
end

local function in_time(fn, ...)
  local token = task.push_deadline(SECONDS)
  local ok, err = errors.try(fn, ...)
  return ok, err, task.pop_deadline(token)
end

--- Follows an apply, as far as it goes without the run.
---@param frame almanac.Frame
---@param call almanac.EffectCall
---@param foreseen almanac.Foreseen
function follow(frame, call, foreseen)
  local definition = call.definition
  local inner = setmetatable({ prefix = call.key .. ".", ordinal = 0, within = call.name, foreseen = foreseen }, { __index = frame })
  local only_then = unknown.new(frame.path)
  local ok, err, expired = task.with({ permit = "read", context = { run = frame.run, step = inner } }, in_time, function()
    local before = definition.observe and definition.observe(call.input)
    local context = { id = only_then, run = only_then, before = before, undo_to = before, emit = function() end }
    definition.apply(call.input, context)
  end)
  if ok then return end
  if interrupt.of(err) and not expired then error(err, 0) end
  note_open_end(foreseen, call.key)
end

--- What an effect of the script's own would make.
---@param frame almanac.Frame
---@param call almanac.EffectCall
---@return almanac.Foreseen
function M.of(frame, call)
  local foreseen = { makes = {} }
  if unknown.within(call.input) then note_open_end(foreseen, call.key) else follow(frame, call, foreseen) end
  return foreseen
end

return M
