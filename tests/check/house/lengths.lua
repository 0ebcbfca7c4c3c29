--- How long a file and a function may be.
local fs = require "native.fs"
local lexer = require "almanac.script.lint.lexer"
local sources = require "tests.check.house.sources"
local violations = require "tests.check.house.violations"

local M = {}

local C_FILE_MAX, LUA_FILE_MAX, FUNCTION_MAX = 600, 400, 60

--- The longest functions of a Lua text, by their lines: { first, length }.
local function long_functions(text)
  local out, tokens, open = {}, lexer.scan(text), {}
  local opens = { ["function"] = true, ["do"] = true, ["if"] = true, ["repeat"] = true }
  for i, kind in ipairs(tokens.kinds) do
    if opens[kind] then
      open[#open + 1] = { kind = kind, at = tokens.starts[i] }
    elseif kind == "end" or kind == "until" then
      local block = table.remove(open)
      if block and block.kind == "function" then
        local first, last = sources.line_at(text, block.at), sources.line_at(text, tokens.starts[i])
        if last - first + 1 > FUNCTION_MAX then out[#out + 1] = { first = first, length = last - first + 1 } end
      end
    end
  end
  return out
end

--- Looks at a Lua file.
---@param path string
---@param text string
function M.check_lua(path, text)
  local count = #sources.lines(text)
  if count > LUA_FILE_MAX then violations.tell("%s: %d lines; it splits at its second noun, before %d", path, count, LUA_FILE_MAX) end
  for _, fn in ipairs(long_functions(text)) do
    violations.tell("%s:%d: a function of %d lines; at most %d", path, fn.first, fn.length, FUNCTION_MAX)
  end
end

--- Looks at each Lua file of a folder; how many there are.
---@param root string
---@return integer
function M.check_lua_below(root)
  local paths = sources.below(root, ".lua")
  for _, path in ipairs(paths) do M.check_lua(path, fs.read(path)) end
  return #paths
end

--- Functions of a C file, as clang-format lays them out: from the line before "{" to "}" in column one.
local function check_c_functions(path, lines)
  local first
  for i, line in ipairs(lines) do
    if line == "{" then first = i end
    if line == "}" and first then
      if i - first > FUNCTION_MAX then
        violations.tell("%s:%d: a function of %d lines; at most %d", path, first - 1, i - first, FUNCTION_MAX)
      end
      first = nil
    end
  end
end

--- A macro is read as a function is.
local function check_macros(path, lines)
  local first
  for i, line in ipairs(lines) do
    if line:find "^%s*#%s*define" then first = first or i end
    if first and not line:find "\\$" then
      if i - first >= FUNCTION_MAX then
        violations.tell("%s:%d: a macro of %d lines; at most %d", path, first, i - first + 1, FUNCTION_MAX)
      end
      first = nil
    end
  end
end

--- Looks at a C file.
---@param path string
---@param lines string[]
function M.check_c(path, lines)
  if #lines > C_FILE_MAX then violations.tell("%s: %d lines; it splits at its second noun, before %d", path, #lines, C_FILE_MAX) end
  check_c_functions(path, lines)
  check_macros(path, lines)
end

--- Looks at each C file of a folder; how many there are.
---@param root string
---@return integer
function M.check_c_below(root)
  local paths = sources.below(root, ".[ch]")
  for _, path in ipairs(paths) do M.check_c(path, sources.lines(fs.read(path))) end
  return #paths
end

return M
