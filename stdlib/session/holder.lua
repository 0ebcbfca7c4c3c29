--- Who holds a run, or the name of a lock: one process at a time. The locks are the journal's, and end with
--- the process.
local errors = require "almanac.base.errors"
local json = require "native.json"
local process = require "native.process"

local M = {}

--- This process, as it is written into what it holds.
local function this_process(run_id)
  return json.encode {
    run = run_id, operator = process.user(), host = process.hostname(), pid = process.pid(), started = os.date "!%Y-%m-%dT%H:%M:%SZ",
  }
end

---@param text string? JSON of a holder
---@return string
function M.describe(text)
  local ok, holder = pcall(json.decode, text or "")
  if not ok or type(holder) ~= "table" then return "holder unknown" end
  return string.format("%s, by %s on %s (pid %s), since %s", holder.run or "?", holder.operator or "?",
    holder.host or "?", holder.pid or "?", holder.started or "?")
end

--- Refuses unless this process is the only one with the run.
---@param journal table
---@param id string of the run
function M.own(journal, id)
  local ok, other = journal:lock_run(id, this_process(id))
  if not ok then
    errors.raise {
      kind = "refused", message = string.format("run %s is under way in another process: %s", id, M.describe(other)),
      hint = "almanac status " .. id .. " shows where it is",
    }
  end
end

--- Refuses when another run holds the lock's name on this machine.
---@param journal table
---@param name string
---@param id string of the run that wants it
function M.lock(journal, name, id)
  local ok, other = journal:lock_name(name, this_process(id))
  if not ok then
    errors.raise {
      kind = "refused", message = string.format("another run holds the lock %q: %s", name, M.describe(other)),
      hint = "wait for it, or look at it: almanac status; almanac runs",
    }
  end
end

return M
