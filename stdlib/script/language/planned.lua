--- What the last plan of a runbook said, at the steps of its text: code lenses.
local json = require "native.json"
local last_plan = require "almanac.run.plan.last"
local step_name = require "almanac.base.step_name"

local M = {}

local function plural(n, word)
  return string.format("%d %s", n, word)
end

--- "3 changed, 1 created", of the objects of an effect.
local function changes_of(effect)
  local counts, words = {}, {}
  for _, change in ipairs(effect.changes or {}) do counts[change.action] = (counts[change.action] or 0) + 1 end
  for _, action in ipairs { { "create", "created" }, { "change", "changed" }, { "delete", "deleted" } } do
    if counts[action[1]] then words[#words + 1] = plural(counts[action[1]], action[2]) end
  end
  return #words > 0 and ": " .. table.concat(words, ", ") or ""
end

--- The step of the plan that an effect lies in: the longest path that begins its own.
local function step_of(plan, path)
  local found
  for _, step in ipairs(plan.steps or {}) do
    if step_name.is_within(path, step.path) and (not found or #step.path > #found.path) then found = step end
  end
  return found
end

--- The lenses of a document: a line for each effect, above the step that makes it, and for each step that would fail.
---@param document almanac.language.Document
---@return table[]
function M.lenses(document)
  local plan = last_plan.read(document.path:match "([^/]+)%.lua$" or "")
  local out = {}
  local function add(step, text)
    if step.file ~= document.path or not step.first then return end
    local at = { line = step.first - 1, character = 0 }
    out[#out + 1] = { range = { start = at, ["end"] = at }, command = { title = text, command = "" } }
  end
  for _, effect in ipairs(plan and plan.effects or {}) do
    local step = step_of(plan, effect.path)
    if step then add(step, "→ " .. tostring(effect.title or effect.op) .. changes_of(effect)) end
  end
  for _, step in ipairs(plan and plan.steps or {}) do
    if step.would_fail then add(step, "✗ would fail: " .. step.would_fail) end
  end
  return json.array(out)
end

return M
