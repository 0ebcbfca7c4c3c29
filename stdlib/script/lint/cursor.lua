--- The tokens of a text while it is parsed: the current one, and what must follow.
local scope = require "almanac.script.lint.scope"

local M = {}

---@class almanac.lint.Cursor
---@field kinds string[]   of the tokens, and their values and first bytes
---@field values any[]
---@field starts integer[]
---@field i integer        the current token
---@field kind string      its kind
---@field depth integer    levels of nesting
---@field fn almanac.lint.Function
---@field calls table[]    of the whole text
---@field assigns table[]
---@field statement_list fun(p: almanac.lint.Cursor): almanac.lint.Node   what the body of a function is read by

--- As LUAI_MAXCCALLS: deeper nesting is refused by load() too.
local MAX_DEPTH = 200

--- Goes on to the next token.
function M.advance(p)
  local i = p.i + 1
  p.i, p.kind = i, p.kinds[i]
end

--- The place of the current token: its first byte.
function M.pos_of(p)
  return p.starts[p.i]
end

--- Fails at the current token.
function M.fail(p, message)
  scope.fail(M.pos_of(p), p.kind == "invalid" and p.values[p.i] or message)
end

--- Goes past a token of that kind, if it is the current one.
function M.take(p, kind)
  if p.kind ~= kind then return false end
  M.advance(p)
  return true
end

--- Goes past a token of that kind, which must be there.
function M.expect(p, kind)
  if p.kind ~= kind then M.fail(p, "'" .. kind .. "' expected") end
  M.advance(p)
end

--- Goes past a name, and gives it and its place.
function M.expect_name(p)
  if p.kind ~= "name" then M.fail(p, "a name expected") end
  local name, pos = p.values[p.i], M.pos_of(p)
  M.advance(p)
  return name, pos
end

--- Counts the levels that lparser.c counts.
function M.deeper(p)
  p.depth = p.depth + 1
  if p.depth > MAX_DEPTH then M.fail(p, "too many levels of nesting") end
end

return M
