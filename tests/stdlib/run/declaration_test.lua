--- What a script says that its runbook is, checked.
local declaration = require "almanac.run.declaration"
local lock_name = require "almanac.run.lock_name"
local param = require "almanac.base.param"
local t = require "tests.harness"

local function run() end

local function declared(fields)
  fields.run = fields.run or run
  return declaration.of(declaration.declare(fields))
end

t.test("a declaration is copied, with its defaults; what the script holds of it is shut", function()
  local params = { tag = param.string {} }
  local handle = declaration.declare { summary = "x", params = params, run = run }
  local book = declaration.of(handle)
  params.other = param.string {}
  t.eq({ book.summary, book.on_failure, book.on_owner, book.params.other }, { "x", "ask", "warn" })
  t.eq(getmetatable(handle), "runbook")
  handle.summary = "another"
  t.eq(declaration.of(handle).summary, "x")
  t.eq(declaration.of {}, nil)
end)

t.test("what does not fit is refused, and the error names the field", function()
  for field, fields in pairs {
    ["on_failure"] = { on_failure = "retry" }, ["sumary"] = { sumary = "x" }, ["params.tag"] = { params = { tag = "string" } },
    ["lock.nmae"] = { lock = { nmae = "x" } }, ["lock.duration"] = { lock = { name = "x", duration = "soon" } },
    ["lock"] = { lock = "lease/animica" },
  } do
    t.eq(t.raises("usage", declared, fields).field, field)
  end
end)

t.test("allow is held against what effects ask about", function()
  local book = declared { allow = { pager = { "x" } } }
  declaration.check_allow(book, { pager = true })
  local err = t.raises("usage", declaration.check_allow, book, { pagers = true })
  t.has(err.message, 'no effect asks allow for "pager"; did you mean pagers?')
  t.eq(err.field, "allow.pager")
end)

t.test("a lock: a name, a table, or a function of the parameters", function()
  t.eq(lock_name.of(nil, {}), nil)
  t.eq(lock_name.of("release/x", {}), { name = "release/x" })
  t.eq(lock_name.of({ name = "lease/ns/x", duration = "30s" }, {}), { name = "lease/ns/x", seconds = 30 })
  t.eq(lock_name.of(function(p) return "release/" .. p.tag end, { tag = "v1" }), { name = "release/v1" })
  t.eq(lock_name.lease_of { name = "release/x" }, nil)
  t.eq(lock_name.lease_of { name = "lease/ns/x" }, { namespace = "ns", name = "x" })
  t.has(t.raises("usage", lock_name.of, { name = "x", duration = "0.5s" }, {}).message, "at least a second")
  t.has(t.raises("usage", lock_name.of, function() return 7 end, {}).message, "runbook: lock")
end)
