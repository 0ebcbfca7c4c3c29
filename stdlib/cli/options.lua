--- Options of a command: declared data, parsed and shown by --help.
local errors = require "almanac.base.errors"
local project = require "almanac.config.project"
local shell_word = require "almanac.base.shell_word"
local terminal = require "almanac.base.terminal"

local M = {}

---@class almanac.Option
---@field [1] string   "--name"
---@field [2] string?  what it takes; absent: a flag. FILE, DIR, KEY (a file) and PATH (a program) are paths
---@field [3] string   what it is for
---@field optional? boolean what it takes may be left away, and stands behind "=" only: "--name[=FILE]"
---@field short? string "-n"
---@field many? boolean may be given several times: a list
---@field values? string[]|fun(): string[]  what it may be, for the completion of shells
---@field number? { [1]: number, [2]: number?, whole: boolean? }  it is a number, from the first to the second

--- Options of every command that reads almanac.yaml and the journal.
M.common = {
  { "--config", "FILE", "read FILE instead of almanac.yaml" },
  { "--environment", "NAME", "an environment of almanac.yaml", short = "-e" },
  { "--store", "DIR", "directory of the journal (default .almanac)" },
}

--- Options of the commands that touch a cluster.
M.cluster = {
  { "--kubeconfig", "FILE", "as kubectl's" },
  { "--context", "NAME", "a context of the kubeconfig" },
  { "--helm", "PATH", "the helm binary (default: helm on PATH)" },
}

--- Of those that go on with a run.
M.other_cluster = {
  { "--other-cluster", "REASON", "the cluster of the run was moved, or restored, to the one that this would go to" },
}

--- Options of the commands that sign.
M.signing = {
  { "--sign", "KEY", "sign it with an SSH key: a file, or, without =KEY, the one of yours that counts", optional = true },
  { "--as", "PRINCIPAL", "who you are, where allowed_signers has several names for the key" },
}

function M.join(...)
  local all = {}
  for _, list in ipairs { ... } do
    for _, option in ipairs(list) do all[#all + 1] = option end
  end
  return all
end

--- The option that a word names.
---@param declared almanac.Option[]
---@param word string
---@return almanac.Option?
function M.find(declared, word)
  for _, option in ipairs(declared) do
    if option[1] == word or option.short == word then return option end
  end
end

local function key_of(option)
  return (option[1]:gsub("^%-%-", ""):gsub("-", "_"))
end

--- The number that an option was given.
local function number_of(option, text)
  local low, high, whole = option.number[1], option.number[2] or math.huge, option.number.whole
  local value = tonumber(text)
  if whole then value = math.tointeger(value) end
  if value and value >= low and value <= high then return value end
  local from = low > -math.huge and string.format(" from %s", low) or ""
  errors.usage("%s takes a %snumber%s%s, not %q", option[1], whole and "whole " or "", from,
    high < math.huge and string.format(" to %s", high) or "", text)
end

local function shown_value(option)
  if option.optional then return "[=" .. option[2] .. "]" end
  return option[2] and " " .. option[2] or ""
end

--- Whether an option's value is a path, which is relative to where it was typed. A program without a slash is
--- looked for on PATH.
local function is_path(option, value)
  local takes = option[2]
  return takes == "FILE" or takes == "DIR" or takes == "KEY" or takes == "PATH" and value:find "/" ~= nil
end

--- Columns of help: longer lines are hard to read.
local WIDTH_MAX = 100

---@return integer
function M.help_width()
  return math.min(terminal.isatty(1) and terminal.size() or WIDTH_MAX, WIDTH_MAX)
end

--- The lines that say how it is called; those behind the first are of the program, too.
local function add_synopsis(out, usage)
  for line in usage:gmatch "[^\n]+" do
    out[#out + 1] = (#out == 0 and "usage: " or "       ") .. "almanac " .. line:match "^%s*(.*)$"
  end
end

local function help(usage, declared, about)
  local prose = require "almanac.base.prose" -- a run without --help has no need of it
  local width, out, rows = M.help_width(), {}, {}
  local synopsis, text = usage:match "^%s*(.-)\n\n(.*)$"
  add_synopsis(out, synopsis or usage)
  out[#out + 1] = ""
  if text then prose.add_text(out, text:match "^(.-)%s*$", width) end
  for _, part in ipairs { text and "" or nil, about, about and "" } do out[#out + 1] = part end
  for i, option in ipairs(declared) do
    rows[i] = { (option.short and option.short .. ", " or "") .. option[1] .. shown_value(option), option[3] }
  end
  prose.add_rows(out, rows, "  ", width)
  return (table.concat(out, "\n"):gsub("\n*$", "\n"))
end

--- No option of that name: which was meant, and where they are listed.
local function refuse(usage, declared, name)
  local known = { ["--help"] = true }
  for _, option in ipairs(declared) do known[option[1]] = true end
  errors.raise {
    kind = "usage", message = string.format("no option %s%s", name, require("almanac.base.nearest").suffix(name, known)),
    hint = "almanac " .. usage:match "^%s*(%S+)" .. " --help lists them",
  }
end

--- The word behind an option, as its value. One that is forgotten must not be the option that comes next: what has a
--- dash in front is a value behind "=" only.
---@param option almanac.Option
---@param word string?
---@return string
local function word_behind(option, word)
  if not word then errors.usage("option %s needs %s behind it", option[1], option[2]) end
  local is_number = option.number and tonumber(word)
  if not word:find "^%-." or is_number then return word end
  errors.raise {
    kind = "usage", message = string.format("option %s needs %s behind it, not %s", option[1], option[2], word),
    hint = string.format("if that is what is meant: %s=%s", option[1], shell_word.plain(word)),
  }
end

--- Parses the words of a command.
---@param usage string  one line, and more lines of explanation
---@param declared almanac.Option[]
---@param words string[]
---@param operator almanac.Operator
---@param about? fun(word: string): string  what --help says of the first word, before the options
---@return table<string, any>? options nil when --help was asked for and printed
---@return string[] words the others, in their order
function M.parse(usage, declared, words, operator, about)
  local options, rest, i = {}, {}, 1
  while i <= #words do
    local word = words[i]
    if word == "--help" or word == "-h" then
      operator:result(help(usage, declared, about and rest[1] and about(rest[1])))
      return nil, {}
    end
    local name, inline = word:match "^(%-%-[^=]+)=(.*)$"
    local option = M.find(declared, name or word)
    if not option and word:find "^%-." and word ~= "--" then
      refuse(usage, declared, name or word)
    elseif not option then
      rest[#rest + 1] = word
    elseif not option[2] and inline then
      errors.usage("option %s takes no value, not %q", name, inline)
    elseif not option[2] or option.optional and not inline then
      options[key_of(option)] = true
    else
      local value = inline
      if not value then
        i = i + 1
        value = word_behind(option, words[i])
      end
      if is_path(option, value) then value = project.path(value) end
      if option.number then value = number_of(option, value) end
      local key = key_of(option)
      if option.many then
        options[key] = options[key] or {}
        table.insert(options[key], value)
      else
        options[key] = value
      end
    end
    i = i + 1
  end
  return options, rest
end

return M
