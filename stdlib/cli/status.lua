--- almanac status [RUN]
local attention = require "almanac.render.live.attention"
local anew = require "almanac.journal.anew"
local approval = require "almanac.journal.approval"
local config = require "almanac.config.file"
local doubt = require "almanac.cli.doubt"
local errors = require "almanac.base.errors"
local heads = require "almanac.journal.head"
local holder = require "almanac.session.holder"
local json = require "native.json"
local options = require "almanac.cli.options"
local ownership = require "almanac.journal.ownership"
local rows = require "almanac.journal.row"
local shell_word = require "almanac.base.shell_word"
local states = require "almanac.journal.state"
local store = require "almanac.journal.store"
local taken_back = require "almanac.journal.taken_back"
local task = require "native.task"
local parameters = require "almanac.journal.parameters"
local screen = require "almanac.cli.screen"
local terminal = require "almanac.base.terminal"
local tree = require "almanac.render.tree"
local watch = require "almanac.cli.watch"

local M = {}

M.usage = [[status [RUN] [--json] [--watch]

The tree of a run; without RUN that of the newest, with a runbook's name that of its newest. With --watch it is
shown as it goes on, as the process that runs it shows it, until it ends; the exit code is then that of the run:
0 done, 1 failed or crashed, 3 waiting for an answer, 4 undone, 130 paused or interrupted, or that you left by q.]]
M.options = options.join({
  { "--json", nil, "as JSON; with --watch one event a line" },
  { "--watch", nil, "show it as it goes on, and end when it ends", short = "-w" },
  { "--plain", nil, "with --watch: plain lines, also on a terminal" },
}, options.common)

local function heading(row, state)
  local text = (rows.meta(row).rehearsal and "REHEARSAL " or "") .. row.id .. ": " .. state.status
  if state.holder then text = text .. ", " .. holder.describe(json.encode(state.holder), row.id) end
  if state.status ~= "running" then return text end
  local facts = attention.of(state, task.wall_ms())[state]
  return facts.gates == 0 and text or string.format("%s; %d of %d gates held", text, facts.held, facts.gates)
end

--- When, by whom and with what it was started.
local function origin(row, meta, state)
  local words = parameters.text(state.params, meta.durations)
  return string.format("  started: %s by %s%s%s%s", os.date("%Y-%m-%d %H:%M:%S", row.created_ms // 1000),
    meta.operator or state.operator or "somebody", meta.host and " on " .. meta.host or "",
    meta.environment and ", environment " .. meta.environment or "", words ~= "" and "; " .. words or "")
end

--- What is asked at the terminal of the run.
local function add_asked(out, state)
  for _, put in ipairs(states.put(state)) do
    out[#out + 1] = "  asks:    " .. tree.asked(put, task.wall_ms())
    out[#out + 1] = "  answer:  at that terminal, where the run goes on"
  end
end

--- What it was given anew since.
local function add_anew(out, meta, state)
  if not state.anew or #state.anew == 0 then return end
  local last = state.anew[#state.anew]
  out[#out + 1] = string.format("  given anew: %s; by %s, %s", anew.text(state.anew, meta.durations), last.by or "somebody",
    os.date("%Y-%m-%d %H:%M:%S", last.at_ms // 1000))
end

--- That it was begun although almanac.yaml has it closed.
local function add_override(out, journal, id)
  for _, _, _, _, payload in journal:events(id, 0, "run.override") do
    local data = json.decode(payload)
    out[#out + 1] = string.format("  begun although %s: %s; by %s", data.closed or "it is closed", data.reason, data.by or "somebody")
  end
end

--- The commands that answer what the run waits with.
local function add_answers(out, state, words)
  for _, node in pairs(state.nodes) do
    local choices = {}
    local function sign(answer) return node.needs and approval.goes_on(node, answer) and " --sign" or "" end
    for i, choice in ipairs(node.choices or {}) do choices[i] = shell_word.quoted(choice) .. sign(choice) end
    if node.asks then
      if node.pattern then choices[1] = "'TEXT'" end
      out[#out + 1] = choices[1] and string.format("  answer:  almanac answer %s %s", words, table.concat(choices, " | "))
        or string.format("  answer:  almanac approve %s%s (or reject)", words, sign "yes")
      return
    end
  end
end

--- What one branch waits with, while others go on: it is answered when they are over.
local function add_waiting(out, state)
  for _, node in pairs(state.nodes) do
    if node.asks then out[#out + 1] = "  asks:    " .. node.asks .. " (answered when its other branches are over)" end
  end
end

--- Whether anything was done that could be taken back: a run that failed in its first read has nothing.
local function may_undo(state)
  for _, node in pairs(state.nodes) do
    if #node.effects > 0 or node.status == "done" then return true end
  end
  return false
end

--- How the run is gone on with, or taken back. One whose rollback was begun only goes back.
local function add_ways_on(out, journal, row, state)
  local words, open = store.words(row.id), ownership.open_rollbacks(journal, row.id)[1]
  if open then out[#out + 1] = string.format("  its rollback %s is %s", open, states.status(journal, open)) end
  local only_back = open and (ownership.has_acted(journal, open) or states.status(journal, open) == "waiting")
  if not only_back then out[#out + 1] = "  go on:   almanac resume " .. words end
  if may_undo(state) and not row.runbook:find "^rollback%-of%-" then out[#out + 1] = "  go back: almanac rollback " .. words end
  local again = parameters.unkept_text(rows.meta(row))
  if again then out[#out + 1] = "  with:    " .. again end
end

--- The run that made it.
local function part_of(row)
  local caller = rows.meta(row).caller
  return caller and { string.format("  part of: %s, step %q", caller.run, caller.path) } or {}
end

--- What its rollbacks left as it is, and how that is taken back.
local function add_left(out, row, state)
  local list = taken_back.list(state)
  for _, left in ipairs(list) do out[#out + 1] = string.format("  ! %s: %s", left.path, taken_back.describe(left)) end
  if list[1] then out[#out + 1] = "  take that back: almanac rollback " .. store.words(row.id) end
  for _, one in ipairs(taken_back.irreversible(state)) do
    out[#out + 1] = string.format("  ! %s: nothing takes back %s", one.path, one.title)
  end
end

--- Whether it stopped with a question that has its answer by now.
local function is_answered(state)
  if not (state.error and state.error.kind == "waiting") then return false end
  for _, node in pairs(state.nodes) do
    if node.asks then return false end
  end
  return true
end

local function closing(journal, row, state)
  local out = part_of(row)
  add_left(out, row, state)
  add_asked(out, state)
  if state.status == "running" then add_waiting(out, state) end
  if state.status == "done" or state.status == "running" or state.status == "undone" then return out end
  local is_rehearsal = rows.meta(row).rehearsal ~= nil -- it goes on, or back, where it is rehearsed
  local err = state.error
  if err and err.message then
    out[#out + 1] = "  why:     " .. (is_answered(state) and "it was answered, and waits for somebody to go on with it" or err.message)
    if err.at then out[#out + 1] = "  at:      " .. err.at end
  end
  add_answers(out, state, store.words(row.id))
  if state.abandoned then
    out[#out + 1] = string.format("  given up by %s: %s", state.abandoned.by, state.abandoned.reason)
  elseif not is_rehearsal then
    add_ways_on(out, journal, row, state)
  end
  return out
end

--- The tree, how it stands, and what goes on from here.
local function show(journal, row, operator)
  local state = states.load(journal, row.id)
  local meta = rows.meta(row)
  local out = { heading(row, state), origin(row, meta, state) }
  add_override(out, journal, row.id)
  add_anew(out, meta, state)
  local view = { color = screen.color(), now_ms = task.wall_ms(), notes = 10 }
  for _, line in ipairs(tree.lines(state, view)) do out[#out + 1] = line end
  for _, line in ipairs(closing(journal, row, state)) do out[#out + 1] = line end
  out[#out + 1] = "  head:    " .. heads.of(journal, row.id)
  operator:result(terminal.lines(out))
end

local function show_json(journal, row, operator)
  local state = states.load(journal, row.id)
  local seq, hash = journal:head(row.id)
  local meta = rows.meta(row)
  operator:json {
    id = row.id, runbook = row.runbook, status = state.status, params = state.params, anew = state.anew,
    operator = meta.operator, host = meta.host,
    environment = meta.environment, started_ms = state.started, ended_ms = state.ended,
    error = state.error, steps = json.array(state.roots), left = json.array(taken_back.list(state)),
    irreversible = state.stays and json.array(taken_back.irreversible(state)), head = { seq = seq, hash = hash },
  }
end

--- Shows it as it goes on. What is drawn passes; what stays is the tree at its end.
local function show_until_end(journal, row, operator, given)
  local status = watch.follow(journal, row, operator, given)
  if not status then
    operator:say(string.format("%s goes on; almanac status %s --watch looks again", row.id, store.words(row.id)))
    return watch.exit.interrupted
  end
  if not given.json then show(journal, row, operator) end
  return watch.exit[status] or watch.exit.failed
end

function M.run(words, operator)
  local given, rest = options.parse(M.usage, M.options, words, operator)
  if not given then return 0 end
  if #rest > 1 then errors.usage "usage: almanac status [RUN]" end
  config.load(given)
  local journal <close> = store.open "ro"
  local row = store.look(journal, rest[1])
  local code = doubt.say(journal, row.id, operator)
  if given.watch then return show_until_end(journal, row, operator, given) end
  local how = given.json and show_json or show
  how(journal, row, operator)
  return code
end

return M
