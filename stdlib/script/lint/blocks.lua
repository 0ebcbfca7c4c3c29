--- Blocks that are not ended, by the indentation of what stands around: where Lua itself can only name the place
--- at which it noticed.
local lexer = require "almanac.script.lint.lexer"

local M = {}

local openers = { ["function"] = true, ["if"] = true, ["do"] = true, ["repeat"] = true }

--- The block that was probably left open: the innermost one whose first line is indented deeper than the `end`
--- that would close it, or the last one that nothing closes.
---@param lines almanac.lint.Text
---@return string? word
---@return integer? line
function M.unclosed(lines)
  local tokens, stack, last_line = lexer.scan(lines.text), {}, 0
  for i, kind in ipairs(tokens.kinds) do
    local line = lines:line_of(tokens.starts[i])
    local leads = line ~= last_line
    last_line = line
    if openers[kind] then
      stack[#stack + 1] = { word = kind, line = line, indent = lines:indent(line) }
    elseif kind == "end" or kind == "until" then
      local top = stack[#stack]
      if top and leads and top.line ~= line and top.indent > lines:indent(line) then return top.word, top.line end
      stack[#stack] = nil
    elseif leads and (kind == "}" or kind == ")") then
      -- What closes a table or a call closes no block inside of it.
      local top = stack[#stack]
      if top and top.line ~= line and top.indent > lines:indent(line) then return top.word, top.line end
    end
  end
  local top = stack[#stack]
  if top then return top.word, top.line end
end

return M
