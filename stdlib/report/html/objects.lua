--- Changes of objects in a report's page: those that were planned, and those of a rehearsal's cluster. Pure.
local markup = require "almanac.report.markup"
local words = require "almanac.report.words"

local tag = markup.tag

local M = {}

local FIELD_CLASSES = { added = "d-add", removed = "d-del" }

local function field_line(field)
  return tag("span", { "class", FIELD_CLASSES[field.kind] or "d-change" }, words.field(field), "\n")
end

--- Changes of objects, field by field; nil: there are none.
local function changes_of(changes)
  local out, unchanged = {}, 0
  for _, change in ipairs(changes or {}) do
    if change.action == "unchanged" and not change.why then
      unchanged = unchanged + 1
    else
      out[#out + 1] = words.change(change) .. "\n"
      for _, field in ipairs(type(change.fields) == "table" and change.fields or {}) do out[#out + 1] = { "  ", field_line(field) } end
    end
  end
  if unchanged > 0 then out[#out + 1] = unchanged .. " unchanged\n" end
  return out[1] and tag("pre", nil, out) or nil
end

--- The difference that was planned, folded; nil: there is none.
---@param planned table
---@return any
function M.planned(planned)
  local changes = changes_of(planned.changes)
  return changes and tag("details", nil, tag("summary", { "class", "dim" }, "the planned difference"), changes)
end

--- What a rehearsal made of its cluster; nil of a run.
---@param report almanac.Report
---@return any
function M.copy(report)
  local copy = report.copy
  if not copy then return nil end
  local out = { changes_of(copy.changes) or tag("p", nil, "Nothing is otherwise than before.") }
  for _, text in ipairs(words.copy(copy)) do out[#out + 1] = tag("p", { "class", "dim" }, text) end
  return out
end

return M
