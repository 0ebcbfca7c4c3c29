--- The name that was probably meant.
local M = {}

--- Edits between two words: a letter more, less or other, or two neighbours swapped (optimal string
--- alignment, https://en.wikipedia.org/wiki/Damerau%E2%80%93Levenshtein_distance).
---@param a string
---@param b string
---@return integer
function M.distance(a, b)
  local before, row = nil, {}
  for j = 0, #b do row[j] = j end
  for i = 1, #a do
    local last = row
    row = { [0] = i }
    for j = 1, #b do
      local same = a:byte(i) == b:byte(j)
      row[j] = math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (same and 0 or 1))
      if before and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
        row[j] = math.min(row[j], before[j - 2] + 1)
      end
    end
    before = last
  end
  return row[#b]
end

--- The candidate nearest to a name, or nil when none is near.
---@param name string
---@param candidates table<string, any>  the names are its keys
---@return string?
function M.find(name, candidates)
  local best, fewest = nil, math.max(1, #name // 3) + 1
  for candidate in pairs(candidates) do
    local edits = M.distance(name:lower(), candidate:lower())
    if edits < fewest or (edits == fewest and best and candidate < best) then best, fewest = candidate, edits end
  end
  return best
end

--- The candidate nearest to a name, where no other one is as near: what was surely meant.
---@param name string
---@param candidates table<string, any>  the names are its keys
---@return string?
function M.only(name, candidates)
  local best = M.find(name, candidates)
  if not best then return nil end
  local others = {}
  for candidate in pairs(candidates) do others[candidate] = candidate ~= best or nil end
  local second = M.find(name, others)
  if second and M.distance(name:lower(), second:lower()) <= M.distance(name:lower(), best:lower()) then return nil end
  return best
end

--- Whether a name is a longer one with letters left out: "img" of "image".
local function abbreviates(name, whole)
  local at = 1
  for letter in name:gmatch "." do
    local found = whole:find(letter, at, true)
    if not found or at == 1 and found ~= 1 then return false end
    at = found + 1
  end
  return #name > 1
end

--- The only candidate that a name abbreviates, or nil.
local function abbreviated(name, candidates)
  local found
  for candidate in pairs(candidates) do
    if abbreviates(name:lower(), candidate:lower()) then
      if found then return nil end
      found = candidate
    end
  end
  return found
end

--- The question that names it: "did you mean helm?"; nil where none is near.
---@param name any
---@param candidates table<string, any>
---@param form string?  of the name: "'%s'"
---@return string?
function M.question(name, candidates, form)
  local guess = M.find(tostring(name), candidates) or abbreviated(tostring(name), candidates)
  return guess and "did you mean " .. string.format(form or "%s", guess) .. "?" or nil
end

local MAX_LISTED = 12

--- What to say of a name that is not among others: what was probably meant, or what there is. nil: there is nothing.
---@param name any
---@param candidates table<string, any>
---@param page? string  of almanac doc, which has them where they are many
---@return string?
function M.hint(name, candidates, page)
  local question = M.question(name, candidates, "'%s'")
  if question then return question end
  local names = {}
  for candidate in pairs(candidates) do names[#names + 1] = candidate end
  if not names[1] then return nil end
  if #names > MAX_LISTED and page then return "almanac doc " .. page .. " says what there is" end
  table.sort(names)
  return "there are " .. table.concat(names, ", ", 1, math.min(#names, MAX_LISTED)) .. (#names > MAX_LISTED and ", …" or "")
end

--- The question behind a sentence: "; did you mean helm?", or nothing.
---@param name any
---@param candidates table<string, any>
---@param form string?
---@return string
function M.suffix(name, candidates, form)
  local question = M.question(name, candidates, form)
  return question and "; " .. question or ""
end

return M
