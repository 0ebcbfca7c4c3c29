--- Forms as browsers send them: application/x-www-form-urlencoded. Pure.
--- https://url.spec.whatwg.org/#urlencoded-parsing
local M = {}

local function decoded(text)
  return (text:gsub("+", " "):gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

--- The fields of a body; of a name that is repeated the last value.
---@param body string
---@return table<string, string>
function M.fields(body)
  local out = {}
  for pair in body:gmatch "[^&]+" do
    local name, value = pair:match "^([^=]*)=(.*)$"
    out[decoded(name or pair)] = decoded(value or "")
  end
  return out
end

return M
