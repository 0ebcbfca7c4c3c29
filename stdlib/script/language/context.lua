--- Where in a script the cursor is: behind a name and a dot, within the options of a call, within a text. Pure.
local lexer = require "almanac.script.lint.lexer"

local M = {}

---@class almanac.language.Context
---@field word string       what is typed of a name: "k8s.ro", "ti", ""
---@field call? string      the function whose table, or a table in that, the cursor is in: "k8s.rollout"
---@field path (string|integer)[]  from the call's table to the one that the cursor is in: names of fields, ITEM in a list
---@field key? boolean      a name of a field may stand here
---@field given? table<string, true>  fields that the table has before the cursor
---@field text? string      the cursor is in a text, of which this is typed
---@field of? string        the function that the text is handed to: "require"
---@field field? string     the field that the text is the value of

--- In a path: one of a list.
M.ITEM = 1

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

--- The call that a table belongs to, and the way from the call's own table to it.
local function place_of(tokens, brace)
  local path = {}
  while brace do
    local call = call_of(tokens, brace)
    if call then return call, path end
    local kind = tokens.kinds[brace - 1]
    local is_field = kind == "=" and tokens.kinds[brace - 2] == "name"
    if not is_field and kind ~= "{" and kind ~= "," and kind ~= ";" then return nil, path end
    table.insert(path, 1, is_field and tokens.values[brace - 2] or M.ITEM)
    brace = open_table(tokens, brace - 1)
  end
  return nil, path
end

--- Puts into a context which table the end of the tokens is in.
local function put_table(out, tokens, last)
  local brace, given = open_table(tokens, last)
  if not brace then return end
  out.given = given
  out.call, out.path = place_of(tokens, brace)
end

--- The context of the end of a text.
---@param before string  the script up to the cursor
---@return almanac.language.Context
function M.of(before)
  local tokens = lexer.scan(before)
  local last = #tokens.kinds
  local out = { word = before:match "[%a_][%w_.]*$" or "", path = {} }
  if tokens.kinds[last] == "invalid" then
    if tokens.values[last] == "unfinished string" then
      local callee = tokens.kinds[last - 1] == "(" and last - 2 or last - 1
      out.text, out.of = before:sub(tokens.starts[last] + 1), (name_before(tokens, callee))
      out.word = ""
      if tokens.kinds[last - 1] == "=" and tokens.kinds[last - 2] == "name" then
        out.field = tokens.values[last - 2]
        put_table(out, tokens, last - 3)
      end
    end
    return out
  end
  last = last - 1 -- the end of the text
  local typed = tokens.kinds[last] == "name" and tokens.stops[last] == #before
  local behind = tokens.kinds[typed and last - 1 or last]
  put_table(out, tokens, last)
  out.key = out.given and (behind == "{" or behind == "," or behind == ";")
  return out
end

return M
