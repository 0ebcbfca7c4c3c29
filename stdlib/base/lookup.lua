--- Answers that somebody wrote down, by patterns: what is asked is looked up by its own text first, then by patterns with *
--- for any text, the longest first. Pure.
local M = {}

local function matches(pattern, text)
  local escaped = pattern:gsub("%W", function(char) return char == "*" and ".*" or "%" .. char end)
  return text:find("^" .. escaped .. "$") ~= nil
end

local function squeezed(text) return (text:gsub("%s+", " "):match "^ ?(.-) ?$") end

--- The patterns, the most exact first.
local function ordered(answers)
  local out = {}
  for pattern in pairs(answers) do out[#out + 1] = pattern end
  table.sort(out, function(a, b)
    if #a ~= #b then return #a > #b end
    return a < b
  end)
  return out
end

--- The answer to what is asked; nil: there is none.
---@param answers table<string, any>
---@param asked string
---@return any answer
---@return string? pattern
function M.find(answers, asked)
  asked = squeezed(asked)
  local patterns = ordered(answers)
  for _, pattern in ipairs(patterns) do
    if squeezed(pattern) == asked then return answers[pattern], pattern end
  end
  for _, pattern in ipairs(patterns) do
    if pattern:find("*", 1, true) and matches(squeezed(pattern), asked) then return answers[pattern], pattern end
  end
end

return M
