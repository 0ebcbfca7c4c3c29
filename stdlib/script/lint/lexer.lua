--- The tokens of a Lua 5.4 text, as llex.c of Lua reads them.
--- https://www.lua.org/source/5.4/llex.c.html
local M = {}

---@class almanac.lint.Tokens
---@field kinds string[]    a keyword or an operator as it is written, or "name", "string", "number"; at
---  the end "eof", or "invalid" where the text cannot be read on
---@field values any[]      of a name, string or number; what is wrong with an invalid one
---@field starts integer[]  place of the first byte
---@field stops integer[]   place of the last byte

local byte, find, sub = string.byte, string.find, string.sub

local keywords = {}
for word in ([[and break do else elseif end false for function goto if in local nil not or repeat return then
  true until while]]):gmatch "%a+" do
  keywords[word] = true
end

local operators = {}
for operator in ("... .. == ~= <= >= << >> // ::"):gmatch "%S+" do operators[operator] = true end

-- Each reader takes the text and the place of a token; it gives its kind, its value and the place
-- behind it. A kind of nil is a comment.

local function name(text, at)
  local _, stop = find(text, "^[%w_]*", at)
  local word = sub(text, at, stop)
  if keywords[word] then return word, nil, stop + 1 end
  return "name", word, stop + 1
end

--- As read_numeral: takes more than can be a number, so that "3x" is one wrong number, not two tokens.
local function number(text, at)
  local hex = find(text, "^0[xX]", at)
  local stop = hex and at + 2 or at
  local exponent = hex and "^[pP][+-]?" or "^[eE][+-]?"
  local digits = hex and "^[%x.]+" or "^[%da-df-fA-DF-F.]+"
  while true do
    local _, last = find(text, exponent, stop)
    if not last then _, last = find(text, digits, stop) end
    if not last then break end
    stop = last + 1
  end
  if find(text, "^[%a_]", stop) then stop = stop + 1 end
  local value = tonumber(sub(text, at, stop - 1))
  if not value then return "invalid", "malformed number", stop end
  return "number", value, stop
end

local simple_escapes = {
  a = "\a", b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", v = "\v", ["\\"] = "\\", ['"'] = '"', ["'"] = "'",
}

local MAX_CODE_POINT = 0x7FFFFFFF

--- The escape whose backslash is at `at`: its text and the place behind it; nil and what is wrong.
local function escape(text, at)
  local c = sub(text, at + 1, at + 1)
  if simple_escapes[c] then return simple_escapes[c], at + 2 end
  if c == "\n" or c == "\r" then
    local pair = sub(text, at + 1, at + 2)
    return "\n", at + ((pair == "\r\n" or pair == "\n\r") and 3 or 2)
  end
  if c == "x" then
    local digits = text:match("^%x%x", at + 2)
    if not digits then return nil, "hexadecimal digit expected" end
    return string.char(tonumber(digits, 16)), at + 4
  end
  if c == "z" then
    return "", find(text, "[^ \t\n\r\f\v]", at + 2) or #text + 1
  end
  if c == "u" then
    local digits, stop = text:match("^{(%x+)}()", at + 2)
    if not digits then return nil, "\\u takes hexadecimal digits in braces" end
    digits = digits:match "^0*(%x*)$"
    local code = #digits <= 8 and tonumber("0x0" .. digits)
    if not code or code > MAX_CODE_POINT then return nil, "UTF-8 value too large" end
    return utf8.char(code), stop
  end
  local digits = text:match("^%d%d?%d?", at + 1)
  if not digits then return nil, "invalid escape sequence" end
  if tonumber(digits) > 255 then return nil, "decimal escape too large" end
  return string.char(tonumber(digits)), at + 1 + #digits
end

local function short_string(text, at)
  local quote = sub(text, at, at)
  local special = quote == '"' and '["\\\n\r]' or "['\\\n\r]"
  local parts, from = {}, at + 1
  while true do
    local stop = find(text, special, from)
    local c = stop and sub(text, stop, stop)
    if not stop or c == "\n" or c == "\r" then return "invalid", "unfinished string", stop or #text + 1 end
    parts[#parts + 1] = sub(text, from, stop - 1)
    if c == quote then return "string", table.concat(parts), stop + 1 end
    local piece, behind = escape(text, stop)
    if not piece then return "invalid", behind, stop + 1 end
    parts[#parts + 1] = piece
    from = behind
  end
end

--- The content of [[ ]], [=[ ]=], … at `at` and the place behind it; false when it has no end; nil
--- when no long bracket opens there.
local function long_bracket(text, at)
  local level, from = text:match("^%[(=*)%[()", at)
  if not level then return nil end
  local stop, last = find(text, "]" .. level .. "]", from, true)
  if not stop then return false end
  return sub(text, from, stop - 1), last + 1
end

local function bracket(text, at)
  local content, behind = long_bracket(text, at)
  if content then
    content = content:gsub("\r\n", "\n"):gsub("\n\r", "\n"):gsub("\r", "\n")
    return "string", sub(content, 1, 1) == "\n" and sub(content, 2) or content, behind
  end
  if content == false then return "invalid", "unfinished long string", #text + 1 end
  if find(text, "^=", at + 1) then return "invalid", "invalid long string delimiter", at + 1 end
  return "[", nil, at + 1
end

local function operator(text, at)
  for length = 3, 2, -1 do
    local word = sub(text, at, at + length - 1)
    if operators[word] then return word, nil, at + length end
  end
  return sub(text, at, at), nil, at + 1
end

local function minus(text, at)
  if byte(text, at + 1) ~= 45 then return "-", nil, at + 1 end
  local content, behind = long_bracket(text, at + 2)
  if content then return nil, nil, behind end
  if content == false then return "invalid", "unfinished long comment", #text + 1 end
  return nil, nil, find(text, "[\n\r]", at + 2) or #text + 1
end

local function dot(text, at)
  if find(text, "^%d", at + 1) then return number(text, at) end
  return operator(text, at)
end

local readers = {}
for code = 0, 255 do
  local c = string.char(code)
  readers[code] = find(c, "[A-Za-z_]") and name or find(c, "[0-9]") and number or operator
end
readers[byte "'"], readers[byte '"'] = short_string, short_string
readers[byte "["], readers[byte "-"], readers[byte "."] = bracket, minus, dot

--- The tokens of a text. Never fails: what cannot be read ends the list as a token of kind "invalid".
---@param text string
---@return almanac.lint.Tokens
function M.scan(text)
  local kinds, values, starts, stops = {}, {}, {}, {}
  local n, at = 0, find(text, "[^ \t\n\r\f\v]")
  while at do
    local kind, value, behind = readers[byte(text, at)](text, at)
    if kind then
      n = n + 1
      kinds[n], values[n], starts[n], stops[n] = kind, value, at, behind - 1
      if kind == "invalid" then return { kinds = kinds, values = values, starts = starts, stops = stops } end
    end
    at = find(text, "[^ \t\n\r\f\v]", behind)
  end
  n = n + 1
  kinds[n], starts[n], stops[n] = "eof", #text + 1, #text + 1
  return { kinds = kinds, values = values, starts = starts, stops = stops }
end

return M
