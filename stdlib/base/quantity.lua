--- Quantities of the API ("250m", "1.5Gi", "129e6") as numbers, and back for people. Pure.
--- https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
local errors = require "almanac.base.errors"

local M = {}

local scale = {
  [""] = 1, k = 1e3, M = 1e6, G = 1e9, T = 1e12, P = 1e15, E = 1e18,
  Ki = 1 << 10, Mi = 1 << 20, Gi = 1 << 30, Ti = 1 << 40, Pi = 1 << 50, Ei = 1 << 60,
}
-- What is divided by: a division gives the number nearest to the text.
local parts = { n = 1e9, u = 1e6, m = 1e3 }

--- The number that a quantity stands for; an integer where it is whole. Raises kind "usage".
function M.parse(text)
  if type(text) == "number" then return text end
  local digits, unit = tostring(text):match "^([+-]?%d*%.?%d*)(%a*)$"
  local number = tonumber(digits)
  if number and (scale[unit] or parts[unit]) then
    local value = parts[unit] and number / parts[unit] or number * scale[unit]
    return math.tointeger(value) or value
  end
  number = tostring(text):match "^[+-]?%d*%.?%d*[eE][+-]?%d+$" and tonumber(text)
  if not number then errors.usage("k8s.quantity: %q is no quantity; write 250m, 1.5Gi or 129e6", tostring(text)) end
  return math.tointeger(number) or number
end

--- Processor time as kubectl top prints it: "250m". Rounded up.
---@param cores number
---@return string
function M.cpu(cores)
  return string.format("%dm", math.ceil(cores * 1000 - 1e-6))
end

--- Memory as kubectl top prints it: "14Mi".
---@param bytes number
---@return string
function M.memory(bytes)
  return string.format("%dMi", math.floor(bytes / (1 << 20)))
end

return M
