--- Which requests of the simulated API a recording of a real server proves, and which none does: a table for the
--- page about the simulator.
local t = require "tests.harness"
local resources = require "almanac.sim.model.resources"
local respond = require "almanac.sim.api.respond"

local M = {}

local PAGE = "docs/how-to/simulated-cluster.md"
local BEGIN, END = "<!-- recorded: made by tests/stdlib/sim/api/conformance_test.lua, GOLDEN=update -->\n", "<!-- recorded: end -->\n"
local VERBS = { POST = "create", PUT = "update", DELETE = "delete" }

---@class tests.Coverage
local Coverage = {}
Coverage.__index = Coverage

function M.new() return setmetatable({ verbs = {}, forms = { protobuf = {}, table = {}, partial = {} } }, Coverage) end

local function verb_of(exchange, route)
  local request = exchange.request
  if route.sub and route.sub ~= "status" then return route.sub end
  if exchange.response.stream then return "watch" end
  local verb = VERBS[request.method]
  if request.method == "GET" then verb = route.name and "get" or "list" end
  if request.method == "DELETE" and not route.name then verb = "deletecollection" end
  if request.method == "PATCH" then
    verb = (request.headers["content-type"] or ""):find("apply", 1, true) and "apply" or "patch"
  end
  return route.sub and verb .. " status" or verb
end

--- Notes that an exchange was replayed and compared whole.
---@param exchange table
---@param route sim.Route
function Coverage:note(exchange, route)
  local key = route.res.key
  self.verbs[key] = self.verbs[key] or {}
  self.verbs[key][verb_of(exchange, route)] = true
  local form = respond.form(exchange.request.headers and exchange.request.headers.accept)
  if self.forms[form] then self.forms[form][key] = true end
end

--- The verbs that are served of a resource, as the table names them.
local function served(res)
  local out = {}
  for _, verb in ipairs(res.verbs) do
    out[#out + 1] = verb
    if verb == "patch" then out[#out + 1] = "apply" end
  end
  for _, sub in ipairs(res.subresources) do
    if sub.name ~= "status" then
      out[#out + 1] = sub.name
    else
      for _, verb in ipairs { "get", "update", "patch", "apply" } do out[#out + 1] = verb .. " status" end
    end
  end
  return out
end

local function text_of(list) return list[1] and table.concat(list, ", ") or "-" end

local function sorted(set)
  local out = {}
  for key in pairs(set) do out[#out + 1] = "`" .. key .. "`" end
  table.sort(out)
  return table.concat(out, ", ")
end

--- The table as Markdown.
---@return string
function Coverage:text()
  local lines, bare = { "| resource | recorded | served, unproven |", "|---|---|---|" }, {}
  for _, res in ipairs(resources.builtin.list) do
    local known, yes, no = self.verbs[res.key], {}, {}
    for _, verb in ipairs(served(res)) do
      local list = known and known[verb] and yes or no
      list[#list + 1] = verb
    end
    if known then
      lines[#lines + 1] = ("| `%s` | %s | %s |"):format(res.key, text_of(yes), text_of(no))
    else
      bare[#bare + 1] = "`" .. res.key .. "`"
    end
  end
  local forms = {}
  for _, form in ipairs { { "table", "Tables" }, { "partial", "Metadata only" }, { "protobuf", "Protobuf" } } do
    forms[#forms + 1] = ("- %s: %s."):format(form[2], sorted(self.forms[form[1]]))
  end
  return table.concat(lines, "\n") .. "\n\nNo request for these was recorded: " .. table.concat(bare, ", ")
    .. ".\n\nOf the forms other than JSON there are recordings of:\n\n" .. table.concat(forms, "\n") .. "\n"
end

--- Compares the page with what was replayed; GOLDEN=update writes it.
function Coverage:check()
  local page = t.read_file(PAGE)
  local from, to = page:find(BEGIN, 1, true), page:find(END, 1, true)
  t.ok(from and to, PAGE .. " has the marks of the table")
  local before, after = page:sub(1, from + #BEGIN - 1), page:sub(to)
  if t.getenv "GOLDEN" == "update" then return t.write_file(PAGE, before .. "\n" .. self:text() .. "\n" .. after) end
  t.eq(page:sub(from + #BEGIN, to - 1), "\n" .. self:text() .. "\n", "the table of " .. PAGE .. "; GOLDEN=update writes it")
end

return M
