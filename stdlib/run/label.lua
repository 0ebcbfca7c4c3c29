--- Labels that stand in a result for a secret, "(secret token)": no journal keeps the secret itself, so a script goes on with a
--- text that is not whole. That is good enough for people. An effect that would put it into the world is refused: a certificate
--- with a label in it is none.
local events = require "almanac.journal.event"
local plain = require "almanac.journal.plain"

local M = {}

local LABEL = "%(secret [^()\n]*%)"

--- Calls fn with each label in the texts of plain data.
local function each(value, fn, seen)
  if type(value) == "string" then
    if value:find("(secret ", 1, true) then
      for label in value:gmatch(LABEL) do fn(label) end
    end
  elseif type(value) == "table" and type(getmetatable(value)) ~= "string" and not seen[value] then
    seen[value] = true
    for _, item in next, value do each(item, fn, seen) end
  end
end

--- Remembers the labels that came into a result.
---@param run almanac.Run
---@param kept any     the result as the journal keeps it
---@param given any    as it was
---@param whose string  for people: 'step "read it"'
---@return any kept
function M.note(run, kept, given, whose)
  if rawequal(kept, given) then return kept end
  local own = {}
  each(given, function(label) own[label] = true end, {})
  each(kept, function(label)
    if not own[label] then
      run.labels = run.labels or {}
      run.labels[label] = whose
    end
  end, {})
  return kept
end

--- What a step returned, as the journal will give it back.
---@param run almanac.Run
---@param value any
---@param path string  of the step
---@return any kept  raises kind "usage" where the journal cannot hold it
function M.result(run, value, path)
  return M.note(run, plain.result(value, "step %q", path), value, string.format("step %q", path))
end

--- Kinds of events that hold what a script is given, and the fields that do.
local GIVEN = { ["step.done"] = "result", ["effect.outcome"] = "result", ["effect.intent"] = "before" }

--- Whose result holds a label, of what was done before this execution.
local function journalled(run, label)
  for kind, field in pairs(GIVEN) do
    for event in events.each(run.journal, run.id, kind, label) do
      local holds = false
      each(event.data[field], function(found) holds = holds or found == label end, {})
      if holds then return string.format("step %q", event.path) end
    end
  end
end

--- Why an effect is not made of an input: it holds a label that stands for a secret in an earlier result.
---@param run almanac.Run
---@param name string  of the effect
---@param input any
---@return table? refusal  for errors.raise
function M.refusal(run, name, input)
  local found, whose
  each(input, function(label)
    if found then return end
    whose = run.labels and run.labels[label] or run.journal and journalled(run, label)
    found = whose and label
  end, {})
  return found and {
    kind = "refused",
    message = string.format("%s: its input holds %q, which stands for a secret in the result of %s: no journal keeps a secret, so this "
      .. "text is not whole", name, found, whose),
    hint = "read it in the step that uses it, and return what is no secret",
  } or nil
end

return M
