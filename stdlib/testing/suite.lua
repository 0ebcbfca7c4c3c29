--- The cases of a test file, as describe and it of it say them: collected while the file is loaded, one file at a time.
local errors = require "almanac.base.errors"

local M = {}

---@class almanac.testing.Group
---@field name string
---@field around almanac.testing.Group?  nil: the file
---@field before fun()[]      before each case in it
---@field after fun()[]       after each, also after one that failed
---@field cases almanac.testing.Case[]  of the file: all, in their order

---@class almanac.testing.Case
---@field name string         with those of its groups
---@field group almanac.testing.Group
---@field fn? function        nil: it is pending
---@field why? string         of a pending one

local open ---@type almanac.testing.Group?  the group whose function runs
local whole ---@type almanac.testing.Group?  the file's

local function check(who, name, fn, may_lack)
  if type(name) ~= "string" or not name:find "%S" then
    errors.usage("%s: takes what it is about, as text, and a function", who)
  end
  if type(fn) ~= "function" and not (may_lack and fn == nil) then
    errors.usage("%s %q: takes a function behind its name, not %s", who, name, type(fn))
  end
  if not open then
    errors.raise { kind = "usage", message = string.format("%s %q: cases are said when the file is loaded, not by a case", who, name),
      hint = "move it out of the function of it" }
  end
end

local function full_name(group, name)
  while group and group.around do
    name, group = group.name .. " " .. name, group.around
  end
  return name
end

---@param name string
---@param fn fun()
function M.describe(name, fn)
  check("describe", name, fn)
  local group = { name = name, around = open, before = {}, after = {} }
  open = group
  local ok, err = errors.try(fn)
  open = group.around
  if not ok then error(err, 0) end
end

---@param name string
---@param fn fun()
function M.it(name, fn)
  check("it", name, fn)
  table.insert(whole.cases, { name = full_name(open, name), group = open, fn = fn })
end

---@param name string
---@param why any  the reason as text, or the function that is not right yet
function M.pending(name, why)
  check("pending", name, type(why) == "function" and why or nil, true)
  table.insert(whole.cases, { name = full_name(open, name), group = open, why = type(why) == "string" and why or "" })
end

---@param fn fun()
function M.before_each(fn)
  check("before_each", "a function", fn)
  table.insert(open.before, fn)
end

---@param fn fun()
function M.after_each(fn)
  check("after_each", "a function", fn)
  table.insert(open.after, fn)
end

--- Collects the cases that a function says.
---@param load fun()  loads the file
---@return almanac.testing.Case[]
function M.collect(load)
  whole = { name = "", before = {}, after = {}, cases = {} }
  open = whole
  local ok, err = errors.try(load)
  local cases = whole.cases
  open, whole = nil, nil
  if not ok then error(err, 0) end
  return cases
end

--- What is to run before a case, outermost first, and behind it, innermost first.
---@param case almanac.testing.Case
---@return fun()[] before
---@return fun()[] after
function M.around(case)
  local before, after, group = {}, {}, case.group
  while group do
    table.move(group.before, 1, #group.before, 1, table.move(before, 1, #before, #group.before + 1, before))
    table.move(group.after, 1, #group.after, #after + 1, after)
    group = group.around
  end
  return before, after
end

return M
