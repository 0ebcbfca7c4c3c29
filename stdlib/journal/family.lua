--- A family: a run, and the runs that it made (runbook.call), whose events are told as if they happened in the steps
--- that made them.
local events = require "almanac.journal.event"

local M = {}

--- The effect that is a run.
M.CALL = "runbook.call"

--- The run that an event makes, or goes on with; nil: none.
---@param event almanac.Event
---@return string? id
function M.made_by(event)
  if event.kind ~= "effect.intent" or event.data.op ~= M.CALL then return nil end
  local id = type(event.data.before) == "table" and event.data.before.run
  return type(id) == "string" and id or nil
end

local function visit(journal, id, below, fn, wanted, seen)
  local made = {}
  seen[id] = true
  for event in events.each(journal, id, wanted) do
    if below then
      event.run, event.own_path = id, event.path
      event.path = event.path == "" and below or below .. "/" .. event.path
    end
    fn(event)
    local run = M.made_by(event)
    if run and not seen[run] and journal:run(run) then
      seen[run] = true
      made[#made + 1] = { id = run, path = event.path }
    end
  end
  for _, one in ipairs(made) do visit(journal, one.id, one.path, fn, wanted, seen) end
end

--- Calls fn for each event of a run, and then for those of the runs that it made, each once.
---@param journal table
---@param id string
---@param fn fun(event: almanac.Event)
---@param wanted? string  only of this kind; "run." stands for all that begin so
function M.visit(journal, id, fn, wanted)
  visit(journal, id, nil, fn, wanted, {})
end

return M
