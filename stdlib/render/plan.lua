--- A plan as text for its reviewer. Pure.
local brief = require "almanac.render.brief"
local columns = require "almanac.base.columns"
local given = require "almanac.render.plan_given"
local outcome = require "almanac.run.plan.outcome"
local line_diff = require "almanac.render.line_diff"
local terminal = require "almanac.base.terminal"
local timestamp = require "almanac.base.timestamp"

local paint = terminal.paint

local M = {}

local BEFORE = 30 -- bytes shown before the first difference of two long texts
local LINE = 110 -- columns
local LINES_MAX = 40 -- of one text's changes

--- Both texts where they begin to differ: long ones would look the same.
local function both_texts(old, new)
  old, new = brief.encoded(old), brief.encoded(new)
  local first = 1
  while first <= #old and old:byte(first) == new:byte(first) do first = first + 1 end
  local from = (#old > brief.MAX or #new > brief.MAX) and math.max(1, first - BEFORE) or 1
  return brief.cut(old, from) .. " → " .. brief.cut(new, from)
end

local actions = {
  create = { "+", "32", "created" }, change = { "~", "33", "changed" }, delete = { "-", "31", "deleted" },
  unchanged = { "=", "90", "unchanged" }, conflict = { "!", "31", "conflict" }, reject = { "!", "31", "would be rejected" },
  hook = { "h", "36", "hook" },
}

local field_marks = { added = { "+", "32" }, removed = { "-", "31" }, changed = { "~", "33" } }

local function set_by(field)
  return field.set_by and string.format('   (now set by "%s")', table.concat(field.set_by, '", "')) or ""
end

local function is_lines(value) return type(value) == "string" and value:find "\n" ~= nil end

--- A text of lines: those that differ.
local function add_line_changes(out, indent, field, color)
  local changes = line_diff.changes(field.old, field.new)
  if #changes == 0 then out[#out + 1] = indent .. "the ends of its lines" end
  for i = 1, math.min(#changes, LINES_MAX) do
    local change = changes[i]
    out[#out + 1] = string.format("%s%5d ", indent, change.line)
      .. paint(change.mark .. brief.cut(change.text, 1), field_marks[change.mark == "+" and "added" or "removed"][2], color)
  end
  if #changes > LINES_MAX then out[#out + 1] = string.format("%s      … and %d lines more", indent, #changes - LINES_MAX) end
end

--- A field on one line, or on two when that is too long to take in.
local function add_field(out, indent, field, color)
  local mark = field_marks[field.kind]
  local value
  if field.kind == "changed" and is_lines(field.old) and is_lines(field.new) then
    out[#out + 1] = indent .. paint(string.format("%s %s:%s", mark[1], field.path, set_by(field)), mark[2], color)
    return add_line_changes(out, indent, field, color)
  elseif field.kind == "changed" then
    value = both_texts(field.old, field.new)
  elseif field.kind == "added" then
    value = brief.text(field.new)
  else
    value = brief.text(field.old)
  end
  value = value .. set_by(field)
  local head = mark[1] .. " " .. field.path .. ":"
  if columns.of(indent .. head .. value) < LINE then
    out[#out + 1] = indent .. paint(head .. " " .. value, mark[2], color)
  else
    out[#out + 1] = indent .. paint(head, mark[2], color)
    out[#out + 1] = indent .. "    " .. paint(value, mark[2], color)
  end
end

local function add_change(out, indent, change, color)
  local action = actions[change.action]
  out[#out + 1] = indent .. paint(string.format("%s %s  %s%s", action[1], change.object, action[3],
    change.why and ": " .. change.why or ""), action[2], color)
  for _, field in ipairs(change.fields or {}) do add_field(out, indent .. "    ", field, color) end
end

--- Changes of objects, a line for each and for each of its fields. Pure.
---@param changes table[]  as a plan has them
---@param indent string
---@param color boolean
---@return string[] lines
function M.changes(changes, indent, color)
  local out = {}
  for _, change in ipairs(changes) do add_change(out, indent, change, color) end
  return out
end

local function is_refused(change)
  return change.action == "conflict" or change.action == "reject"
end

--- What would stop the run: in full, unless the object that is refused says it below.
local function add_stop(out, indent, planned, color)
  local text = planned.would_fail
  for _, change in ipairs(planned.changes or {}) do
    if is_refused(change) then
      text = (text:match "^(.-):" or text) .. ", see below"
      break
    end
  end
  out[#out + 1] = indent .. paint("WOULD STOP THE RUN: " .. text, "1;31", color)
  if planned.hint then out[#out + 1] = indent .. "  " .. planned.hint end
end

--- The changes of objects that an effect makes; those that stay as they are, as a number.
local function add_objects(out, indent, planned, color)
  local same = 0
  for _, change in ipairs(planned.changes or {}) do
    if change.action == "unchanged" and not change.why then same = same + 1 else add_change(out, indent, change, color) end
  end
  if same > 0 then out[#out + 1] = indent .. paint(string.format("= %d unchanged", same), "90", color) end
end

--- What an effect of the script's own makes by others.
local function add_parts(out, indent, planned, color, full)
  for _, part in ipairs(planned.makes or {}) do
    out[#out + 1] = indent .. "makes: " .. part.title .. (part.nothing and "  (nothing would change)" or "")
    if part.summary then out[#out + 1] = indent .. "  " .. part.summary end
    for _, warning in ipairs(part.warnings or {}) do out[#out + 1] = indent .. "  " .. paint("WARNING " .. warning, "1;33", color) end
    if part.would_fail then out[#out + 1] = indent .. "  as it is now it would fail: " .. part.would_fail:match "^[^\n]*" end
    add_objects(out, indent .. "  ", part, color)
    for _, line in ipairs(full and given.full(part) or given.handed(part)) do out[#out + 1] = indent .. "  " .. line end
  end
  if planned.makes_more then
    out[#out + 1] = indent .. "makes what else its script says, known when it runs" .. (planned.bounded and ", within allow" or "")
  end
end

local function add_effect(out, indent, planned, color, full)
  local head = planned.title .. (planned.nothing and "  (nothing would change)" or "")
  out[#out + 1] = indent .. paint("→ " .. head, planned.nothing and "90" or "35", color)
  if planned.summary then out[#out + 1] = indent .. "  " .. planned.summary end
  for _, line in ipairs(full and {} or given.handed(planned)) do out[#out + 1] = indent .. "  " .. line end
  if planned.on_top then
    out[#out + 1] = indent .. "  " .. paint("on top of the planned change before: previewed as of now", "33", color)
  end
  for _, warning in ipairs(planned.warnings or {}) do out[#out + 1] = indent .. "  " .. paint("WARNING " .. warning, "1;33", color) end
  add_parts(out, indent .. "  ", planned, color, full)
  if planned.would_fail then add_stop(out, indent .. "  ", planned, color) end
  add_objects(out, indent .. "  ", planned, color)
  for _, line in ipairs(full and given.full(planned) or {}) do out[#out + 1] = indent .. "  " .. line end
end

local function group(list)
  local by_path = {}
  for _, item in ipairs(list or {}) do
    by_path[item.path] = by_path[item.path] or {}
    table.insert(by_path[item.path], item)
  end
  return by_path
end

local function plural(n, word)
  return string.format("%d %s%s", n, word, n == 1 and "" or "s")
end

local function counts_line(counts)
  local parts, objects = { plural(counts.effects, "effect") }, {}
  local function add(list, n, text)
    if n > 0 then list[#list + 1] = n .. " " .. text end
  end
  add(parts, counts.nothing, "of them would change nothing")
  add(parts, counts.fail, "of them WOULD STOP THE RUN")
  add(objects, counts.create, "created")
  add(objects, counts.change, "changed")
  add(objects, counts.delete, "deleted")
  add(objects, counts.unchanged, "unchanged")
  add(objects, counts.refused, "refused")
  local out = "Plan: " .. table.concat(parts, ", ")
  if #objects > 0 then out = out .. "; objects: " .. table.concat(objects, ", ") end
  if counts.steps_fail > 0 then out = out .. "; " .. plural(counts.steps_fail, "step") .. " WOULD FAIL" end
  if counts.steps_may_fail > 0 then
    out = out .. string.format("; %s would fail as things are now", plural(counts.steps_may_fail, "step"))
  end
  if counts.gates > 0 then out = out .. "; " .. plural(counts.gates, "gate") end
  if counts.failing > 0 then out = out .. string.format(", %d would fail now", counts.failing) end
  if counts.blind > 0 then out = out .. string.format(", %d without a value", counts.blind) end
  return out
end

local function has_more(plan)
  for _, planned in ipairs(plan.effects) do
    if given.has_more(planned) then return true end
    for _, part in ipairs(planned.makes or {}) do
      if given.has_more(part) then return true end
    end
  end
  return false
end

--- The plan, and what it comes to.
---@param plan table
---@param counts table<string, integer>  see almanac.PlanDraft; what a version before did not count is absent
---@param undos string[]  what undo would do after the run
---@param color boolean
---@param full? boolean  with all that effects are given and would create
---@return string
function M.text(plan, counts, undos, color, full)
  local counted = setmetatable({}, { __index = function(_, name) return counts[name] or 0 end })
  local out = {}
  local effects, gates, asks = group(plan.effects), group(plan.gates), group(plan.asks)
  for _, step in ipairs(plan.steps) do
    local _, depth = step.path:gsub("/", "")
    local indent = string.rep("  ", depth)
    out[#out + 1] = indent .. step.path:match "[^/]*$" .. (step.note and "  " .. paint(step.note, "90", color) or "")
    if step.would_fail then
      local words = step.surely and { "WOULD FAIL: ", "1;31" } or { "would fail now: ", "31" }
      out[#out + 1] = indent .. "  " .. paint(words[1] .. step.would_fail, words[2], color)
    end
    for _, planned in ipairs(effects[step.path] or {}) do add_effect(out, indent .. "  ", planned, color, full) end
    for _, gate in ipairs(gates[step.path] or {}) do
      local mark = gate.ok and { "gate: ", "32" } or gate.ok == nil and { "NO VALUE NOW: ", "33" } or { "WOULD FAIL NOW: ", "31" }
      out[#out + 1] = indent .. "  " .. paint(mark[1] .. gate.text, mark[2], color)
    end
    for _, question in ipairs(asks[step.path] or {}) do out[#out + 1] = indent .. "  ? asks the operator: " .. question.question end
  end
  out[#out + 1] = ""
  if plan.stopped then
    out[#out + 1] = paint("The plan stops here: ", "1;31", color) .. plan.stopped:gsub("\n  ", "\n")
    out[#out + 1] = ""
  end
  if plan.held_by then
    out[#out + 1] = paint("A run would be refused now: its lock is held by " .. plan.held_by, "1;33", color)
  end
  out[#out + 1] = counts_line(counted)
  if not full and has_more(plan) then
    out[#out + 1] = "Not all is shown of what is given and created: almanac plan --full shows it, and so does almanac approve PLAN.json"
  end
  if plan.secrets_from and plan.secrets_from[1] then out[#out + 1] = "Secrets: " .. table.concat(plan.secrets_from, ", ") end
  if #undos > 0 and counted.fail + counted.steps_fail == 0 then
    out[#out + 1] = "After it, almanac rollback would, newest first:"
    for _, what in ipairs(undos) do out[#out + 1] = "  ↩ " .. what end
  end
  return terminal.lines(out)
end

local outcome_marks = {
  ["as planned"] = { "✓", "32" }, done = { "✓", "32" }, failed = { "✗", "31" }, ["in doubt"] = { "?", "33" },
  ["not reached"] = { "·", "90" }, ["not in the plan"] = { "!", "1;33" }, ["without the plan"] = { "!", "1;33" },
}

local function add_outcome(out, head, item, color)
  local mark = outcome_marks[item.state]
  out[#out + 1] = paint(string.format("%s %s  %s", mark[1], head, outcome.words(item)), mark[2], color)
  if item.why then out[#out + 1] = "    " .. item.why end
end

--- What was planned beside what happened.
---@param id string of the run
---@param status string of the run
---@param plan table
---@param events table[]
---@param color boolean
---@return string
function M.outcome(id, status, plan, events, color)
  local effects, gates, unbound = outcome.compare(plan, events)
  local out = { string.format("%s: %s; planned by %s at %s", id, status, plan.made_by,
    timestamp.shown(plan.made_ms / 1000)) }
  if unbound then out[#out + 1] = "the operator went on without the plan" end
  for _, item in ipairs(effects) do
    add_outcome(out, item.path .. ": " .. item.title, item, color)
    local planned = item.planned
    if planned and planned.summary then out[#out + 1] = "    planned: " .. planned.summary end
    if planned and planned.would_fail then out[#out + 1] = "    planned: would stop the run: " .. planned.would_fail end
    for _, title in ipairs(item.within or {}) do out[#out + 1] = "    it needed besides: " .. title end
  end
  for _, gate in ipairs(gates) do
    add_outcome(out, gate.path, gate, color)
    out[#out + 1] = "    when planned: " .. gate.text
    if gate.saw then out[#out + 1] = "    in the run: " .. gate.saw end
  end
  return terminal.lines(out)
end

return M
