--- table.unpack with something behind it: Lua keeps only its first value there, and a command loses its words silently.
--- https://www.lua.org/manual/5.4/manual.html#3.4.12
local tree = require "almanac.script.lint.tree"

local M = {}

local function is_unpack(node)
  node = node and node.tag == "Call" and node
  local origin = node and tree.origin(node.callee)
  return origin and origin.global and tree.dotted(origin) == "table.unpack"
end

local HINT = "put it last, or build the list first: local words = { …, table.unpack(more) }"

--- Reports table.unpack whose values are cut.
---@param main almanac.lint.Node
---@param report fun(pos: integer, kind: string, rule: string, message: string, hint: string)
function M.check(main, report)
  local function cut(node, behind)
    report(node.pos, "warning", "unpack-cut",
      "table.unpack gives only its first value here: " .. behind .. " stands behind it", HINT)
  end
  tree.walk(main, function(node)
    if node.tag == "Table" then
      for i = 1, #node.items - 1 do
        local item = node.items[i]
        if not item.key and is_unpack(item.value) then cut(item.value, "another field") end
      end
    elseif node.tag == "Call" then
      for i = 1, #node.args - 1 do
        if is_unpack(node.args[i]) then cut(node.args[i], "another argument") end
      end
    end
  end)
end

return M
