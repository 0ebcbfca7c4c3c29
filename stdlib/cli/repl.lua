--- almanac repl
local completion = require "almanac.script.language.completion"
local config = require "almanac.config.file"
local documents = require "almanac.script.language.document"
local drafts = require "almanac.run.plan.draft"
local errors = require "almanac.base.errors"
local findings = require "almanac.script.lint.findings"
local fs = require "native.fs"
local interrupt = require "almanac.base.interrupt"
local json = require "native.json"
local manual = require "almanac.script.manual.manual"
local manual_text = require "almanac.script.manual.text"
local options = require "almanac.cli.options"
local prompts = require "almanac.cli.prompt"
local redaction = require "almanac.base.redaction"
local repls = require "almanac.session.repl"
local screen = require "almanac.cli.screen"
local script = require "almanac.script.lint.script"
local secret = require "almanac.base.secret"
local settings = require "almanac.config.settings"
local terminal = require "almanac.base.terminal"
local unknown = require "almanac.base.unknown"
local yaml = require "native.yaml"

local M = {}

M.usage = [[
repl [options]

Tries what a runbook can call, line by line: k8s.get("deployment/web"). Reads are real, effects are previewed and change
nothing; a program that sh.read starts is a read. Names that are assigned to stay: web = k8s.get("deployment/web").
A name by itself (k8s, k8s.get) shows what almanac doc says of it. An entry may have several lines. TAB completes,
up and down bring lines back, Ctrl-C stops a call or gives up a line, Ctrl-D ends. In a pipe each entry's result is
printed; exit code 1 when one failed.]]

M.options = options.join(options.common, options.cluster)

local HISTORY_MAX = 1000 -- lines
local WIDTH = 100

--- Where lines are kept: beside the journal, where there is one.
local function history_file()
  return fs.exists(settings.store) and settings.store .. "/repl_history" or nil
end

local function load_history()
  local lines, path = {}, history_file()
  local ok, text = errors.try(function() return path and fs.exists(path) and fs.read_own(path, "history", true) or "" end)
  for line in (ok and text or ""):gmatch "[^\n]+" do lines[#lines + 1] = line end
  return lines
end

--- Keeps the lines, but for those in which a secret stands: 0600, and never through a link.
local function keep_history(lines)
  local path, kept = history_file(), {}
  for i = math.max(1, #lines - HISTORY_MAX + 1), #lines do
    if not redaction.hides(lines[i]) then kept[#kept + 1] = lines[i] end
  end
  if path then errors.try(fs.keep, path, table.concat(kept, "\n") .. "\n") end
end

local function shown_table(value)
  local ok, text = errors.try(function() return yaml.encode(json.decode(redaction.encode(unknown.describe_all(value)))) end)
  if ok then return (text:gsub("\n$", "")) end
  local lines = {}
  for key, item in next, value do lines[#lines + 1] = string.format("%s: %s", tostring(key), type(item)) end
  table.sort(lines)
  return table.concat(lines, "\n")
end

--- A value, for people: tables as YAML.
local function shown(value)
  if type(value) == "table" and not secret.is(value) and not unknown.is(value) then return shown_table(value) end
  return tostring(value)
end

--- What is said of a name that runbooks see, where an entry is one.
local function described(text)
  local name = text:match "^%s*([%a_][%w_.]*)%s*$"
  local page, entry = manual.find(name or "")
  if not page then return nil end
  local width = math.min(terminal.isatty(1) and terminal.size() or 80, WIDTH)
  return entry and manual_text.entry(page, entry, width) or manual_text.page(page, width)
end

--- The effects that an entry would have.
local function say_effects(draft, operator)
  if not draft or #draft.effects == 0 then return end
  operator:result(require("almanac.render.plan").text(draft, drafts.counts(draft), {}, screen.color()))
end

local function say_entry(entry, operator)
  for i = 1, entry.values.n do
    local value = entry.values[i]
    -- What an effect gives only a run knows; that it would happen is said below.
    if value ~= nil or entry.values.n > 1 then operator:result(shown(value) .. "\n") end
  end
  say_effects(entry.draft, operator)
end

--- Says which fields there are not: the entry goes on with nil in their place, as a script does.
local function say_unknown(text, operator)
  local found = findings.new()
  local value = "return " .. text
  script.check("runbooks/typed.lua", load(value, "=", "t") and value or text, found)
  for _, finding in ipairs(found:sorted()) do
    if finding.rule == "unknown-field" then
      operator:say("! " .. finding.message .. (finding.hint and "; " .. finding.hint or ""))
    end
  end
end

--- Evaluates an entry, and shows what came of it; false where it failed.
local function answer(repl, text, operator)
  local page = repl.names[text] == nil and described(text)
  if page then
    operator:result(page)
    return true
  end
  say_unknown(text, operator)
  local ok, entry = errors.try(repl.evaluate, repl, text)
  if ok then
    say_entry(entry, operator)
    return true
  end
  say_effects(entry.plan, operator)
  operator:say(interrupt.of(entry) and "‖ stopped" or errors.lines(entry, "✗ "))
  return false
end

local function completer(repl)
  return function(before)
    local begun, found, seen = before:match "[%w_]*$", {}, {}
    local function add(name)
      if name:sub(1, #begun) == begun and not seen[name] then
        seen[name] = true
        found[#found + 1] = name
      end
    end
    for _, item in ipairs(completion.at(documents.new("", "repl", before), #before + 1)) do add(item.label) end
    if not before:find "[.:][%w_]*$" then
      for name in pairs(repl.names) do add(tostring(name)) end
    end
    table.sort(found)
    return found, begun
  end
end

--- An entry: a line, and those that belong to it. nil at the end of the input; false where it was given up.
local function read_entry(prompt, repl)
  local text = prompt:ask "almanac> "
  while text and repl:goes_on(text) do
    local more = prompt:ask "     ..> "
    if more == nil then return text end
    text = more and text .. "\n" .. more
  end
  return text
end

function M.run(words, operator)
  local given, rest = options.parse(M.usage, M.options, words, operator)
  if not given then return 0 end
  if #rest > 0 then errors.usage "usage: almanac repl [options]" end
  config.load(given)
  operator:set { no_ask = true }
  local repl, history = repls.new(operator, given), load_history()
  local prompt, failed = prompts.new(history, completer(repl)), false
  local typed = terminal.isatty(0) and terminal.isatty(2)
  while true do
    local text = read_entry(prompt, repl)
    if text == nil then break end
    local word = text and text:match "^%s*(%a+)%s*$"
    if (word == "exit" or word == "quit") and repl.names[word] == nil then break end
    if word == "help" and repl.names.help == nil then
      for line in (M.usage .. "\n"):gmatch "(.-)\n" do operator:say(line) end
    elseif text and text:find "%S" then
      failed = not answer(repl, text, operator) or failed
      if typed then
        for line in text:gmatch "[^\n]+" do history[#history + 1] = line end
        keep_history(history)
      end
    end
  end
  if typed then operator:say "" end
  return failed and not typed and 1 or 0
end

return M
