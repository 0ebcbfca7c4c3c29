--- One look at what a gate watches: Prometheus is asked now, and what it says is a sample.
local api = require "almanac.observe.api"
local errors = require "almanac.base.errors"
local prom = require "almanac.observe.prom"
local samples = require "almanac.observe.gate.sample"
local task = require "native.task"

local M = {}

--- The sample of now. A query that failed is one too; raises what is not to be borne.
---@param spec almanac.gate.Spec
---@return almanac.gate.Sample
function M.now(spec)
  local ok, answer = errors.try(prom.query, spec.query, { url = spec.url })
  local time = task.wall_ms() / 1000
  if ok then return samples.of(spec, answer, time) end
  if not api.is_bearable(answer) then error(answer, 0) end
  return { time = time, ok = false, error = tostring(answer.message),
    permanent = answer.kind == "prom" and answer.error_type == "bad_data" or nil }
end

return M
