--- The store: the journal of this directory, and how a run in it is named.
local errors = require "almanac.errors"
local settings = require "almanac.settings"

local M = {}

--- Opens the journal. Reading needs one that exists; writing makes it.
---@param mode "rw"|"ro"
function M.open(mode)
  return require("native.journal").open { dir = settings.store, mode = mode }
end

--- The run that was meant: an id, a unique part of one, or the newest that `wanted` accepts.
---@param journal table
---@param name string?
---@param wanted? fun(row: table): boolean
---@param what? string for the message
---@return table row
function M.find(journal, name, wanted, what)
  local rows = journal:runs()
  local matching = {}
  for _, row in ipairs(rows) do
    if name == row.id then return row end
    if name and row.id:find(name, 1, true) then matching[#matching + 1] = row end
    if not name and (not wanted or wanted(row)) then return row end
  end
  if #matching == 1 then return matching[1] end
  if #matching > 1 then
    local ids = {}
    for i = 1, math.min(5, #matching) do ids[i] = matching[i].id end
    errors.raise {
      kind = "refused",
      message = string.format("%q fits several runs", name),
      hint = table.concat(ids, "\n"),
    }
  end
  errors.raise {
    kind = "refused", message = name and string.format("no run %q in %s", name,
    settings.store) or "no run " .. (what or "") .. " in " .. settings.store,
    hint = "almanac runs lists them",
  }
end

return M
