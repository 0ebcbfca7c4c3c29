--- Finding runs: by runbook, time, status, operator, environment and parameters, each with how it stands, from its row and
--- its last turn alone. So a run of a hundred thousand events is found as quickly as one of ten.
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local events = require "almanac.journal.event"
local json = require "native.json"
local rows = require "almanac.journal.row"

local M = {}

---@class almanac.Wanted   what is looked for; a field that is absent narrows nothing
---@field runbook? string
---@field since_ms? integer   made at this time or later
---@field until_ms? integer   made before it
---@field statuses? string[]  of almanac.State
---@field failed? boolean     failed or crashed, also where it was undone then
---@field operator? string
---@field environment? string
---@field params? table<string, string>  as they are typed
---@field limit? integer

---@class almanac.FoundRun
---@field id string
---@field runbook string
---@field status string
---@field started_ms? integer  nil: it is corrupt
---@field ended_ms? integer
---@field duration? number   seconds in which processes ran it
---@field operator? string
---@field host? string
---@field environment? string
---@field version? string
---@field params table
---@field durations? string[] names of those that are durations
---@field error? string      what it ended with, one line
---@field step? string       in which that happened
---@field caller? string     the run that made it
---@field undoes? string     the run that it takes back
---@field broken? string     why its record is not to be believed, where somebody looked (store.broken)
---@field is_corrupt? boolean  its row, or its last turn, is none that almanac writes: error says why

--- All statuses that a run can have.
M.STATUSES = { "running", "done", "failed", "paused", "interrupted", "waiting", "undone", "abandoned", "crashed" }

--- What a run ended with, for a list: the step is named where its error does not.
---@param found almanac.FoundRun
---@return string?  nil: with nothing
function M.told(found)
  local step = found.step and found.step:match "[^/]*$"
  if not found.error or not step or found.error:find(step, 1, true) then return found.error end
  return found.step .. ": " .. found.error
end

--- A value as JSON has it: 3 that was typed may be the number, or the text "3"; 3s the text, or as many seconds.
local function forms_of(text)
  local forms, ok, seconds = json.array { text, json.encode(text) }, errors.try(duration.parse, text)
  if ok then forms[3] = json.encode(seconds) end
  return forms
end

local function query_of(wanted)
  local statuses, params
  local given = wanted.failed and { "failed", "crashed", "undone" } or wanted.statuses
  if given then
    local list = {}
    for i, status in ipairs(given) do list[i] = status == "crashed" and "running" or status end
    statuses = "|" .. table.concat(list, "|") .. "|"
  end
  for name, text in pairs(wanted.params or {}) do
    params = params or {}
    params[name] = forms_of(text)
  end
  -- Whether one that has no end is under way only its lock tells: they are not counted before that was asked.
  local is_counted = not statuses or not statuses:find("|running|", 1, true)
  return json.encode {
    runbook = wanted.runbook, since_ms = wanted.since_ms, until_ms = wanted.until_ms, statuses = statuses, operator = wanted.operator,
    environment = wanted.environment, params = params, limit = is_counted and wanted.limit or nil,
  }
end

--- How a run stands by its last turn.
local function status_of(journal, row, data)
  local status = row.turn and events.status_after(row.turn, data) or "running"
  if status == "running" and not journal:holder(row.id) then return "crashed" end
  return status
end

local function turn_of(row)
  if not row.turn then return {} end
  return events.decode(0, row.turn_ms, row.turn, "", row.payload).data
end

local known = {} ---@type table<string, boolean>
for _, status in ipairs(M.STATUSES) do known[status] = true end

--- A field of an error that was journalled, where it is a text.
local function text_of(value)
  return type(value) == "string" and value or nil
end

--- How long processes ran a run that has ended. An older almanac did not count it: then all time since it was made.
local function ran_ms(row, data)
  return math.tointeger(data.ran_ms) or math.max(0, row.turn_ms - row.created_ms)
end

local function read(journal, row)
  local meta, data = rows.meta(row), turn_of(row)
  local status = status_of(journal, row, data)
  if not known[status] then
    errors.raise { kind = "corrupt", message = string.format("the end of run %s in the journal has no status of almanac's", row.id) }
  end
  local err = type(data.error) == "table" and data.error or {}
  local ended_ms = row.turn == "run.end" and row.turn_ms or nil
  return {
    id = row.id, runbook = row.runbook, status = status, started_ms = row.created_ms, ended_ms = ended_ms,
    duration = ended_ms and ran_ms(row, data) / 1000 or nil, operator = meta.operator, host = meta.host,
    environment = meta.environment, version = meta.version, params = meta.params or {},
    durations = meta.durations,
    error = text_of(err.message) and errors.printable(err.message):match "^[^\n]*" or nil, step = text_of(err.step),
    caller = meta.caller and meta.caller.run or nil, undoes = meta.undoes,
    rehearsal = meta.rehearsal ~= nil or nil,
  }
end

--- What cannot be read is told as that: one row that was changed hides neither the others nor itself.
local function found_of(journal, row)
  local ok, found = errors.try(read, journal, row)
  if ok then return found end
  if errors.is_interrupt(found) then error(found, 0) end
  return { id = row.id, runbook = row.runbook, status = "corrupt", params = {}, is_corrupt = true, error = errors.printable(found.message) }
end

--- Whether a run is one of those that are wanted, by how it stands.
---@param wanted almanac.Wanted
---@return fun(found: almanac.FoundRun): boolean
local function standing_of(wanted)
  if wanted.failed then
    return function(found)
      return found.status == "failed" or found.status == "crashed" or found.status == "undone" and found.error ~= nil
    end
  end
  local set = {}
  for _, status in ipairs(wanted.statuses or {}) do set[status] = true end
  return function(found) return not wanted.statuses or set[found.status] == true end
end

--- The runs that fit, the newest first.
---@param journal table
---@param wanted almanac.Wanted
---@return almanac.FoundRun[]
function M.runs(journal, wanted)
  local out, fits = {}, standing_of(wanted)
  for _, row in ipairs(journal:find(query_of(wanted))) do
    local found = found_of(journal, row)
    if fits(found) or found.is_corrupt then out[#out + 1] = found end
    if wanted.limit and #out >= wanted.limit then break end
  end
  return out
end

return M
