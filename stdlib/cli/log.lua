--- almanac log RUN
local config = require "almanac.config.file"
local doubt = require "almanac.cli.doubt"
local errors = require "almanac.base.errors"
local heads = require "almanac.journal.head"
local options = require "almanac.cli.options"
local store = require "almanac.journal.store"
local terminal = require "almanac.base.terminal"
local watch = require "almanac.cli.watch"

local M = {}

M.usage = [[log [RUN] [--json] [--follow] [--verify]

The journal of a run, event by event; without RUN that of the newest, with a runbook's name that of its newest. With
--follow those too that come until the run ends; the exit code is then that of the run, as of status --watch.]]
M.options = options.join({
  { "--json", nil, "one event a line, whole" },
  { "--follow", nil, "go on until the run ends", short = "-f" },
  { "--verify", nil, "check the chain of hashes, print nothing else; exit 1 when it is broken" },
}, options.common)

local function verify(journal, id, operator)
  local broken = store.broken(journal, id)
  operator:result((broken or id .. ": the chain of hashes is whole; its head is " .. heads.of(journal, id)) .. "\n")
  return broken and 1 or 0
end

--- Behind the events: where their chain of hashes ends.
local function say_head(journal, id, operator, as_json)
  local seq, hash = journal:head(id)
  if as_json then
    operator:json { kind = "run.head", path = "", data = { seq = seq, hash = hash } }
  else
    operator:result(string.format("head: %s\n", heads.of(journal, id)))
  end
end

local function clock(time_ms)
  return os.date("%H:%M:%S", time_ms // 1000) .. string.format(".%03d", time_ms % 1000)
end

function M.run(words, operator)
  local given, rest = options.parse(M.usage, M.options, words, operator)
  if not given then return 0 end
  if #rest > 1 then errors.usage "usage: almanac log [RUN]" end
  config.load(given)
  local json = require "native.json"
  local journal <close> = store.open "ro"
  local id = store.look(journal, rest[1]).id
  if given.verify then return verify(journal, id, operator) end
  local function print_event(seq, time_ms, kind, path, payload)
    if given.json then
      operator:json { seq = seq, time_ms = time_ms, kind = kind, path = path, data = json.decode(payload) }
    else
      local data = json.encode(json.decode(payload), { canonical = true }) -- the same order each time
      operator:result(terminal.lines { string.format("%5d %s %-16s %s  %s", seq, clock(time_ms), kind, path, data) })
    end
  end
  local status = given.follow and watch.events(journal, id, print_event)
  if not status then
    for seq, time_ms, kind, path, payload in journal:events(id, 0) do print_event(seq, time_ms, kind, path, payload) end
  end
  say_head(journal, id, operator, given.json)
  local code = doubt.say(journal, id, operator, "what was changed")
  return status and (watch.exit[status] or watch.exit.failed) or code
end

return M
