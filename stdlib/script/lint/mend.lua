--- What `almanac check --fix` mends: a name that there is not, where one that there is was surely meant. Nothing is
--- changed but the letters of that name; whatever does not stand there as the finding says is left alone. Pure.
local nearest = require "almanac.base.nearest"
local text_lines = require "almanac.script.lint.text"

local M = {}

---@class almanac.lint.Mend
---@field from string
---@field to string
---@field behind? string  the key at the place, behind which the name stands; nil: it stands at the place itself

--- The mend of a name, or nil where nobody can tell what was meant.
---@param name any
---@param candidates table<string, any>  names that there are
---@param taken? table<string, any>      those that stand beside it already
---@return almanac.lint.Mend?
function M.of(name, candidates, taken)
  local to = type(name) == "string" and nearest.only(name, candidates)
  if not to or taken and taken[to] then return nil end
  return { from = name, to = to }
end

--- Where the name stands: at the place of a finding, or behind a quote there.
local function place_of(lines, finding)
  local line = lines:line(finding.line)
  local offset = utf8.len(line) and utf8.offset(line, finding.column)
  if not offset then return nil end
  local from, key = finding.mend.from, finding.mend.behind
  if key then
    local _, stop = line:find("^[\"']?" .. key:gsub("%W", "%%%0") .. "[\"']?%s*:%s*", offset)
    if not stop then return nil end
    offset = stop + 1
  end
  if line:find("^[\"']", offset) then offset = offset + 1 end
  if line:sub(offset, offset + #from - 1) ~= from or line:find("^[%w_-]", offset + #from) then return nil end
  return lines.starts[finding.line] + offset - 1
end

--- A text with its findings mended, and how many were.
---@param text string
---@param findings almanac.lint.Finding[]  of this text
---@return string mended
---@return integer count
function M.apply(text, findings)
  local lines, places = text_lines.new("", text), {}
  for _, finding in ipairs(findings) do
    local at = finding.mend and place_of(lines, finding)
    if at then places[#places + 1] = { at = at, from = finding.mend.from, to = finding.mend.to } end
  end
  table.sort(places, function(a, b) return a.at < b.at end)
  local out, copied, count = {}, 1, 0
  for _, one in ipairs(places) do
    if one.at >= copied then -- two findings of one place say the same
      out[#out + 1] = text:sub(copied, one.at - 1) .. one.to
      copied, count = one.at + #one.from, count + 1
    end
  end
  return table.concat(out) .. text:sub(copied), count
end

local CONTEXT = 3 -- lines

--- The difference of two texts of as many lines, as `diff -u` writes it.
---@param path string
---@param old string
---@param new string
---@return string
function M.unified(path, old, new)
  local before, after = text_lines.new(path, old), text_lines.new(path, new)
  local last = #before.starts - (before:line(#before.starts) == "" and 1 or 0)
  local out, i = { "--- a/" .. path, "+++ b/" .. path }, 1
  while i <= last do
    if before:line(i) == after:line(i) then
      i = i + 1
    else
      local first, stop, n = math.max(1, i - CONTEXT), i, i
      while n <= math.min(last, stop + 2 * CONTEXT) do
        if before:line(n) ~= after:line(n) then stop = n end
        n = n + 1
      end
      local to = math.min(last, stop + CONTEXT)
      out[#out + 1] = string.format("@@ -%d,%d +%d,%d @@", first, to - first + 1, first, to - first + 1)
      for k = first, to do
        local same = before:line(k) == after:line(k)
        out[#out + 1] = (same and " " or "-") .. before:line(k)
        if not same then out[#out + 1] = "+" .. after:line(k) end
      end
      i = to + 1
    end
  end
  return table.concat(out, "\n") .. "\n"
end

return M
