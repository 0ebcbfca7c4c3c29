--- almanac list
local columns = require "almanac.base.columns"
local config = require "almanac.config.file"
local errors = require "almanac.base.errors"
local options = require "almanac.cli.options"
local runbook = require "almanac.script.runbook"
local sandbox = require "almanac.script.sandbox"
local terminal = require "almanac.base.terminal"

local M = {}

M.usage = "list [--json]\n\nThe runbooks: those in runbooks/ here, and below them the built-in ones."
M.options = options.join({ { "--json", nil, "as JSON" } }, options.common)

local function describe(found, patience)
  local ok, book = errors.try(runbook.look, found.path, patience)
  return {
    name = found.name, path = found.path, builtin = found.builtin,
    summary = ok and book.summary or "(does not load: " .. tostring(book.message) .. ")",
  }
end

--- The project's own come first: of the built-in ones, which are another project's, there are many.
local function show(books, operator)
  local own, builtin = {}, {}
  for _, book in ipairs(books) do
    local summary = terminal.one_line(book.summary)
    if book.builtin then
      builtin[#builtin + 1] = { book.name, summary }
    else
      own[#own + 1] = { book.name, "[" .. book.path .. "]", summary }
    end
  end
  local lines = columns.aligned(own)
  if builtin[1] then
    if lines[1] then lines[#lines + 1] = "" end
    lines[#lines + 1] = "Built in, for Animica's devnet (almanac eject NAME makes one yours):"
    for _, line in ipairs(columns.aligned(builtin)) do lines[#lines + 1] = "  " .. line end
  end
  operator:result(terminal.lines(lines))
end

function M.run(words, operator)
  local given, rest = options.parse(M.usage, M.options, words, operator)
  if not given then return 0 end
  if #rest > 0 then errors.usage "usage: almanac list" end
  config.load(given)
  local books, patience = {}, sandbox.patience()
  for i, found in ipairs(runbook.all()) do books[i] = describe(found, patience) end
  if given.json then
    local json = require "native.json"
    operator:json(json.array(books))
    return 0
  end
  show(books, operator)
  return 0
end

return M
