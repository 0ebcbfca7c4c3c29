--- The store: the journal of this directory, and how a run in it is named.
local errors = require "almanac.base.errors"
local nearest = require "almanac.base.nearest"
local rows = require "almanac.journal.row"
local run_name = require "almanac.journal.run_name"
local settings = require "almanac.config.settings"
local shell_word = require "almanac.base.shell_word"

local M = {}

--- Opens the journal: "ro" and "rw" need one that exists, "create" makes it.
---@param mode "ro"|"rw"|"create"
function M.open(mode)
  if mode ~= "create" and not require("native.fs").exists(settings.store) then
    errors.raise {
      kind = "refused", message = "there is no journal in " .. settings.store,
      hint = "runs are journalled where they are started: go there, or name it with --store",
    }
  end
  if mode == "create" then mode = "rw" end
  return require("native.journal").open { dir = settings.store, mode = mode }
end

--- Why the record of a run is not to be believed; nil when its chain of hashes is whole.
---@param journal table
---@param id string
---@return string?
function M.broken(journal, id)
  local ok, seq, why = journal:verify(id)
  if not ok then return string.format("%s: broken at event %d: %s", id, seq, why) end
end

--- The words of a command line that name a run: its id, and its journal where that is no usual one.
---@param id string
---@return string
function M.words(id)
  if settings.store == ".almanac" then return id end
  return id .. " --store " .. shell_word.plain(settings.store)
end

--- The newest run that no other one made.
local function newest(journal)
  for _, row in ipairs(journal:runs()) do
    if not rows.meta(row).caller then return row end
  end
end

--- The runbooks of which there are runs.
---@param journal table
---@return table<string, boolean>
local function books(journal)
  local out = {}
  for _, row in ipairs(journal:runs()) do out[row.runbook] = true end
  return out
end

--- The run that was meant: by its name (journal/run_name.lua), or the newest that no other one made.
---@param journal table
---@param name string?
---@param fits? fun(row: table): boolean  of several that a name fits, whether a command can mean one: the only such is meant
---@param what? string  that: "waits for an answer"
---@return table row
function M.find(journal, name, fits, what)
  local matching = name and run_name.matching(journal, name) or { newest(journal) }
  if #matching == 1 then return matching[1] end
  local meant = {}
  for _, row in ipairs(fits and matching or {}) do meant[#meant + 1] = fits(row) and row or nil end
  if #meant == 1 then return meant[1] end
  if #matching > 1 then
    local ids = {}
    for i = 1, math.min(5, #matching) do ids[i] = matching[i].id end
    local none = fits and not meant[1] and what and ", and none " .. what or ""
    errors.raise { kind = "refused", message = string.format("%q fits several runs%s", name, none), hint = ids }
  end
  errors.raise {
    kind = "refused",
    message = name and string.format("no run %q in %s%s", name, settings.store, nearest.suffix(name, books(journal)))
      or "no run in " .. settings.store,
    hint = name and run_name.HINT or "almanac runs lists them",
  }
end

--- The run that is to be looked at: as find has it, but of a runbook's name the newest.
---@param journal table
---@param name string?
---@return table row
function M.look(journal, name)
  local newest_fitting = name and run_name.matching(journal, name)[1]
  if newest_fitting and newest_fitting.runbook == name then return newest_fitting end
  return M.find(journal, name)
end

return M
