--- What a run touched: the names of all that its effects changed, as an `allow` that covers no more.
local allows = require "almanac.base.allow"
local definitions = require "almanac.run.definitions"
local effect = require "almanac.run.effect"
local errors = require "almanac.base.errors"
local task = require "native.task"

local M = {}

local function add(out, targets)
  for _, target in ipairs(targets) do
    local list = out[target.category] or {}
    out[target.category] = list
    for _, name in ipairs(target.access ~= "read" and target.names or {}) do
      if not name:find "[*?]" then list[#list + 1] = name end
    end
  end
end

--- What the effects of a run touched so far.
---@param run almanac.Run
---@param own almanac.Definitions?  of its script
---@return almanac.Allow
function M.by(run, own)
  return task.with({ permit = "read" }, function()
    local out = {}
    for _, known in ipairs(run.replay:effects_newest_first()) do
      local ok, targets = errors.try(effect.targets, definitions.find(known.intent.op, own), known.intent.input)
      if ok then add(out, targets) end
    end
    return out
  end)
end

--- Whether a call changes something, and nothing else than that.
---@param touched almanac.Allow
---@param call almanac.EffectCall
---@return boolean
function M.covers(touched, call)
  local targets = task.with({ permit = "read" }, effect.targets, call.definition, call.input)
  for _, target in ipairs(targets) do
    if target.access ~= "read" and not allows.covers(touched, "change", target) then return false end
  end
  return targets[1] ~= nil
end

return M
