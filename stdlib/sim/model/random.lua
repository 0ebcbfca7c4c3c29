--- What a server makes up: uids, and the end of a generated name.
local random = {}

local ALPHABET = "bcdfghjklmnpqrstvwxz2456789"

--- A version 4 UUID from Lua's generator: unique enough for a simulated cluster.
---@return string
function random.uuid()
  local r = math.random
  return ("%08x-%04x-4%03x-%x%03x-%04x%08x"):format(r(0, 0xffffffff), r(0, 0xffff), r(0, 0xfff),
    r(8, 11), r(0, 0xfff), r(0, 0xffff), r(0, 0xffffffff))
end

--- Five characters, as generateName gets them.
---@return string
function random.suffix()
  local out = {}
  for i = 1, 5 do
    local at = math.random(#ALPHABET)
    out[i] = ALPHABET:sub(at, at)
  end
  return table.concat(out)
end

return random
