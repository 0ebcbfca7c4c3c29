--- almanac doc [NAME]
local commands = require "almanac.cli.commands"
local errors = require "almanac.base.errors"
local manual = require "almanac.script.manual.manual"
local nearest = require "almanac.base.nearest"
local options = require "almanac.cli.options"
local terminal = require "almanac.base.terminal"
local text = require "almanac.script.manual.text"

local M = {}

M.usage = [[
doc [NAME]

What a runbook can call, and a test. NAME is a module (k8s), a function (k8s.apply, step) or a method of what one
gives (world.run, run.approve); without one, all modules are listed.]]

M.options = {}

local MAX_WIDTH = 100 -- longer lines are hard to read

local function width()
  return math.min(terminal.isatty(1) and terminal.size() or 80, MAX_WIDTH)
end

--- What a word stands for that is the last part of a name: "secret" for param.secret. Several are listed and refused.
local function only_one(word)
  local full = manual.ending_in(word)
  if #full < 2 then return manual.find(full[1] or "") end
  local names = {}
  for i, name in ipairs(full) do names[i] = "almanac doc " .. name end
  errors.raise {
    kind = "usage", message = string.format("%q is the name of several", word),
    hint = names,
  }
end

--- Where a method of what a function gives is told of: world.run, run.approve.
local function telling(word)
  local of, method = word:match "^(%a[%w_]*)[.:](%a[%w_]*)$"
  local full = method and manual.telling_of(method) or {}
  for _, name in ipairs(full) do
    if name == of then return name end
  end
  return full[2] == nil and full[1] or nil
end

function M.run(words, operator)
  local given, rest = options.parse(M.usage, M.options, words, operator)
  if not given then return 0 end
  if #rest > 1 then
    errors.raise { kind = "usage", message = "doc: one name at a time", hint = "almanac doc " .. rest[#rest] }
  end
  local name = rest[1]
  if not name then
    operator:result(text.index(manual.pages(), width()))
    return 0
  end
  local page, entry = manual.find(name)
  if not page then page, entry = only_one(name) end
  local told = not page and telling(name)
  if told then
    operator:say(string.format("%s is a method of what %s gives:", name, told))
    page, entry = manual.find(told)
  end
  if not page then
    local is_command = commands.names()[name]
    errors.raise {
      kind = "usage", message = string.format("runbooks see no %q%s", name, is_command and "" or nearest.suffix(name, manual.names())),
      hint = is_command and string.format("it is a command: almanac %s --help", name) or "almanac doc lists what they see",
    }
  end
  operator:result(entry and text.entry(page, entry, width()) or text.page(page, width()))
  return 0
end

return M
