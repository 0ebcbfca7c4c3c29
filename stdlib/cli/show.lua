--- almanac show RUNBOOK, almanac show RUN --plan
local allow_lines = require "almanac.render.allow"
local config = require "almanac.config.file"
local doubt = require "almanac.cli.doubt"
local errors = require "almanac.base.errors"
local heads = require "almanac.journal.head"
local options = require "almanac.cli.options"
local parameter_words = require "almanac.render.parameters"
local project = require "almanac.config.project"
local runbook = require "almanac.script.runbook"
local screen = require "almanac.cli.screen"
local settings = require "almanac.config.settings"
local terminal = require "almanac.base.terminal"
local vars_words = require "almanac.render.vars"

local M = {}

M.usage = [[show RUNBOOK [--source | --vars]
       show [RUN] --plan

What a runbook does, takes and may touch. With --plan: what was planned for a run, beside what
happened.]]
M.options = options.join({
  { "--source", nil, "print its source" }, { "--vars", nil, "list all vars of almanac.yaml that it shares, not only those written there" },
  { "--plan", nil, "the plan of a run that was started with one, and its outcome" },
}, options.common)

--- The newest plan of a run, and its events.
local function planned_run(journal, id)
  local plan, events = nil, {}
  require("almanac.journal.family").visit(journal, id, function(event)
    if event.kind == "run.plan" or event.kind == "rehearsal.plan" then plan = event.data end
    events[#events + 1] = event
  end)
  if not plan then
    errors.raise {
      kind = "refused", message = "the run " .. id .. " was started without a plan",
      hint = "almanac plan RUNBOOK … -o plan.json, then: almanac run --plan plan.json",
    }
  end
  return plan, events
end

local function show_plan(name, operator)
  local store = require "almanac.journal.store"
  local journal <close> = store.open "ro"
  local row = store.find(journal, name)
  local plan, events = planned_run(journal, row.id)
  local status = require("almanac.journal.state").summary(journal, row.id).status
  operator:result(require("almanac.render.plan").outcome(row.id, status, plan, events, screen.color()))
  operator:result(string.format("head: %s\n", heads.of(journal, row.id)))
  return doubt.say(journal, row.id, operator)
end

--- What the runbook says of itself: its `help`, else the comment that its file begins with.
local function about(book)
  if book.help then return book.help end
  local lines = {}
  for line in book.script.sources[book.path]:gmatch "[^\n]*" do
    local text = line:match "^%-%-%-? ?(.*)$"
    if not text then break end
    lines[#lines + 1] = text
  end
  return table.concat(lines, "\n")
end

local function add(out, lines)
  table.move(lines, 1, #lines, #out + 1, out)
end

--- The page of a runbook: first what it is for, what it touches and how it is undone, as its author says it.
---@param all_vars boolean?  of almanac.yaml's vars those that are not written, too
---@return string[] lines
local function page(book, all_vars)
  local out = { book.summary == "" and book.name or book.name .. ": " .. book.summary }
  local help = about(book)
  if help ~= "" then out[#out + 1] = "" end
  for line in help:gmatch "[^\n]+" do out[#out + 1] = "  | " .. line end
  if help ~= "" then out[#out + 1] = "" end
  add(out, parameter_words.lines(book.params))
  add(out, allow_lines.of(book.allow, settings.context, book.script.definitions))
  if book.pass_env then out[#out + 1] = "its programs also read, of your environment: " .. table.concat(book.pass_env, ", ") end
  local lock = type(book.lock) == "table" and book.lock.name or book.lock
  if lock then out[#out + 1] = "lock: " .. (type(lock) == "string" and lock or "by its parameters") end
  out[#out + 1] = "on failure: " .. book.on_failure
  out[#out + 1] = "file: " .. book.path .. (book.builtin and " (built in)" or "") .. "   digest " .. book.script.digest:sub(1, 16)
  local trusted, err = errors.try(runbook.trust, book)
  if not trusted then out[#out + 1] = "you cannot run it: " .. err.message end
  local of_vars = vars_words.lines(book.vars, all_vars)
  if #of_vars > 0 then out[#out + 1] = "" end
  add(out, of_vars)
  return out
end

function M.run(words, operator)
  local given, rest = options.parse(M.usage, M.options, words, operator)
  if not given then return 0 end
  if given.plan then
    if #rest > 1 then errors.usage "usage: almanac show [RUN] --plan" end
    config.load(given)
    return show_plan(rest[1], operator)
  end
  if #rest ~= 1 then errors.usage "usage: almanac show RUNBOOK" end
  config.load(given)
  local name = project.word(rest[1])
  if given.source then
    local _, text = runbook.find(name)
    operator:result(text)
    return 0
  end
  operator:result(terminal.lines(page(runbook.show(name), given.vars)))
  return 0
end

return M
