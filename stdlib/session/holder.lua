--- Which process holds a run, or the name of a lock: one at a time, and until it ends. Whom a lock belongs to
--- beyond that is almanac.journal.ownership's.
local errors = require "almanac.base.errors"
local json = require "native.json"
local process = require "native.process"
local timestamp = require "almanac.base.timestamp"

local M = {}

--- This process, as it is written into what it holds.
---@param run_id string
---@return string JSON
function M.text(run_id)
  return json.encode {
    run = run_id, operator = process.user(), host = process.hostname(), pid = process.pid(), started = timestamp.utc(os.time()),
  }
end

---@param text string? JSON of a holder
---@param id string?   the run that was named already
---@return string
function M.describe(text, id)
  local ok, holder = pcall(json.decode, text or "")
  if not ok or type(holder) ~= "table" then return "holder unknown" end
  return string.format("%sby %s on %s (pid %s), since %s", holder.run == id and "" or (holder.run or "?") .. ", ",
    holder.operator or "?", holder.host or "?", holder.pid or "?", holder.started or "?")
end

--- Refuses unless this process is the only one with the run.
---@param journal table
---@param id string of the run
function M.own(journal, id)
  local ok, other = journal:lock_run(id, M.text(id))
  if not ok then
    errors.raise {
      kind = "refused", message = string.format("run %s is under way in another process: %s", id, M.describe(other, id)),
      hint = "almanac status " .. id .. " shows where it is",
    }
  end
end

return M
