--- almanac runs [RUNBOOK]
local columns = require "almanac.base.columns"
local config = require "almanac.config.file"
local doubt = require "almanac.cli.doubt"
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local find = require "almanac.journal.find"
local moment = require "almanac.base.moment"
local nearest = require "almanac.base.nearest"
local options = require "almanac.cli.options"
local param = require "almanac.base.param"
local parameters = require "almanac.journal.parameters"
local rows = require "almanac.journal.row"
local store = require "almanac.journal.store"
local task = require "native.task"
local terminal = require "almanac.base.terminal"

local M = {}

M.usage = [[runs [RUNBOOK] [options]

The runs in the journal, newest first: id, status, when it was started, how long it took, by whom, its parameters, and
what it failed with. Each option leaves those that do not fit away.
TIME is a date (2026-11-28, yesterday), a moment (2026-11-28T06:19:05Z, or "2026-11-28 06:19" by this machine's clock), a time of
day (06:19, the last one), or how long ago (90m, 7d).]]

M.options = options.join({
  { "--status", "WORDS", "with one of these, with commas: " .. table.concat(find.STATUSES, ", "), values = find.STATUSES },
  { "--failed", nil, "those that failed or crashed, also where they were undone then" },
  { "--since", "TIME", "started then or later" },
  { "--until", "TIME", "started before" },
  { "--param", "NAME=VALUE", "with this parameter; several times: with all of them", many = true },
  { "--env", "NAME", "in this environment" },
  { "--by", "USER", "started by" },
  { "--json", "FIELDS", "one run a line, as JSON; FIELDS, with commas, leaves out the others", optional = true },
  { "--limit", "N", "at most so many (default 20)", number = { 1, whole = true } },
}, options.common)

--- Fields of almanac.FoundRun, for --json.
local FIELDS = {
  id = true, runbook = true, status = true, started_ms = true, ended_ms = true, duration = true, operator = true, host = true,
  environment = true, version = true, params = true, error = true, step = true, caller = true, undoes = true, rehearsal = true,
}

--- The words between commas, each of which must be known.
local function words_of(text, known, what)
  local out = {}
  for word in text:gmatch "[^,%s]+" do
    if not known[word] then
      errors.raise {
        kind = "usage", message = string.format("there is no %s %q%s", what, word, nearest.suffix(word, known)),
        hint = table.concat(param.sorted_names(known), ", "),
      }
    end
    out[#out + 1] = word
  end
  return out
end

local function moment_ms(option, text, now)
  return text and math.floor(moment.parse(option, text, now) * 1000) or nil
end

local function params_of(given)
  local out = {}
  for _, word in ipairs(given or {}) do
    local name, value = word:match "^([^=]+)=(.*)$"
    if not name then errors.usage("--param takes NAME=VALUE, not %q", word) end
    out[name] = value
  end
  return next(out) and out or nil
end

local function statuses_of(given)
  if given.failed and given.status then errors.usage "--failed and --status say the same thing twice; give one of them" end
  if given.failed then return nil end
  local known = {}
  for _, status in ipairs(find.STATUSES) do known[status] = true end
  return given.status and words_of(given.status, known, "status")
end

--- What is said of a run in columns, and what stands behind them.
local function cells_of(found)
  return {
    found.id, found.status, found.started_ms and os.date("%Y-%m-%d %H:%M:%S", found.started_ms // 1000) or "",
    found.duration and duration.format(found.duration) or "", found.operator or "",
  }
end

local function rest_of(found)
  local parts = { found.rehearsal and "REHEARSAL" or nil }
  if found.caller then parts[#parts + 1] = "in " .. found.caller end
  if found.environment then parts[#parts + 1] = "on " .. found.environment end
  local params = parameters.text(found.params, found.durations)
  if params ~= "" then parts[#parts + 1] = params end
  local told = find.told(found)
  if told then parts[#parts + 1] = (found.status == "waiting" and "? " or "✗ ") .. told end
  return terminal.one_line(table.concat(parts, "  "))
end

--- The lines of a run: one, where there is room; else its id, which is copied, stands whole, and what follows is cut.
local function add_lines(out, cells, rest, width)
  local line = rest == "" and cells or cells .. "  " .. rest
  if not width or columns.of(line) <= width then
    out[#out + 1] = line
    return
  end
  if columns.of(cells) > width then
    local id, others = cells:match "^(%S+) +(.*)$"
    out[#out + 1], cells = id, "  " .. others
  end
  out[#out + 1] = columns.fit(cells, width)
  if rest ~= "" then out[#out + 1] = columns.fit("  " .. rest, width) end
end

--- The runs as lines, below one another; for a terminal of so many columns, or as long as they are.
---@param list almanac.FoundRun[]
---@param width integer?
---@return string[]
local function lines_of(list, width)
  local cells, out = {}, {}
  for i, found in ipairs(list) do cells[i] = cells_of(found) end
  local aligned = columns.aligned(cells)
  for i, found in ipairs(list) do
    local rest = rest_of(found)
    add_lines(out, aligned[i], width and terminal.spelt(rest) or rest, width)
  end
  return out
end

local function shown(found, fields)
  if not fields then return found end
  local out = {}
  for _, field in ipairs(fields) do out[field] = found[field] end
  return out
end

--- `--json id,status`, as gh(1) takes it: a word with commas is no runbook.
local function take_fields(given, rest)
  for i, word in ipairs(rest) do
    if given.json == true and word:find(",", 1, true) then given.json = table.remove(rest, i) end
  end
end

--- Refuses a name that no run has: what was meant is something else.
local function check_known(journal, runbook, as_json)
  if find.runs(journal, { runbook = runbook, limit = 1 })[1] then return end
  if as_json and FIELDS[runbook] then
    errors.raise { kind = "usage", message = string.format("%q is no runbook that was run", runbook),
      hint = "the field of that name: --json=" .. runbook }
  end
  local known = {}
  for _, row in ipairs(journal:runs()) do known[row.runbook] = true end
  errors.raise {
    kind = "refused", message = string.format("there is no run of %q%s", runbook, nearest.suffix(runbook, known)),
    hint = "almanac runs lists all; almanac status RUN shows one",
  }
end

--- Says that no run is so, on standard error, and whose name was probably meant.
local function say_none(journal, wanted, operator)
  if not (wanted.operator or wanted.environment) then return operator:say "no run is so" end
  local operators, environments = {}, {} -- to know the names is to read every row
  for _, row in ipairs(journal:runs()) do
    local meta = rows.meta(row)
    operators[meta.operator or ""], environments[meta.environment or ""] = true, true
  end
  local guess = ""
  if wanted.operator and not operators[wanted.operator] then guess = nearest.suffix(wanted.operator, operators) end
  if wanted.environment and not environments[wanted.environment] then guess = guess .. nearest.suffix(wanted.environment, environments) end
  operator:say { "no run is so" .. guess }
end

function M.run(words, operator)
  local given, rest = options.parse(M.usage, M.options, words, operator)
  if not given then return 0 end
  take_fields(given, rest)
  if #rest > 1 then errors.usage "usage: almanac runs [RUNBOOK]; almanac status RUN shows one" end
  local now = task.wall_ms() / 1000
  local wanted = {
    runbook = rest[1], statuses = statuses_of(given), failed = given.failed, since_ms = moment_ms("--since", given.since, now),
    until_ms = moment_ms("--until", given["until"], now), params = params_of(given.param), environment = given.env,
    operator = given.by, limit = given.limit or 20,
  }
  local fields = type(given.json) == "string" and words_of(given.json, FIELDS, "field") or nil
  config.load(given)
  local journal <close> = store.open "ro"
  if wanted.runbook then check_known(journal, wanted.runbook, given.json) end
  local code, list = 0, find.runs(journal, wanted)
  for _, found in ipairs(list) do
    code = math.max(code, found.is_corrupt and 1 or 0, doubt.say(journal, found.id, operator))
    if given.json then operator:json(shown(found, fields)) end
  end
  if not list[1] then say_none(journal, wanted, operator) end
  if not given.json then operator:result(terminal.lines(lines_of(list, terminal.isatty(1) and terminal.size() or nil))) end
  return code
end

return M
