--- How many columns of a terminal a text takes: wide characters take two, combining ones none, a sequence of
--- emoji joined by U+200D is one character. Pure. Whatever pads or cuts a line counts by this.
local colour = require "almanac.base.colour"
local ranges = require "almanac.base.column_ranges"
local redaction = require "almanac.base.redaction"

local M = {}

local JOINER, EMOJI_STYLE = 0x200D, 0xFE0F

--- Whether a code point lies in one of the ranges: a search by halves.
local function within(list, code)
  local low, high = 1, #list // 2
  while low <= high do
    local middle = (low + high) // 2
    if code < list[2 * middle - 1] then
      high = middle - 1
    elseif code > list[2 * middle] then
      low = middle + 1
    else
      return true
    end
  end
  return false
end

local BOXES, BLOCKS_END = 0x2500, 0x259F -- box drawing and block elements, of which frames have many

local function width_of(code)
  if code >= BOXES and code <= BLOCKS_END then return 1 end
  if code < 0x20 or code == 0x7F then return 0 end
  if code < 0x300 then return code == 0xAD and 1 or code >= 0x80 and code < 0xA0 and 0 or 1 end
  if within(ranges.zero, code) then return 0 end
  return within(ranges.wide, code) and 2 or 1
end

--- The code point at a place, and the place behind it; a byte that is no UTF-8 stands for itself.
local function code_at(text, at)
  local char = text:match("^[%z\1-\127\194-\244][\128-\191]*", at)
  if char and utf8.len(char) == 1 then return utf8.codepoint(char), at + #char end
  return 0xFFFD, at + 1
end

--- The next character as a terminal shows it, with what combines with it: the place behind it, its columns.
local function cluster(text, at)
  local code, after = code_at(text, at)
  local columns = width_of(code)
  while after <= #text do
    local more, behind = code_at(text, after)
    if more == EMOJI_STYLE and columns == 1 then
      columns = 2
    elseif more == JOINER and behind <= #text and columns > 0 then
      behind = select(2, code_at(text, behind))
    elseif more < 0x300 or width_of(more) > 0 then
      break
    end
    after = behind
  end
  return after, columns
end

--- The place behind ASCII that nothing combines with: each of its characters takes one column. What follows may combine
--- with the last one, which is left out then.
local function behind_plain(text, at)
  local after = text:match("^[ -~]+()", at)
  if not after or after > #text then return after or at end
  return after - 1
end

--- The columns of a text; escape sequences of colour take none.
---@param text string
---@return integer
function M.of(text)
  local total, at = 0, 1
  while at <= #text do
    local plain = behind_plain(text, at)
    total, at = total + plain - at, plain
    if at > #text then break end
    local escape = text:match("^" .. colour.PATTERN, at)
    if escape then
      at = at + #escape
    else
      local after, columns = cluster(text, at)
      at, total = after, total + columns
    end
  end
  return total
end

--- The rows that a line takes on a terminal of so many columns, which breaks it between characters.
---@param line string
---@param width integer
---@return integer
function M.rows(line, width)
  local rows, shown, at = 1, 0, 1
  while at <= #line do
    local escape = line:match("^" .. colour.PATTERN, at)
    local after, columns = at + #(escape or ""), 0
    if not escape then after, columns = cluster(line, at) end
    if shown + columns > width then rows, shown = rows + 1, 0 end
    at, shown = after, shown + columns
  end
  return rows
end

--- A text with blanks behind it, up to a number of columns: string.format counts bytes.
---@param text string
---@param width integer
---@return string
function M.pad(text, width)
  return text .. (" "):rep(width - M.of(text))
end

--- A line cut to a number of columns, with "…" where something is left out; escape sequences stay whole.
---@param line string
---@param width integer
---@return string
function M.fit(line, width)
  if #line <= width or M.of(line) <= width then return line end
  line = redaction.text(line) -- before the cut, which could leave half a secret
  local shown, out, at, coloured = 0, {}, 1, false
  while at <= #line do
    local escape = line:match("^" .. colour.PATTERN, at)
    local after, columns = at + #(escape or ""), 0
    if not escape then after, columns = cluster(line, at) end
    if shown + columns > width - 1 then break end
    coloured = coloured or escape ~= nil
    out[#out + 1] = line:sub(at, after - 1)
    at, shown = after, shown + columns
  end
  return table.concat(out) .. (width > 0 and "…" or "") .. (coloured and colour.RESET or "")
end

--- A line in which everything but escape sequences of colour is what fn makes of it.
---@param line string
---@param fn fun(text: string): string
---@return string
function M.map(line, fn)
  local out, at = {}, 1
  while at <= #line do
    local from, to = line:find(colour.PATTERN, at)
    out[#out + 1] = fn(line:sub(at, (from or #line + 1) - 1))
    if from then out[#out + 1] = line:sub(from, to) end
    at = (to or #line) + 1
  end
  return table.concat(out)
end

--- A line as rows of a number of columns, each but the first behind a prefix.
---@param line string
---@param width integer
---@param prefix string  narrower than that
---@return string rows  with newlines between
function M.wrap(line, width, prefix)
  if M.of(line) <= width then return line end
  local shown, out, at = 0, {}, 1
  local before = M.of(prefix)
  while at <= #line do
    local escape = line:match("^" .. colour.PATTERN, at)
    local after, columns = at + #(escape or ""), 0
    if not escape then after, columns = cluster(line, at) end
    if shown + columns > width then out[#out + 1], shown = "\n" .. prefix, before end
    out[#out + 1] = line:sub(at, after - 1)
    at, shown = after, shown + columns
  end
  return table.concat(out)
end

return M
