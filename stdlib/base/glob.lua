--- Shell-like patterns: * any run of characters, ? any one, neither of them a character of the fence, which parts
--- what is matched as "/" parts a path; ** any run at all. Pure.
---
--- The text is walked once for each piece of the pattern, with all places that the pieces before can have led to (the
--- simulation of a nondeterministic automaton: Thompson, "Regular expression search algorithm", CACM 11, 1968). So no
--- pattern takes longer than its length times that of the text, and none has to be interrupted.
local M = {}

local FENCE = "/"
local NO_FENCE = {}

--- How many * and ? a pattern may have: each walks the text once.
M.MOST_WILD = 64

--- Whether a pattern has more of them.
---@param pattern string
---@return boolean
function M.is_too_wild(pattern)
  return select(2, pattern:gsub("[*?]", "")) > M.MOST_WILD
end

--- Where a run without a fence leads from any of these places. A place is that of the next character.
local function inside(places, text, fenced)
  local out, is_on = {}, false
  for at = 1, #text + 1 do
    is_on = is_on or places[at]
    out[at] = is_on or nil
    if fenced[text:byte(at)] then is_on = false end
  end
  return out
end

local function one(places, text, fenced)
  local out = {}
  for at in pairs(places) do
    if at <= #text and not fenced[text:byte(at)] then out[at + 1] = true end
  end
  return out
end

local function behind(places, text, piece)
  local out, at = {}, text:find(piece, 1, true)
  while at do
    if places[at] then out[at + #piece] = true end
    at = text:find(piece, at + 1, true)
  end
  return out
end

--- Whether a pattern fits the whole text.
---@param pattern string
---@param text string
---@param fence? string  characters that * and ? do not cross; default "/"
---@return boolean
function M.match(pattern, text, fence)
  local fenced = {}
  for _, byte in ipairs { (fence or FENCE):byte(1, -1) } do fenced[byte] = true end
  local places, from = { true }, 1
  while from <= #pattern and next(places) do
    local piece = pattern:match("^%*+", from) or pattern:match("^[^*?]+", from) or "?"
    if piece == "*" then
      places = inside(places, text, fenced)
    elseif piece:sub(1, 1) == "*" then
      places = inside(places, text, NO_FENCE)
    elseif piece == "?" then
      places = one(places, text, fenced)
    else
      places = behind(places, text, piece)
    end
    from = from + #piece
  end
  return places[#text + 1] == true
end

return M
