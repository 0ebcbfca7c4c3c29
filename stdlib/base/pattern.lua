--- Lua's patterns: what is wrong with one, before it meets a text. Lua itself says so only of the parts that
--- it gets to. https://www.lua.org/manual/5.4/manual.html#6.4.1 Pure.
local M = {}

--- Captures that a pattern may have (LUA_MAXCAPTURES).
local CAPTURES = 32

--- The place behind a set that begins at `at`, or nil: its first item may be "]".
local function behind_set(pattern, at)
  at = pattern:find("^%^", at + 1) and at + 2 or at + 1
  repeat
    at = pattern:find("^%%.", at) and at + 2 or at + 1
    if at > #pattern then return nil end
  until pattern:find("^%]", at)
  return at + 1
end

--- Each reads what begins at `at`, and gives the place behind it, or nil and what is wrong. `seen` has the
--- number of captures, and which of them are open.
local read = {}

read["("] = function(pattern, at, seen)
  seen.count = seen.count + 1
  if seen.count > CAPTURES then return nil, "it has too many captures" end
  if pattern:find("^%)", at + 1) then return at + 2 end
  seen.open[#seen.open + 1] = seen.count
  return at + 1
end

read[")"] = function(_, at, seen)
  if not table.remove(seen.open) then return nil, "a ) closes nothing" end
  return at + 1
end

read["["] = function(pattern, at)
  local behind = behind_set(pattern, at)
  if not behind then return nil, "a [ has no ]" end
  return behind
end

local function refers(seen, number)
  for _, open in ipairs(seen.open) do
    if open == number then return false end
  end
  return number >= 1 and number <= seen.count
end

read["%"] = function(pattern, at, seen)
  local escaped = pattern:sub(at + 1, at + 1)
  if escaped == "" then return nil, "it ends with %" end
  if escaped == "b" then
    if at + 3 > #pattern then return nil, "%b needs two characters behind it" end
    return at + 4
  end
  if escaped == "f" and not pattern:find("^%[", at + 2) then return nil, "%f needs a [ behind it" end
  if escaped:find "%d" and not refers(seen, tonumber(escaped)) then return nil, "%" .. escaped .. " refers to no capture before it" end
  return at + 2
end

--- What is wrong with a pattern, or nil.
---@param pattern string
---@return string? fault
function M.fault(pattern)
  local at, seen = pattern:find "^%^" and 2 or 1, { count = 0, open = {} }
  while at <= #pattern do
    local reader, fault = read[pattern:sub(at, at)], nil
    if reader then at, fault = reader(pattern, at, seen) else at = at + 1 end
    if fault then return fault end
  end
  return seen.open[1] and "a ( has no )" or nil
end

return M
