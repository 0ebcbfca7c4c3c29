--- The lines in which two texts differ. By the longest common subsequence of what lies between their common beginning
--- and end (https://en.wikipedia.org/wiki/Longest_common_subsequence). Pure.
local M = {}

--- Most pairs of lines that are compared; beyond, all of the middle counts as replaced.
local PAIRS_MAX = 250000

local function lines_of(text)
  local out = {}
  for line in (text:find "\n$" and text or text .. "\n"):gmatch "(.-)\r?\n" do out[#out + 1] = line end
  return out
end

--- How long the longest common subsequence of a[i…] and b[j…] is, by i and j.
local function lengths(a, b)
  local out = { [#a + 1] = {} }
  for i = #a, 1, -1 do
    local row, below = {}, out[i + 1]
    for j = #b, 1, -1 do
      row[j] = a[i] == b[j] and (below[j + 1] or 0) + 1 or math.max(below[j] or 0, row[j + 1] or 0)
    end
    out[i] = row
  end
  return out
end

local function is_kept(a, b, common, i, j)
  return a[i] ~= nil and a[i] == b[j] and common[i][j] == ((common[i + 1] or {})[j + 1] or 0) + 1
end

--- Where to go on: whether a line of the old text goes before one of the new.
local function removes(a, b, common, i, j)
  if b[j] == nil then return true end
  return a[i] ~= nil and ((common[i + 1] or {})[j] or 0) >= (common[i][j + 1] or 0)
end

local function middle(a, b, first, out)
  local common = #a * #b <= PAIRS_MAX and lengths(a, b) or nil
  local i, j, new_line = 1, 1, first
  while i <= #a or j <= #b do
    if common and is_kept(a, b, common, i, j) then
      i, j, new_line = i + 1, j + 1, new_line + 1
    elseif i <= #a and (not common or removes(a, b, common, i, j)) then
      out[#out + 1] = { mark = "-", line = new_line, text = a[i] }
      i = i + 1
    else
      out[#out + 1] = { mark = "+", line = new_line, text = b[j] }
      j, new_line = j + 1, new_line + 1
    end
  end
  return out
end

---@class almanac.LineChange
---@field mark "-"|"+"
---@field line integer  of the new text, where it is or was
---@field text string

--- What is removed and added.
---@param old string
---@param new string
---@return almanac.LineChange[]
function M.changes(old, new)
  local a, b = lines_of(old), lines_of(new)
  local first, last_a, last_b = 1, #a, #b
  while first <= last_a and first <= last_b and a[first] == b[first] do first = first + 1 end
  while last_a >= first and last_b >= first and a[last_a] == b[last_b] do last_a, last_b = last_a - 1, last_b - 1 end
  return middle(table.move(a, first, last_a, 1, {}), table.move(b, first, last_b, 1, {}), first, {})
end

return M
