--- Runbooks: where they are found, and how one is loaded.
local embedded = require "native.embedded"
local errors = require "almanac.base.errors"
local declaration = require "almanac.run.declaration"
local definitions = require "almanac.run.definitions"
local fs = require "native.fs"
local library_file = require "almanac.script.library_file"
local nearest = require "almanac.base.nearest"
local project = require "almanac.config.project"
local sandbox = require "almanac.script.sandbox"
local source = require "almanac.base.source"
local terminal = require "almanac.base.terminal"

local M = {}

local function check_apart(book)
  if not book.builtin then require("almanac.script.declared_apart").check(book) end
end

--- Where a runbook of that name is: beside the operator first, then the built-in ones.
---@param name string "rollout", or a path that ends with .lua
---@return string path
---@return string text
---@return string short name
function M.find(name)
  if name:find "%c" then -- it would be printed, and look like lines of ours
    errors.raise { kind = "refused", message = "the name of a runbook holds a control character: " .. terminal.one_line(name),
      hint = "rename the file" }
  end
  local short = name:match "([^/]+)%.lua$" or name
  local builtin = "runbooks/" .. short .. ".lua"
  -- A script is told its path, and is not to know how it was typed.
  local wanted = name:find "%.lua$" and project.spelling(name) or "runbooks/" .. name .. ".lua"
  local text, path = library_file.text(wanted, (not name:find "/" or name == builtin) and builtin)
  if text then return path, text, short end
  local names = {}
  for _, found in ipairs(M.all()) do names[found.name] = true end
  local above = project.passed_by()
  errors.raise {
    kind = "refused", message = string.format("no runbook %q%s", name, nearest.suffix(short, names)),
    hint = "looked for " .. wanted .. " and the built-in ones; almanac list shows what there is"
      .. (above and string.format("; the project in %s is another user's, or others can write there: it is not searched", above) or ""),
  }
end

local function load(path, text, short, kept, patience)
  local script = sandbox.load(path, text, kept, patience)
  local book = declaration.of(script.result)
  if not book then
    errors.raise {
      kind = "refused", message = path .. " does not return a runbook",
      hint = "its last statement must be: return runbook { summary = …, run = function(p) … end }",
    }
  end
  declaration.check_allow(book, definitions.categories(script.definitions))
  book.name, book.path, book.script = short, path, script
  book.builtin = not kept and not fs.exists(path)
  return book
end

--- Loads a runbook to be looked at, whosever it is: loading only computes.
---@param name string
---@param patience? almanac.LoadPatience  of who looks at several
---@return almanac.Runbook book  also with name, path, script (almanac.Script) and builtin
function M.look(name, patience)
  local path, text, short = M.find(name)
  return load(path, text, short, nil, patience)
end

--- Loads a runbook to be shown.
---@param name string
---@return almanac.Runbook book  as of look
function M.show(name)
  local book = M.look(name)
  check_apart(book)
  return book
end

--- Loads a runbook to be run or planned; one with a file that others can write is refused.
---@param name string
---@return almanac.Runbook book  as of look
function M.load(name)
  local book = M.look(name)
  M.trust(book)
  check_apart(book)
  return book
end

--- Refuses to run a runbook with a file that others can write.
---@param book almanac.Runbook
function M.trust(book)
  local paths = {}
  for path in pairs(book.script.files) do paths[#paths + 1] = path end
  table.sort(paths)
  for _, path in ipairs(paths) do library_file.trust(path) end
end

--- Loads a runbook from texts that were kept, whatever is on disk now.
---@param path string
---@param sources table<string, string>  path → text
---@param patience? almanac.LoadPatience  of who looks at several
---@return almanac.Runbook book
function M.load_kept(path, sources, patience)
  return load(path, sources[path], path:match "([^/]+)%.lua$" or path, sources, patience)
end

--- What a runbook of kept texts declares. It is not run, and those of today stay what steps are compared with.
---@param path string
---@param sources table<string, string>  path → text
---@return almanac.Runbook|{}
function M.kept_declaration(path, sources)
  local script = source.aside(sandbox.load, path, sources[path], sources)
  return declaration.of(script.result) or {}
end

--- Every runbook there is.
---@return { name: string, path: string, builtin: boolean }[]
function M.all()
  local found, by_name = {}, {}
  local function add(path, builtin)
    local name = path:match "^runbooks/([^/]+)%.lua$"
    if name and not name:find "%c" and not by_name[name] then
      by_name[name] = true
      found[#found + 1] = { name = name, path = path, builtin = builtin }
    end
  end
  for _, path in ipairs(fs.list "runbooks/*.lua") do add(path, false) end
  for _, path in ipairs(embedded.list "runbooks/") do add(path, true) end
  table.sort(found, function(a, b) return a.name < b.name end)
  return found
end

return M
