--- The manual: read from annotations, shown as text, as Markdown and as stubs.
local annotations = require "almanac.script.manual.annotations"
local fields = require "almanac.base.fields"
local manual = require "almanac.script.manual.manual"
local stubs = require "almanac.script.manual.stubs"
local t = require "tests.harness"
local text = require "almanac.script.manual.text"

local SOURCE = [[
--- dns: names of hosts.
local M = {}

--- Looks a name up. A read.
---
--- More about it,
--- in two lines.
---
--- Raises: `network`, `usage`.
---
--- ```lua
--- dns.lookup("localhost")
--- ```
---@param name string  of the host
---@param options? dns.lookup.options
---@return { address: string, family: 4|6 } answer  the first one
---  of several
function M.lookup(name, options) return name, options end

--- Port of the service.
M.PORT = 53

return M
]]

t.test("an annotation: summary, paragraphs, values, errors, example", function()
  local page = annotations.read("dns", SOURCE)
  t.eq({ page.name, page.text, #page.entries }, { "dns", "Names of hosts.", 2 })
  local entry = page.entries[1]
  t.eq(entry.text, "Looks a name up. A read.\n\nMore about it, in two lines.")
  t.eq({ entry.name, entry.line, entry.raises, entry.example }, { "lookup", 18, "`network`, `usage`.", 'dns.lookup("localhost")' })
  t.eq(entry.params[1], { name = "name", type = "string", text = "of the host", optional = false })
  t.eq({ entry.params[2].type, entry.params[2].optional }, { "dns.lookup.options", true })
  t.eq(entry.returns[1], { type = "{ address: string, family: 4|6 }", name = "answer", text = "the first one of several" })
  t.eq(manual.signature(page, entry), "dns.lookup(name, options?)")
  t.eq(manual.sentence(entry.text), "Looks a name up.")
end)

t.test("fields in words: what each must be, its unit and its default", function()
  t.eq(manual.words_of { "count", unit = "bytes" }, "a whole number from 1 (bytes)")
  t.eq(manual.words_of { "count", unit = "bytes", words = "a number of bytes" }, "a number of bytes")
  t.eq(manual.default_of { "text", required = true }, "required")
  t.eq(manual.default_of { "list", default = { 0, 1 } }, "`{ 0, 1 }`")
  t.eq(manual.default_of { "list", default = {} }, "`{}`")
  t.eq(manual.default_of { "text" }, "")
  t.eq(manual.sorted { b = { "text" }, a = { "text" }, z = { "text", required = true } }[1].name, "z", "what is required first")
end)

t.test("a name means a page, or an entry of one", function()
  local page, entry = manual.find "k8s.apply"
  t.eq({ page.name, entry.name }, { "k8s", "apply" })
  page, entry = manual.find "k8s"
  t.eq({ page.name, entry }, { "k8s" })
  t.eq(manual.find("step").name, "step")
  for _, name in ipairs { "nope", "k8s.nope", "", ".", "native.sh" } do t.eq(manual.find(name), nil, name) end
end)

t.test("text keeps to the width, and every field of the options is in it", function()
  for _, name in ipairs { "k8s.apply", "helm.upgrade", "step" } do
    for _, width in ipairs { 60, 80, 100 } do
      local page, entry = manual.find(name)
      local shown = text.entry(page, entry, width)
      local prose = shown:match "^(.-)\n  Raises:" or shown
      for line in prose:gmatch "[^\n]+" do
        t.ok(#line <= width or not line:match "^%s*%S+%s+%S+%s", string.format("%s at %d: %s", name, width, line))
      end
      for field in pairs(fields.of(name).fields) do t.ok(shown:find("    " .. field, 1, true), name .. ": " .. field) end
    end
  end
end)

t.test("a stub is Lua, with a class for the options", function()
  local stub = stubs.page(manual.page "sh")
  t.ok(load(stub, "=stub", "t"))
  t.has(stub, "---@class sh.bash.options")
  t.has(stub, "function sh.bash(text, options) end")
  t.has(stubs.page(manual.page "sleep"), "---@param length almanac.Duration")
  t.has(stubs.page(manual.page "duration"), "---@alias almanac.Duration string|number")
end)
