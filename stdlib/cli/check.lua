--- almanac check [FILE…]
local config_file = require "almanac.script.lint.config_file"
local errors = require "almanac.base.errors"
local findings = require "almanac.script.lint.findings"
local fs = require "native.fs"
local library_file = require "almanac.script.library_file"
local mend = require "almanac.script.lint.mend"
local options = require "almanac.cli.options"
local param = require "almanac.base.param"
local project = require "almanac.config.project"
local public = require "almanac.script.public"
local runbook = require "almanac.script.runbook"
local sandbox = require "almanac.script.sandbox"
local script = require "almanac.script.lint.script"
local terminal = require "almanac.base.terminal"

local M = {}

M.usage = [[
check [FILE…] [--json | --sarif | --fix | --diff]

Checks runbooks for mistakes without running them. FILE is a Lua file or the name of a runbook;
without one, all of runbooks/ and almanac.yaml are checked. What --fix mends are names that there are not, where
one other name is near: of functions, options, parameters, kinds of objects and keys of almanac.yaml.
Exit code: 0 nothing wrong (warnings may be), 1 errors were found, 2 usage.]]
M.options = options.join({
  { "--json", nil, "one JSON object a line" }, { "--sarif", nil, "one SARIF document, for code hosts and editors" },
  { "--fix", nil, "mend what is surely meant otherwise, and show what was changed" },
  { "--diff", nil, "show what --fix would change (also --fix --dry-run)" }, { "--dry-run", nil, "of --fix: change nothing" },
}, options.common)

local function default_files()
  local files = {}
  -- Libraries first: an error in one is reported there, not in each runbook that requires it.
  local patterns = { "runbooks/lib/*.lua", "runbooks/lib/*/*.lua", "runbooks/*.lua", "runbooks/tests/*_test.lua" }
  for _, pattern in ipairs(patterns) do
    for _, path in ipairs(fs.list(pattern)) do files[#files + 1] = path end
  end
  return files
end

local function given_files(words)
  local files = {}
  for i, word in ipairs(words) do files[i] = (runbook.find(project.word(word))) end
  table.sort(files, function(a, b)
    if library_file.is_library(a) ~= library_file.is_library(b) then return library_file.is_library(a) end
    return a < b
  end)
  return files
end

local function check_file(path, found, patience, texts)
  local text = texts[path] or select(2, runbook.find(path))
  local function load()
    if public.is_test(path) then return require("almanac.testing.runner").cases(path, text, patience) end
    local sources = { [path] = text }
    for name, other in pairs(texts) do sources[name] = other end
    return runbook.load_kept(path, sources, patience)
  end
  script.check(path, text, found, not library_file.is_library(path) and load or nil)
end

--- What is wrong in files.
---@param given table
---@param files string[]
---@param texts table<string, string>  what some of them would hold, by path
local function check_all(given, files, texts)
  local found = findings.new()
  local patience = sandbox.patience()
  config_file.check(given, found, texts, patience)
  for _, path in ipairs(files) do check_file(path, found, patience, texts) end
  return found
end

--- The findings that can be mended, by file, and the files in order.
local function mendable(sorted)
  local by_file, files = {}, {}
  for _, finding in ipairs(sorted) do
    if finding.mend and not by_file[finding.file] then
      files[#files + 1] = finding.file
      by_file[finding.file] = {}
    end
    if finding.mend then table.insert(by_file[finding.file], finding) end
  end
  return files, by_file
end

--- Mends once what can be mended; gives how many places.
local function mend_once(sorted, texts)
  local files, by_file = mendable(sorted)
  local total = 0
  for _, path in ipairs(files) do
    if fs.exists(path) then -- a built-in one is nobody's to change
      local count
      texts[path], count = mend.apply(texts[path] or fs.read(path), by_file[path])
      total = total + count
    end
  end
  return total
end

--- Mends what can be mended, in memory: a slip may hide another one, and each pass leaves fewer.
---@return table<string, string> texts  that files would hold
---@return integer mended
---@return almanac.lint.Findings left
local function mend_all(given, files, found)
  local texts, mended = {}, 0
  while true do
    local more = mend_once(found:sorted(), texts)
    if more == 0 then return texts, mended, found end
    mended, found = mended + more, check_all(given, files, texts)
  end
end

--- Shows what is mended, and writes it. A file that others can write is not made one of ours, which a run would trust.
local function keep(texts, writes, operator)
  for path, text in pairs(writes and texts or {}) do
    if text ~= fs.read(path) then fs.check_script(path) end
  end
  for _, path in ipairs(param.sorted_names(texts)) do
    local before = fs.read(path)
    if texts[path] ~= before then
      operator:result(mend.unified(path, before, texts[path]))
      if writes then fs.keep(path, texts[path], { shared = true }) end
    end
  end
end

local function counted(n, what)
  return string.format("%d %s%s", n, what, n == 1 and "" or "s")
end

local function show(given, sorted, operator)
  if given.sarif then
    operator:json(require("almanac.script.lint.sarif").document(sorted))
    return
  end
  for _, finding in ipairs(sorted) do
    if given.json then operator:json(finding) else operator:result(findings.format(finding)) end
  end
end

function M.run(words, operator)
  local given, rest = options.parse(M.usage, M.options, words, operator)
  if not given then return 0 end
  local writes, fixes = given.fix and not (given.diff or given.dry_run), given.fix or given.diff
  if (given.json and 1 or 0) + (given.sarif and 1 or 0) + (fixes and 1 or 0) > 1 then
    errors.usage "give --json, --sarif or --fix, not several"
  end
  if given.dry_run and not given.fix then errors.usage "--dry-run is of --fix" end
  local files = #rest > 0 and given_files(rest) or default_files()
  if #files == 0 then
    errors.raise {
      kind = "refused", message = "there is nothing to check: no runbooks/*.lua here",
      hint = "name a file, or go to the directory that holds runbooks/",
    }
  end
  local found, mended = check_all(given, files, {}), 0
  if fixes then
    local texts, left
    texts, mended, left = mend_all(given, files, found)
    keep(texts, writes, operator)
    if writes then found = left end
  end
  show(given, found:sorted(), operator)
  local failed, warned = found:count()
  terminal.write(2, string.format("%s checked: %s, %s\n", counted(#files, "file"), counted(failed, "error"), counted(warned, "warning")))
  if fixes then
    terminal.write(2, string.format("%s %s\n", counted(mended, "name"), writes and "mended" or "would be mended: almanac check --fix"))
  end
  return failed > 0 and 1 or 0
end

return M
