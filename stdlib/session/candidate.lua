--- The run that a command means when it names none: on a terminal it is shown and asked about; where nobody can
--- be asked a guess must be the only one there is. A run that is under way is never meant.
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local parameters = require "almanac.journal.parameters"
local rows = require "almanac.journal.row"
local run_name = require "almanac.journal.run_name"
local states = require "almanac.journal.state"
local store = require "almanac.journal.store"
local task = require "native.task"

local M = {}

local LISTED = 5 -- candidates that a refusal names

---@class almanac.Wanted  which runs a command may mean
---@field command string   "resume" | "rollback"
---@field what string      "to resume"
---@field question string  asked on a terminal
---@field accepts fun(row: table, status: string): boolean
---@field shows boolean?   the question waits until the caller has shown what it would do

---@class almanac.Candidate
---@field row table
---@field status string

--- The newest runs that are accepted, and the newer ones that are under way.
---@return almanac.Candidate[] candidates, the newest first
---@return string[] running  ids
local function find(journal, wanted, at_most)
  local found, running = {}, {}
  for _, row in ipairs(journal:runs()) do
    local is_part = rows.meta(row).caller ~= nil -- of a run that is meant in its place
    local status = is_part and "" or states.status(journal, row.id)
    if status == "running" then
      if #found == 0 then running[#running + 1] = row.id end
    elseif not is_part and wanted.accepts(row, status) then
      found[#found + 1] = { row = row, status = status }
      if #found == at_most then break end
    end
  end
  return found, running
end

local function age(row)
  return duration.format(math.max(0, (task.wall_ms() - row.created_ms) // 1000)) .. " ago"
end

--- A run for the one who is asked about it.
---@param candidate almanac.Candidate
---@return string[] lines
function M.describe(candidate)
  local row = candidate.row
  local meta = rows.meta(row)
  return {
    row.id,
    "  runbook: " .. row.runbook .. (next(meta.params or {}) and " " .. parameters.text(meta.params, meta.durations) or ""),
    "  status:  " .. candidate.status,
    string.format("  started: %s, %s", os.date("%Y-%m-%d %H:%M:%S", row.created_ms // 1000), age(row)),
    string.format("  by:      %s on %s", meta.operator or "?", meta.host or "?"),
  }
end

local function show(operator, candidate, running)
  if #running > 0 then operator:say("! under way, and not meant: " .. table.concat(running, ", ")) end
  operator:say(M.describe(candidate))
end

--- Asks whether it is the one; raises kind "refused" where it is not.
local function ask(operator, wanted)
  if operator:choose(wanted.question, { "yes", "no" }) == "yes" then return end
  errors.raise { kind = "refused", message = "nothing was done", hint = "name the run: almanac " .. wanted.command
    .. " RUN; almanac runs lists them" }
end

local function refuse(wanted, found, running, name)
  local lines = { "name the one that you mean: almanac " .. wanted.command .. " RUN" }
  for i = 1, math.min(#found, LISTED) do
    lines[#lines + 1] = string.format("  %s  %s, %s", found[i].row.id, found[i].status, age(found[i].row))
  end
  if #found > LISTED then lines[#lines + 1] = "  and older ones: almanac runs" end
  errors.raise {
    kind = "refused", hint = lines,
    message = #running > 0 and string.format("%s is under way, and the run %s is an older one", running[1], wanted.what)
      or string.format("%s several runs %s", name and string.format("%q fits", name) or "there are", wanted.what),
  }
end

--- Of several that a name fits, none can be meant.
local function refuse_all(wanted, all, name)
  local lines = {}
  for i = 1, math.min(#all, LISTED) do lines[i] = string.format("%s  %s, %s", all[i].row.id, all[i].status, age(all[i].row)) end
  errors.raise {
    kind = "refused", message = string.format("%q fits several runs, and none %s", name, wanted.what), hint = lines,
  }
end

--- The run of a name: of several that it fits, the only one that the command can mean.
local function named_run(journal, name, wanted)
  local matching = run_name.matching(journal, name)
  if #matching < 2 then return store.find(journal, name) end
  local all, meant = {}, {}
  for i, row in ipairs(matching) do
    all[i] = { row = row, status = states.status(journal, row.id) }
    if not rows.meta(row).caller and wanted.accepts(row, all[i].status) then meant[#meant + 1] = all[i] end
  end
  if #meant == 1 then return meant[1].row end
  if #meant == 0 then refuse_all(wanted, all, name) end
  refuse(wanted, meant, {}, name)
end

--- The run that is meant.
---@param journal table
---@param name string?  of journal/run_name.lua
---@param wanted almanac.Wanted
---@param operator almanac.Operator
---@return table row
---@return boolean named  the operator named it, or was asked
---@return fun()? ask  where the question waits: asks it, and raises kind "refused" for a no
function M.pick(journal, name, wanted, operator)
  if name then return named_run(journal, name, wanted), true end
  local asked = operator:can_be_asked()
  local found, running = find(journal, wanted, asked and 1 or LISTED + 1)
  if #found == 0 then
    errors.raise {
      kind = "refused", hint = "almanac runs lists them",
      message = string.format("no run %s in the journal%s", wanted.what,
        #running > 0 and "; " .. running[1] .. " is under way" or ""),
    }
  end
  if asked then
    show(operator, found[1], running)
    if wanted.shows then return found[1].row, true, function() ask(operator, wanted) end end
    ask(operator, wanted)
    return found[1].row, true
  end
  if #found > 1 or #running > 0 then refuse(wanted, found, running) end
  return found[1].row, false
end

return M
