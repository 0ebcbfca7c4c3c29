--- What echo(1) writes of a text: the one of POSIX with XSI, as dash has it, and printf(1) with %b or with the text for
--- a format, take backslashes for escapes. Pure.
local M = {}

local CONTROLS = { a = "\a", b = "\b", e = "\27", f = "\f", n = "\n", r = "\r", t = "\t", v = "\v", ["\\"] = "\\" }

local function octal(digits)
  return string.char(tonumber(digits, 8) & 0xFF)
end

--- The text with its escapes interpreted; \c ends it. The source is the table of escapes of echo in POSIX.1-2024, with
--- \e and \xHH of bash's `echo -e`.
---@param text string
---@return string
function M.interpreted(text)
  local out, at = {}, 1
  while at <= #text do
    local plain = text:match("^[^\\]+", at)
    local digits, hex, letter = text:match("^\\(0?[0-7][0-7]?[0-7]?)", at), text:match("^\\x(%x%x?)", at), text:match("^\\(.)", at)
    if letter == "c" then break end
    if plain then
      out[#out + 1], at = plain, at + #plain
    elseif digits then
      out[#out + 1], at = octal(digits), at + 1 + #digits
    elseif hex then
      out[#out + 1], at = string.char(tonumber(hex, 16)), at + 2 + #hex
    elseif CONTROLS[letter] then
      out[#out + 1], at = CONTROLS[letter], at + 2
    else
      out[#out + 1], at = "\\", at + 1
    end
  end
  return table.concat(out)
end

return M
