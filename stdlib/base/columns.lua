--- How many columns of a terminal a text takes: wide characters take two, combining ones none, a sequence of
--- emoji joined by U+200D is one character. Pure. Whatever pads or cuts a line counts by this.
local colour = require "almanac.base.colour"
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
  local ranges = require "almanac.base.column_ranges" -- large, and most of what is shown needs none of it
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

--- Rows of cells as lines, each column as wide as its widest cell.
---@param rows string[][]
---@param between? string  default two blanks
---@return string[]
function M.aligned(rows, between)
  local widths, out = {}, {}
  for _, row in ipairs(rows) do
    for i, cell in ipairs(row) do widths[i] = math.max(widths[i] or 0, M.of(cell)) end
  end
  for i, row in ipairs(rows) do
    local cells = {}
    for k, cell in ipairs(row) do cells[k] = M.pad(cell, widths[k]) end
    out[i] = table.concat(cells, between or "  "):gsub(" +$", "")
  end
  return out
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

--- A name without colours cut to a number of columns, with "…" in its middle: names that begin alike differ at their ends.
---@param name string
---@param width integer
---@return string
function M.fit_middle(name, width)
  if M.of(name) <= width or width < 3 then return M.fit(name, width) end
  name = redaction.text(name)
  local pieces, at = {}, 1
  while at <= #name do
    local after, columns = cluster(name, at)
    pieces[#pieces + 1] = { text = name:sub(at, after - 1), columns = columns }
    at = after
  end
  local head, tail, first, last = {}, {}, 1, #pieces
  local room = width - 1
  local room_behind = room // 2
  while last > 0 and pieces[last].columns <= room_behind do
    room, room_behind = room - pieces[last].columns, room_behind - pieces[last].columns
    table.insert(tail, 1, pieces[last].text)
    last = last - 1
  end
  while first <= last and pieces[first].columns <= room do
    room = room - pieces[first].columns
    head[#head + 1] = pieces[first].text
    first = first + 1
  end
  return table.concat(head) .. (first <= last and "…" or "") .. table.concat(tail)
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

--- A run's id, as journal/run makes it: it is copied in one piece, so that no row ends in it.
local RUN_ID = "[%w_-]+%-%d%d%d%d%d%d%d%d%-%d%d%d%d%d%d%-%x%x%x%x"

---@class almanac.columns.Rows  a line that is broken into rows
---@field out string[]
---@field shown integer  columns of the row that is being filled
---@field width integer
---@field prefix string
---@field blanks integer?  place in out of the blanks that the row ends with
local Rows = {}
Rows.__index = Rows

function Rows:begin(prefix)
  if self.blanks then self.out[self.blanks] = "" end
  self.blanks = nil
  self.out[#self.out + 1] = "\n" .. prefix
  self.shown = M.of(prefix)
end

function Rows:add(text, columns)
  if columns > 0 then self.blanks = nil end
  self.out[#self.out + 1] = text
  self.shown = self.shown + columns
end

--- Blanks at the end of a row are left out: the next one begins behind its prefix.
function Rows:add_blanks(text)
  local room = math.max(0, self.width - self.shown)
  self:add(text:sub(1, room), math.min(#text, room))
  self.blanks = #self.out
end

local function add_in_pieces(rows, word)
  local at = 1
  while at <= #word do
    local after, columns = cluster(word, at)
    if rows.shown + columns > rows.width then rows:begin(rows.prefix) end
    rows:add(word:sub(at, after - 1), columns)
    at = after
  end
end

--- A word stays whole where a row has room for it. A run's id stays so anyway: one that has no room behind the prefix
--- stands at the first column, and only a terminal that is narrower than the id breaks it, which it joins when it is copied.
function Rows:add_word(word)
  local columns = M.of(word)
  if self.shown + columns <= self.width then return self:add(word, columns) end
  local behind_prefix = M.of(self.prefix) + columns <= self.width
  if behind_prefix or word:find("^[(\"']?" .. RUN_ID .. "[)\"',;:.]*$") then
    self:begin(behind_prefix and self.prefix or "")
    return self:add(word, columns)
  end
  add_in_pieces(self, word)
end

--- A line as rows of a number of columns, each but the first behind a prefix, broken between words where that is possible.
---@param line string
---@param width integer
---@param prefix string  narrower than that
---@return string rows  with newlines between
function M.wrap(line, width, prefix)
  if M.of(line) <= width then return line end
  local rows, at = setmetatable({ out = {}, shown = 0, width = width, prefix = prefix }, Rows), 1
  while at <= #line do
    local escape, blanks = line:match("^" .. colour.PATTERN, at), line:match("^ +", at)
    local word = not escape and not blanks and line:match("^[^ \27]+", at) or not escape and not blanks and line:sub(at, at)
    if escape then rows:add(escape, 0) elseif blanks then rows:add_blanks(blanks) else rows:add_word(word) end
    at = at + #(escape or blanks or word)
  end
  return table.concat(rows.out)
end

return M
