-- Previews: what stands in the place of one that cannot be made, and what is said of objects that others keep.
local preview = require "almanac.run.plan.preview"
local t = require "tests.harness"
local unknown = require "almanac.base.unknown"

local function call(definition, input) return { definition = definition, input = input or {} } end

t.test("an input that is open is told by what it waits for, and the effect is not asked", function()
  local asked = call({ preview = function() error "asked" end }, { tag = unknown.new "build", list = { { unknown.new "read" } } })
  local said = preview.of(asked).summary
  t.has(said, "its input is known when it runs: ")
  t.has(said, "tag after build")
  t.has(said, "list/1/1 after read")
end)

t.test("a preview is made of what observe saw, but where it looks for itself", function()
  local definition = { observe = function() return "seen" end, preview = function(_, before) return { summary = tostring(before) } end }
  t.eq(preview.of(call(definition)).summary, "seen")
  definition.preview_observes = true
  t.eq(preview.of(call(definition)).summary, "nil")
  t.has(preview.of(call {}).summary, "no preview")
end)

t.test("one that raises is what would stop the run there; an interrupt is one", function()
  local function raising(err) return call { preview = function() error(err, 0) end } end
  local said = preview.of(raising { kind = "conflict", message = "theirs", hint = "ask them" })
  t.eq({ said.would_fail, said.hint }, { "theirs", "ask them" })
  t.eq(select(2, pcall(preview.of, raising { kind = "cancelled", message = "stop" })).kind, "cancelled")
end)

t.test("objects that others keep: a line for each keeper, a warning or what would stop the run", function()
  local changes = {}
  for i = 1, 5 do changes[i] = { object = "configmap/c" .. i, action = "change", kept_by = "Argo CD" } end
  changes[6] = { object = "deployment/web", action = "change", kept_by = "Flux" }
  changes[7] = { object = "job/own", action = "create" }
  local kept = call { preview = function() return { changes = changes, result = 1 } end }
  local warned = preview.of(kept, "warn")
  t.eq(warned.warnings, {
    "configmap/c1, configmap/c2, configmap/c3 and 2 more: kept by Argo CD, which would take this back",
    "deployment/web: kept by Flux, which would take this back",
  })
  local refused = preview.of(kept, "refuse")
  t.has(refused.would_fail, "kept by Argo CD, which would take this back; deployment/web")
  t.eq({ refused.result, refused.hint }, { nil, preview.KEPT_HINT })
end)
