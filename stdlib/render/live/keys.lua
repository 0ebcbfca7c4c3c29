--- Keys from the bytes that a terminal sends for them. Pure.
--- https://invisible-island.net/xterm/ctlseqs/ctlseqs.html#h2-PC-Style-Function-Keys
local M = {}

local ESCAPE = "\27"

--- What follows ESC [ or ESC O.
local SEQUENCES = {
  A = "up", B = "down", C = "right", D = "left", H = "home", F = "end", ["1~"] = "home", ["4~"] = "end", ["7~"] = "home",
  ["8~"] = "end", ["5~"] = "page up", ["6~"] = "page down", ["3~"] = "delete",
}

local CONTROLS = {
  ["\r"] = "enter", ["\n"] = "enter", ["\127"] = "backspace", ["\b"] = "backspace", ["\2"] = "page up", ["\6"] = "page down",
  ["\21"] = "clear", ["\7"] = "escape", ["\t"] = "down",
}

--- What they mean in a line that is typed, as readline has them.
M.IN_A_LINE = {
  ["\r"] = "enter", ["\n"] = "enter", ["\127"] = "backspace", ["\b"] = "backspace", ["\t"] = "complete", ["\1"] = "home", ["\5"] = "end",
  ["\2"] = "left", ["\6"] = "right", ["\16"] = "up", ["\14"] = "down", ["\21"] = "rub out", ["\11"] = "cut off", ["\23"] = "rub word",
  ["\4"] = "end of input", ["\0"] = "end of input", -- the terminal's own word for a Ctrl-D that came between two lines
}

--- The next key, and the place behind it; nil for a sequence that is none of ours.
local function key_at(bytes, at, controls)
  local first = bytes:sub(at, at)
  if first == ESCAPE then
    local sequence, after = bytes:match("^[%[O]([%d;]*[%a~])()", at + 1)
    if sequence then return SEQUENCES[sequence] or SEQUENCES[sequence:sub(-1)], after end
    return "escape", at + 1
  end
  if first:byte() < 0x20 or first == "\127" then return controls[first], at + 1 end
  local char = bytes:match("^[%z\1-\127\194-\244][\128-\191]*", at) or first
  return utf8.len(char) and char or nil, at + #char
end

--- The keys of what was read at once: a name, or the character itself.
---@param bytes string
---@param controls? table<string, string>  what control characters mean, where it is something else than in a frame
---@return string[]
function M.of(bytes, controls)
  local out, at = {}, 1
  while at <= #bytes do
    local key, after = key_at(bytes, at, controls or CONTROLS)
    out[#out + 1] = key
    at = after
  end
  return out
end

return M
