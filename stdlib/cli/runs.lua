--- almanac runs
local columns = require "almanac.base.columns"
local config = require "almanac.config.file"
local doubt = require "almanac.cli.doubt"
local errors = require "almanac.base.errors"
local json = require "native.json"
local options = require "almanac.cli.options"
local store = require "almanac.journal.store"
local states = require "almanac.journal.state"

local M = {}

M.usage = "runs [--json] [--limit N]\n\nThe runs in the journal, newest first."
M.options = options.join({
  { "--json", nil, "one run a line" },
  { "--limit", "N", "at most so many (default 20)", number = { 1, whole = true } },
}, options.common)

function M.run(words, operator)
  local given, rest = options.parse(M.usage, M.options, words, operator)
  if not given then return 0 end
  if #rest > 0 then errors.usage "usage: almanac runs; almanac status RUN shows one" end
  local limit = given.limit or 20
  config.load(given)
  local journal <close> = store.open "ro"
  local code = 0
  for i, row in ipairs(journal:runs()) do
    if i > limit then break end
    local state = states.summary(journal, row.id)
    code = math.max(code, doubt.say(journal, row.id, operator))
    local caller = json.decode(row.meta).caller
    if given.json then
      operator:json {
        id = row.id, runbook = row.runbook, status = state.status, started_ms = state.started,
        ended_ms = state.ended, operator = state.operator, caller = caller and caller.run,
      }
    else
      operator:result(string.format("%s %-11s %s  %s%s\n", columns.pad(row.id, 40), state.status,
        os.date("%Y-%m-%d %H:%M:%S", row.created_ms // 1000), state.operator or "", caller and "  in " .. caller.run or ""))
    end
  end
  return code
end

return M
