--- Writes the manual pages: one of the program, and one of each command, from what the commands declare.
--- Usage: almanac lua docs/man.lua DIRECTORY DATE, the date as YYYY-MM-DD.
local commands = require "almanac.cli.commands"
local fs = require "native.fs"
local process = require "native.process"

local directory, date = process.argv[#process.argv - 1], process.argv[#process.argv]

--- A text as roff reads it: no escapes and no requests of its own.
local function plain(text)
  return (text:gsub("\\", "\\e"):gsub("%-", "\\-"):gsub("\n([.'])", "\n\\&%1"):gsub("^([.'])", "\\&%1"))
end

local function heading(name, summary)
  return string.format('.TH %s 1 "%s" "almanac %s" "Almanac"\n.SH NAME\n%s \\- %s\n', name:upper(), date, process.version,
    plain(name), plain(summary))
end

--- Paragraphs; indented lines stay lines.
local function paragraphs(text)
  local out = {}
  for line in (text .. "\n"):gmatch "([^\n]*)\n" do
    if line == "" then
      out[#out + 1] = ".PP"
    elseif line:find "^ " then
      out[#out + 1] = ".nf\n" .. plain(line) .. "\n.fi"
    else
      out[#out + 1] = plain(line)
    end
  end
  return table.concat(out, "\n") .. "\n"
end

local function option(declared)
  local takes = declared[2]
  local value = takes and (declared.optional and "[=" .. takes .. "]" or " " .. takes) or ""
  return string.format(".TP\n.B %s%s\n%s\n", plain(declared.short and declared.short .. ", " or ""), plain(declared[1] .. value),
    plain(declared[3]))
end

local function synopsis(usage)
  local lines, rest = usage:match "^(.-)\n\n(.*)$"
  local out = {}
  for line in ((lines or usage) .. "\n"):gmatch "%s*([^\n]*)\n" do
    out[#out + 1] = ".B almanac " .. plain((line:gsub("^almanac ", "")))
  end
  return ".SH SYNOPSIS\n" .. table.concat(out, "\n.br\n") .. "\n", rest
end

local function page_of(command)
  local module = commands.module(command)
  local usage, rest = synopsis(module.usage)
  local out = { heading("almanac-" .. command.name, command.summary), usage }
  if rest then out[#out + 1] = ".SH DESCRIPTION\n" .. paragraphs(rest) end
  if module.options[1] then
    out[#out + 1] = ".SH OPTIONS\n"
    for _, declared in ipairs(module.options) do out[#out + 1] = option(declared) end
  end
  out[#out + 1] = ".SH SEE ALSO\n.BR almanac (1)\n"
  return table.concat(out)
end

local function main_page()
  local out = { heading("almanac", "operational runbooks: journalled, resumable, nothing twice"),
    ".SH SYNOPSIS\n.B almanac\n.I COMMAND\n[words]\n.SH DESCRIPTION\n",
    paragraphs [[
Almanac runs operational procedures written in Lua. Every step is journalled, and every effect before and after it touches the
world: a run can be stopped, killed, edited and resumed, and nothing happens twice. A plan shows what a run would change, and
changes nothing; a run can be bound to it.

A command works in the project: the nearest directory, from here up, with an almanac.yaml or with runbooks.]],
    ".SH COMMANDS\n" }
  for _, command in ipairs(commands.all) do
    if not command.hidden then
      out[#out + 1] = string.format(".TP\n.BR almanac\\-%s (1)\n%s\n", plain(command.name), plain(command.summary))
    end
  end
  out[#out + 1] = ".SH EXIT STATUS\n"
  for _, code in ipairs {
    { "0", "done" }, { "1", "failed" }, { "2", "refused before it began; of plan: something would change" },
    { "3", "paused, and waiting for an answer" }, { "4", "failed, and undone" }, { "130", "interrupted" },
  } do
    out[#out + 1] = string.format(".TP\n.B %s\n%s\n", code[1], plain(code[2]))
  end
  out[#out + 1] = ".SH ENVIRONMENT\n"
  for _, variable in ipairs {
    { "KUBECONFIG", "the kubeconfig, where almanac.yaml and --kubeconfig name none" },
    { "NO_COLOR", "no colours, whatever the terminal can do" },
    { "ALMANAC_DEBUG", "errors of scripts with their stack" },
  } do
    out[#out + 1] = string.format(".TP\n.B %s\n%s\n", variable[1], plain(variable[2]))
  end
  out[#out + 1] = ".SH FILES\n"
  for _, file in ipairs {
    { "almanac.yaml", "environments, endpoints, channels, parameters, and what is required of plans and approvals" },
    { "runbooks/*.lua", "the project's runbooks; what they share is in runbooks/lib/" },
    { ".almanac/", "the journal" },
  } do
    out[#out + 1] = string.format(".TP\n.I %s\n%s\n", plain(file[1]), plain(file[2]))
  end
  return table.concat(out)
end

if not directory or not (date or ""):find "^%d%d%d%d%-%d%d%-%d%d$" then error "usage: almanac lua docs/man.lua DIRECTORY DATE" end
fs.mkdir(directory)
fs.write(directory .. "/almanac.1", main_page())
for _, command in ipairs(commands.all) do
  if not command.hidden then fs.write(string.format("%s/almanac-%s.1", directory, command.name), page_of(command)) end
end
