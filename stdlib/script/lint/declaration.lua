--- The declaration of a runbook, checked by loading it: that runs its top level, which can only
--- compute.
local errors = require "almanac.base.errors"
local tree = require "almanac.script.lint.tree"

local M = {}

--- The statement in which the chunk returns its value.
local function last_return(main)
  local list = main.body.list
  local last = list[#list]
  return last and last.tag == "Return" and last.pos or main.body.stop
end

--- The field of the runbook's table that an error is about: what it returns, or what a local variable holds that
--- it returns.
local function field_at(main, path)
  local list = main.body.list
  local last = list[#list]
  local call = last and last.tag == "Return" and last.values[1] and tree.resolve(last.values[1])
  local node, found = call and call.tag == "Call" and call.args[1], nil
  for name in path:gmatch "[^.]+" do
    node = node and tree.resolve(node)
    local item
    for _, one in ipairs(node and node.tag == "Table" and node.items or {}) do
      if one.key and one.key.tag == "String" and one.key.value == name then item = one end
    end
    if not item then return found end
    node, found = item.value, item.pos
  end
  return found
end

--- The place of an error in the script it was raised in.
local function position(err)
  local file, line = (errors.place(err) or ""):match "^(.*):(%d+)$"
  return file, tonumber(line)
end

--- Loads a runbook and reports why it cannot be.
---@param main almanac.lint.Node
---@param path string  of the script
---@param load fun(): any  raises what is wrong
---@param report fun(pos: integer, kind: string, rule: string, message: string, hint: string?)
---@param report_at fun(file: string, line: integer, rule: string, message: string, hint: string?)
---@return any loaded nil when it does not load
function M.check(main, path, load, report, report_at)
  local ok, result = errors.try(load)
  if ok then return result end
  if errors.is_interrupt(result) then error(result, 0) end
  local file, line = position(result)
  local at = result.kind == "usage" and type(result.field) == "string" and field_at(main, result.field)
  if at and (not file or file == path) then
    report(at, "error", "declaration", result.message, result.hint)
  elseif file and line then
    report_at(file, line, "declaration", result.message, result.hint)
  else
    report(last_return(main), "error", "declaration", result.message, result.hint)
  end
end

return M
