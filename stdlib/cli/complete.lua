--- almanac complete -- WORDS…: what the word that is typed may become. The scripts of `almanac completion` call it at
--- every TAB: one candidate a line, behind a tab what it is; ":files" and ":directories" ask the shell for paths, and
--- ":open" says that the word goes on.
local commands = require "almanac.cli.commands"
local errors = require "almanac.base.errors"
local option_words = require "almanac.cli.options"
local param = require "almanac.base.param"
local project = require "almanac.config.project"

local M = {}

M.usage = "complete -- WORDS…\n\nWhat the last of the words may become; for the scripts of almanac completion."
M.options = {}

local MAX_RUNS = 50 -- more nobody reads on a screen
local LOOKED_AT = 500 -- runs: somebody waits for it at every TAB

--- Candidates of which nothing can be said, because of a file that is wrong or absent, are none.
local function quietly(look, ...)
  local ok, found = errors.try(look, ...)
  return ok and found or {}
end

local function runbooks()
  local out = {}
  for _, book in ipairs(require("almanac.script.runbook").all()) do
    out[#out + 1] = { book.name, book.builtin and "built in" or book.path }
  end
  return out
end

--- The runs that a command may mean, the newest first.
---@param among string[]?  their statuses; nil: any
local function runs(among)
  local journal <close> = require("almanac.journal.store").open "ro"
  local out, wanted = {}, {}
  for _, status in ipairs(among or {}) do wanted[status] = true end
  for i, row in ipairs(journal:runs()) do
    if i > LOOKED_AT or #out == MAX_RUNS then break end
    local status = among and require("almanac.journal.state").status(journal, row.id)
    if not among or wanted[status] then
      out[#out + 1] = { row.id, os.date("%Y-%m-%d %H:%M:%S", row.created_ms // 1000) .. (status and ", " .. status or "") }
    end
  end
  return out
end

local function environments()
  local document = require("almanac.config.document").read "almanac.yaml"
  local out = {}
  for name in pairs(document.value.environments or {}) do out[#out + 1] = { name } end
  table.sort(out, function(a, b) return a[1] < b[1] end)
  return out
end

local function named_by_doc()
  local out = {}
  for name in pairs(require("almanac.script.manual.manual").names()) do out[#out + 1] = { name } end
  table.sort(out, function(a, b) return a[1] < b[1] end)
  return out
end

local function shells() return { { "bash" }, { "fish" }, { "zsh" } } end

local first_words = { runbook = runbooks, run = runs, name = named_by_doc, shell = shells }

--- The parameters of a runbook; behind "name=" what the value may be.
local function parameters(name, typed)
  local specs = require("almanac.script.runbook").load(project.word(name)).params
  local key = typed:match "^([^=]+)="
  local out = {}
  if key then
    local spec = specs[key]
    for _, value in ipairs(spec and (spec.values or spec.type == "boolean" and { "true", "false" }) or {}) do
      out[#out + 1] = { key .. "=" .. tostring(value) }
    end
    return out
  end
  for _, each in ipairs(param.sorted_names(specs)) do
    out[#out + 1] = { each .. "=", specs[each].help or specs[each].type }
  end
  if out[1] then out[#out + 1] = { ":open" } end
  return out
end

--- What an option's value may be.
local function values(option)
  local takes = option[2]
  if option[1] == "--environment" then return quietly(environments) end
  if option.values then
    local out = {}
    for i, value in ipairs(type(option.values) == "function" and quietly(option.values) or option.values) do out[i] = { value } end
    return out
  end
  if takes == "DIR" then return { { ":directories" } } end
  if takes == "FILE" or takes == "PATH" or takes == "KEY" then return { { ":files" } } end
  return {}
end

local function all_options(options)
  local out = { { "--help", "what it takes" } }
  for _, option in ipairs(options) do out[#out + 1] = { option[1], option[3] } end
  return out
end

--- The words before the typed one that are no options and no values of options.
local function plain_words(options, words)
  local out, i = {}, 1
  while i < #words do
    local option = option_words.find(options, words[i])
    if option and option[2] and not option.optional then
      i = i + 1
    elseif words[i]:sub(1, 1) ~= "-" then
      out[#out + 1] = words[i]
    end
    i = i + 1
  end
  return out
end

local function of_command(command, words)
  local options = commands.module(command).options
  local typed, before = words[#words], words[#words - 1]
  local option = before and option_words.find(options, before)
  if option and option[2] and not option.optional then return values(option) end
  if typed:sub(1, 1) == "-" then return all_options(options) end
  local plain = plain_words(options, words)
  if #plain == 0 or command.name == "check" then
    if command.takes == "runbook" and typed:find "[./]" then return { { ":files" } } end
    return first_words[command.takes] and quietly(first_words[command.takes], command.among) or { { ":files" } }
  end
  return command.takes == "runbook" and quietly(parameters, plain[1], typed) or {}
end

--- What the last of the words behind `almanac` may become.
---@param words string[]
---@return { [1]: string, [2]: string? }[]  candidates, each with what it is
function M.candidates(words)
  local typed = words[#words] or ""
  local found = {}
  if #words <= 1 then
    for _, command in ipairs(commands.all) do
      if not command.hidden then found[#found + 1] = { command.name, command.summary } end
    end
  else
    local command = commands.find(words[1])
    found = command and of_command(command, table.move(words, 2, #words, 1, {})) or {}
  end
  local out = {}
  for _, candidate in ipairs(found) do
    local is_line = not candidate[1]:find "%c" -- what holds a newline would be several, or a word for the shell
    if is_line and (candidate[1]:sub(1, 1) == ":" or candidate[1]:sub(1, #typed) == typed) then out[#out + 1] = candidate end
  end
  return out
end

function M.run(words, operator)
  if words[1] == "--" then table.remove(words, 1) end
  local out = {}
  for i, candidate in ipairs(M.candidates(words)) do
    out[i] = candidate[1] .. (candidate[2] and "\t" .. candidate[2]:gsub("%s+", " ") or "") .. "\n"
  end
  operator:result(table.concat(out))
  return 0
end

return M
