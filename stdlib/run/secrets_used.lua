--- Which steps were done with a secret: the inputs of effects in a journal name the secrets that they held. Pure.
local json = require "native.json"

local M = {}

--- The steps of which an effect that took place was given a secret parameter, or a part of one.
---@param replay almanac.Replay
---@param name string  of the parameter
---@return string[] paths, the oldest first
function M.steps(replay, name)
  local pattern = ("(secret " .. name):gsub("%p", "%%%0") .. "%f[^%w_-]" -- of a list "(secret NAME …"
  local effects, out, seen = replay:effects_newest_first(), {}, {}
  for i = #effects, 1, -1 do
    local known = effects[i]
    local took_place = known.outcome and known.outcome.ok
    if took_place and not seen[known.path] and json.encode(known.intent.input):find(pattern) then
      seen[known.path] = true
      out[#out + 1] = known.path
    end
  end
  return out
end

return M
