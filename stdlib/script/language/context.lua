--- Where in a script the cursor is: behind a name and a dot, within the options of a call, within a text. Pure.
local lexer = require "almanac.script.lint.lexer"

local M = {}

---@class almanac.language.Context
---@field word string       what is typed of a name: "k8s.ro", "ti", ""
---@field call? string      the function whose table the cursor is in: "k8s.rollout"
---@field key? boolean      a name of a field may stand here
---@field given? table<string, true>  fields that the table has before the cursor
---@field text? string      the cursor is in a text, of which this is typed
---@field of? string        the function that the text is handed to: "require"

local openers = { ["("] = true, ["{"] = true, ["["] = true }
local closers = { [")"] = true, ["}"] = true, ["]"] = true }

--- The dotted name that ends at a token, and the token before it.
local function name_before(tokens, at)
  local name = tokens.kinds[at] == "name" and tokens.values[at]
  if not name then return nil, at end
  at = at - 1
  while tokens.kinds[at] == "." and tokens.kinds[at - 1] == "name" do
    name, at = tokens.values[at - 1] .. "." .. name, at - 2
  end
  return name, at
end

--- The call that a table's brace belongs to: f { …, f({ … or f(x, { …
local function call_of(tokens, brace)
  local name = name_before(tokens, brace - 1)
  if name then return name end
  local depth, at = 0, brace - 1
  while at >= 1 do
    local kind = tokens.kinds[at]
    if closers[kind] then
      depth = depth + 1
    elseif openers[kind] then
      if depth == 0 then return kind == "(" and name_before(tokens, at - 1) or nil end
      depth = depth - 1
    elseif depth == 0 and (kind == "=" or kind == ";") then
      return nil
    end
    at = at - 1
  end
end

--- The innermost brace that is open, and the fields that stand in it.
local function open_table(tokens, last)
  local depth, given = 0, {}
  for at = last, 1, -1 do
    local kind = tokens.kinds[at]
    if closers[kind] then
      depth = depth + 1
    elseif openers[kind] then
      if depth == 0 then return kind == "{" and at or nil, given end
      depth = depth - 1
    elseif depth == 0 and kind == "=" and tokens.kinds[at - 1] == "name" then
      given[tokens.values[at - 1]] = true
    end
  end
end

--- The context of the end of a text.
---@param before string  the script up to the cursor
---@return almanac.language.Context
function M.of(before)
  local tokens = lexer.scan(before)
  local last = #tokens.kinds
  local out = { word = before:match "[%a_][%w_.]*$" or "" }
  if tokens.kinds[last] == "invalid" then
    if tokens.values[last] == "unfinished string" then
      local callee = tokens.kinds[last - 1] == "(" and last - 2 or last - 1
      out.text, out.of = before:sub(tokens.starts[last] + 1), (name_before(tokens, callee))
      out.word = ""
    end
    return out
  end
  last = last - 1 -- the end of the text
  local typed = tokens.kinds[last] == "name" and tokens.stops[last] == #before
  local brace, given = open_table(tokens, last)
  local behind = tokens.kinds[typed and last - 1 or last]
  if brace then
    out.call, out.given = call_of(tokens, brace), given
    out.key = behind == "{" or behind == "," or behind == ";"
  end
  return out
end

return M
