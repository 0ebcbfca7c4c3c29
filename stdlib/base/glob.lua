--- Shell-like patterns: * any run of characters, ? any one, neither of them a character of the fence, which parts
--- what is matched as "/" parts a path; ** any run at all. Pure.
local M = {}

local FENCE = "/"

--- A pattern of Lua's for it.
local function translate(pattern, fence)
  local inside = "[^" .. fence:gsub("%W", "%%%0") .. "]"
  local out, at = {}, 1
  while at <= #pattern do
    local stars = pattern:match("^%*+", at)
    if stars then
      out[#out + 1] = #stars > 1 and ".*" or inside .. "*"
    else
      local char = pattern:sub(at, at)
      out[#out + 1] = char == "?" and inside or (char:gsub("%W", "%%%0"))
    end
    at = at + #(stars or " ")
  end
  return "^" .. table.concat(out) .. "$"
end

---@param pattern string
---@param text string
---@param fence? string  characters that * and ? do not cross; default "/"
---@return boolean
function M.match(pattern, text, fence)
  return text:find(translate(pattern, fence or FENCE)) ~= nil
end

return M
