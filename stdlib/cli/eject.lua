--- almanac eject RUNBOOK
local embedded = require "native.embedded"
local errors = require "almanac.base.errors"
local fs = require "native.fs"
local library_file = require "almanac.script.library_file"
local nearest = require "almanac.base.nearest"
local options = require "almanac.cli.options"
local scaffold = require "almanac.cli.scaffold"

local M = {}

M.usage = [[eject RUNBOOK

Copies a built-in runbook into runbooks/, with the libraries that it requires, to be made one's own: from then on the
copy is what runs. Libraries that are there already are kept, and said.]]
M.options = {}

--- The built-in libraries that a text requires, and those that they require.
---@return { path: string, text: string }[]
local function required(text, found)
  for name in text:gmatch 'require%s*%(?%s*"([%w_.]+)"' do
    local _, path = library_file.paths("", name)
    local library = not found[path] and embedded.read(path)
    if library then
      found[path] = true
      found[#found + 1] = { path = path, text = library }
      required(library, found)
    end
  end
  return found
end

--- The names of runbooks that a text calls.
local function called(text)
  local out = {}
  for name in text:gmatch 'runbook%.call%s*%(?%s*"([%w_-]+)"' do out[#out + 1] = name end
  return out
end

local function builtin(name)
  local text = embedded.read("runbooks/" .. name .. ".lua")
  if text then return text end
  local names = {}
  for _, path in ipairs(embedded.list "runbooks/") do names[path:match "^runbooks/([^/]+)%.lua$" or ""] = true end
  names[""] = nil
  errors.raise {
    kind = "refused", message = string.format("no built-in runbook %q%s", name, nearest.suffix(name, names)),
    hint = "almanac list shows them",
  }
end

function M.run(words, operator)
  local given, rest = options.parse(M.usage, M.options, words, operator)
  if not given then return 0 end
  if #rest ~= 1 then errors.usage "usage: almanac eject RUNBOOK" end
  local name = rest[1]
  local text = builtin(name)
  local path = "runbooks/" .. name .. ".lua"
  local files, kept = { { path = path, text = text } }, {}
  for _, library in ipairs(required(text, {})) do
    local into = fs.exists(library.path) and kept or files
    into[#into + 1] = library
  end
  scaffold.write(files, "it is your own already")
  for _, file in ipairs(files) do operator:result(file.path .. "\n") end
  for _, library in ipairs(kept) do operator:say("kept: " .. library.path .. ", which is yours") end
  for _, other in ipairs(called(text)) do
    operator:say("calls: " .. other .. ", built in; almanac eject " .. other .. " copies it")
  end
  return 0
end

return M
