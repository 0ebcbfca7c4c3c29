--- What differs from run to run, and nothing else: the one list of patterns by which pages of docs/ are compared with what
--- is printed now.
local M = {}

local function digits(n) return ("%d"):rep(n) end
local function hex(n) return ("%x"):rep(n) end

local RUN = "%l[%l_-]*%-" .. digits(8) .. "%-" .. digits(6) .. "%-" .. hex(4)

---@type { [1]: string, [2]: string }[] a pattern, and what stands for it
local PATTERNS = {
  -- times
  { digits(4) .. "%-%d%d%-%d%d %d%d:%d%d:%d%d UTC", "TIME" },
  { digits(4) .. "%-%d%d%-%d%dT[%d:.]+Z", "TIME" },
  { digits(4) .. "%-%d%d%-%d%d %d%d:%d%d:%d%d", "TIME" },
  { "%f[^\n\0]%d%d:%d%d:%d%d ", "CLOCK " },
  { "%d%d:%d%d:%d%dZ", "CLOCK" },
  { "%d%d:%d%d:%d%d%.%d%d%d ", "CLOCK " },
  { "%d%d:%d%d:%d%d UTC", "CLOCK UTC" },
  { "%u%l%l %u%l%l +%d+ %d%d:%d%d:%d%d " .. digits(4), "TIME" },
  -- durations
  { "([✓✗][^\n]-)  %d[%d.]*m?s%f[\n\0]", "%1  ELAPSED" },
  { "  %f[%d]%d[%dms.]*[ms]%f[\n\0]", "  ELAPSED" },
  { "%(%d[%dms.]*s%)", "(ELAPSED)" },
  { "(after) %d[%dms.]*s", "%1 ELAPSED" },
  { "(in) %d[%dms.]*s%f[%W]", "%1 ELAPSED" },
  { "(since) %d[%dms.]*s", "%1 ELAPSED" },
  { '("elapsed[_%l]*":)[%d.e-]+', "%1ELAPSED" },
  { '("ran_ms":)%d+', "%1ELAPSED" },
  { '"commit":"%x+%-?%l*",("digest":)', "%1" }, -- of almanac, where it was built from a repository
  { '("started":)%d+', "%1TIME" },
  { '("at_ms":)%d+', "%1TIME" },
  { "(TIME  )%d[%dms.]*s +%S+", "%1ELAPSED  WHO" }, -- a line of almanac runs
  { "(TIME)    +%S+", "%1  WHO" },                   -- and one of a run that never ended
  -- ids
  { "%f[%w](%l[%l_-]*)%-" .. digits(8) .. "%-" .. digits(6) .. "%-" .. hex(4), "%1-RUN" },
  { "(pod[s/ ]%-?[%l-]+)%-%x+%-%w%w%w%w%w%f[%W]", "%1-POD" },
  { "(%l[%l-]+)%-" .. hex(8) .. hex(2) .. "%f[%W]", "%1-REVISION" },
  { "%(" .. hex(8) .. "%)", "(UID)" },
  { "(, cluster )" .. hex(8), "%1UID" },
  { "(commit )[%x-]*[dirty]*", "%1COMMIT" },
  { "token=%x+", "token=TOKEN" },
  { "%f[%x]" .. hex(16) .. "%f[%X]", "ID" },
  { '"pid":%d+', '"pid":PID' },
  -- digests
  { "SHA256:[%w+/]+", "KEY" },
  { "event %d+, %x+", "event N, HASH" },
  { "the (%l+) " .. hex(12) .. "%f[%X]", "the %1 DIGEST" },
  { "%f[%x]" .. hex(64) .. "%f[%X]", "DIGEST" },
  -- ports
  { "(127%.0%.0%.1):%d+", "%1:PORT" },
}

---@param text string
---@return string
function M.settled(text)
  for _, one in ipairs(PATTERNS) do text = text:gsub(one[1], one[2]) end
  return text
end

--- What a reader takes over from what was printed: ids of runs, addresses.
local TAKEN_OVER = { RUN, "127%.0%.0%.1:%d+" }

--- What of `shown` stands for what of `printed`, two texts that are settled alike.
---@param shown string
---@param printed string
---@return table<string, string>
function M.pairs_of(shown, printed)
  local found = {}
  for _, pattern in ipairs(TAKEN_OVER) do
    local next_printed = printed:gmatch(pattern)
    for one in shown:gmatch(pattern) do
      local now = next_printed()
      if now then found[one] = found[one] or now end
    end
  end
  return found
end

local function lines_of(text)
  local lines = {}
  for line in text:gmatch "([^\n]*)\n" do lines[#lines + 1] = line end
  return lines
end

--- A line that ends with … may have been cut there.
local function same_line(shown, printed)
  if shown == printed then return true end
  local begins = shown:match "^(.*%S) ?…$"
  return begins ~= nil and #begins >= 8 and printed:sub(1, #begins) == begins
end

--- What is told of a wait while it lasts depends on when one looks: of a quick one nothing is told, and of what a slow machine
--- takes long for, more than the page shows.
local function without_waits(lines)
  local out = {}
  for _, line in ipairs(lines) do
    if not line:find "^CLOCK … " then out[#out + 1] = line end
  end
  return out
end

local function is_cut(line) return line:find "^%s*…$" ~= nil end

--- Whether a page shows what was printed, but for what is told during waits. A line that is … alone stands for any lines that
--- were left out.
---@param shown string    by a page
---@param printed string  now
---@return boolean
function M.same(shown, printed)
  local want, got = without_waits(lines_of(M.settled(shown))), without_waits(lines_of(M.settled(printed)))
  local function from(i, j)
    while i <= #want do
      if is_cut(want[i]) then
        for k = j, #got + 1 do
          if from(i + 1, k) then return true end
        end
        return false
      end
      if got[j] == nil or not same_line(want[i], got[j]) then return false end
      i, j = i + 1, j + 1
    end
    return j > #got
  end
  return from(1, 1)
end

--- The longest list of pairs i, j, both growing, with shown line i the same as printed line j.
local function anchors(want, got)
  local best = {}
  for i = #want + 1, 1, -1 do
    best[i] = {}
    for j = #got + 1, 1, -1 do
      if i > #want or j > #got then
        best[i][j] = 0
      elseif not is_cut(want[i]) and same_line(want[i], got[j]) then
        best[i][j] = 1 + best[i + 1][j + 1]
      else
        best[i][j] = math.max(best[i + 1][j], best[i][j + 1])
      end
    end
  end
  local pairs_found, i, j = {}, 1, 1
  while i <= #want and j <= #got do
    if not is_cut(want[i]) and same_line(want[i], got[j]) then
      pairs_found[#pairs_found + 1] = { i, j }
      i, j = i + 1, j + 1
    elseif best[i + 1][j] >= best[i][j + 1] then
      i = i + 1
    else
      j = j + 1
    end
  end
  pairs_found[#pairs_found + 1] = { #want + 1, #got + 1 }
  return pairs_found
end

--- What a page should show of what was printed: cut where it was cut before. A line that changed beside a cut falls into it.
---@param shown string
---@param printed string
---@return string
function M.shown_anew(shown, printed)
  local shown_lines, printed_lines = lines_of(shown), lines_of(printed)
  local out, i, j = {}, 1, 1
  for _, anchor in ipairs(anchors(lines_of(M.settled(shown)), lines_of(M.settled(printed)))) do
    local cut
    while i < anchor[1] do
      cut = cut or is_cut(shown_lines[i]) and shown_lines[i]
      i = i + 1
    end
    if cut then
      out[#out + 1], j = cut, anchor[2]
    else
      while j < anchor[2] do
        out[#out + 1], j = printed_lines[j], j + 1
      end
    end
    out[#out + 1] = shown_lines[i]
    i, j = i + 1, j + 1
  end
  return #out > 0 and table.concat(out, "\n") .. "\n" or ""
end

return M
