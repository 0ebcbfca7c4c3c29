--- almanac new NAME [--template TEMPLATE]
local columns = require "almanac.base.columns"
local embedded = require "native.embedded"
local errors = require "almanac.base.errors"
local given_params = require "almanac.base.given_params"
local nearest = require "almanac.base.nearest"
local options = require "almanac.cli.options"
local runbook = require "almanac.script.runbook"
local scaffold = require "almanac.cli.scaffold"

local M = {}

M.usage = [[new NAME [--template TEMPLATE]
       new --list

Writes runbooks/NAME.lua from a template: a whole runbook that was tested, to be made one's own; and a test of it,
runbooks/tests/NAME_test.lua, which passes. --list says which there are; without --template it is the one of that
name, or `first`, the one to learn by.]]
M.options = {
  { "--template", "TEMPLATE", "what to begin with", values = function() return M.names() end },
  { "--list", nil, "the templates there are" },
}

--- The templates: name → text.
---@return table<string, string>
function M.templates()
  local out = {}
  for _, path in ipairs(embedded.list(scaffold.FOLDER)) do
    local name = path:sub(#scaffold.FOLDER + 1):match "^([^/]+)%.lua$"
    if name then out[name] = embedded.read(path) end
  end
  return out
end

--- Their names, in order.
---@return string[]
function M.names()
  local names = {}
  for name in pairs(M.templates()) do names[#names + 1] = name end
  table.sort(names)
  return names
end

local function list(operator)
  local templates = M.templates()
  for _, name in ipairs(M.names()) do
    operator:result(columns.pad(name, 16) .. " " .. templates[name]:match "^%-%-%- ([^\n]*)\n" .. "\n")
  end
end

--- The first one tells by its name how it is tried: the new one's is put there, and what stands behind keeps its column.
local function renamed(text, name)
  local longer = #name - #"first"
  text = text:gsub("^%-%-%- A first runbook: it ", "--- It ")
  return (text:gsub("%f[^\n](%-%-%-[^\n]-almanac %l+)([^\n]*)", function(head, rest)
    local behind = rest:match "^ first( .*)$"
    if behind then return head .. " " .. name .. behind:gsub("  +", function(blanks) return blanks .. (" "):rep(-longer) end, 1) end
    return head .. rest:gsub("   +", function(blanks) return blanks .. (" "):rep(longer) end, 1)
  end))
end

function M.run(words, operator)
  local given, rest = options.parse(M.usage, M.options, words, operator)
  if not given then return 0 end
  if given.list and not rest[1] then
    list(operator)
    return 0
  end
  local name = rest[1]
  if #rest > 1 then
    errors.raise { kind = "usage", message = string.format("one name, and %q is a word too many", rest[2]),
      hint = "almanac new " .. table.concat(rest, "-"):lower():gsub("[^%w_-]", "") }
  end
  if not name or given.list then errors.usage "usage: almanac new NAME [--template TEMPLATE]" end
  if not name:find "^%a[%w_-]*$" then
    errors.usage("%q is no name of a runbook: letters, digits, - and _, and a letter first", name)
  end
  local templates = M.templates()
  local template = given.template or templates[name] and name or "first"
  if not templates[template] then
    errors.raise { kind = "usage", message = string.format("no template %q%s", template, nearest.suffix(template, templates)),
      hint = "almanac new --list shows them" }
  end
  local path = "runbooks/" .. name .. ".lua"
  local test = scaffold.test(template, name)
  scaffold.write({ { path = path, text = renamed(templates[template], name) }, test }, "take another name")
  local plan = table.concat({ "almanac plan", name, table.unpack(given_params.examples(runbook.look(path).params)) }, " ")
  operator:result(string.format("%s, from the template %s\n%s\nnext: read it, almanac check %s, almanac test %s, %s\n", path, template,
    test.path, name, name, plan))
  return 0
end

return M
