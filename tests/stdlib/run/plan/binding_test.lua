-- The binding of a run to a plan: what stops it, and what does not.
local bindings = require "almanac.run.plan.binding"
local halt = require "almanac.base.halt"
local t = require "tests.harness"

--- A run that has no events yet.
local FRESH = { id = "r", journal = { events = function() return function() end end } }

local function planned(fields)
  local effect = { path = "s", ordinal = "0", op = "x.y", digest = "d", input = { n = 1 } }
  for key, value in pairs(fields or {}) do effect[key] = value end
  return effect
end

local function bound(effect, more)
  local plan = { runbook = "book", digest = "p", effects = { effect } }
  for key, value in pairs(more or {}) do plan[key] = value end
  return bindings.to(plan, FRESH)
end

local function check(binding, call, begun, frame)
  local full = { name = "x.y", key = "0", digest = "d", input = { n = 1 }, definition = {} }
  for key, value in pairs(call or {}) do full[key] = value end
  frame = frame or { path = "s" }
  frame.run = { id = "r", bound = binding, outermost = function() return "r" end }
  return t.pcall(binding.check, binding, frame, full, begun or false)
end

t.test("there is no binding without a plan", function() t.eq(bindings.to(nil, FRESH), nil) end)

t.test("the planned effect passes; another one, or another input, stops the run before it begins", function()
  t.eq((check(bound(planned()))), true)
  local ok, err = check(bound(planned()), { key = "1" })
  t.eq({ ok, err.kind, halt.is(err) }, { false, "plan_mismatch", true })
  t.has(err.message, "x.y is not in the plan")
  ok, err = check(bound(planned()), { digest = "other", input = { n = 2 } })
  t.eq(ok, false)
  t.has(err.message, "another input")
  t.has(err.hint, 'planned: {"n":1}\nnow:     {"n":2}')
  t.has(err.hint, "almanac resume r --without-plan")
end)

t.test("an input that the plan could not know may be any", function()
  local function with(planned_input, open, now)
    return (check(bound(planned { input = planned_input, open = open }), { digest = "other", input = now }))
  end
  local to = { { at = "/to", after = "a (b)" } }
  t.eq(with({ n = 1, to = "(known after a (b))" }, to, { n = 1, to = { "anything" } }), true)
  t.eq(with({ n = 1, to = "(known after a (b))" }, to, { n = 1 }), true, "nothing, too")
  t.eq(with({ n = 1, to = "(known after a (b))" }, to, { n = 2, to = "x" }), false, "what was known is bound")
  t.eq(with({ n = 1, to = "(known after a (b))" }, to, { n = 1, to = "x", more = 1 }), false)
  t.eq(with({ n = 1, to = "v-(known after a (b)).%d" }, to, { n = 1, to = "v-5.%d" }), true)
  t.eq(with({ n = 1, to = "v-(known after a (b)).%d" }, to, { n = 1, to = "w-5.%d" }), false, "and so is the text around it")
  local argv = { { at = "/argv/2", after = "a" } }
  t.eq(with({ argv = { "rm", "(known after a)" } }, argv, { argv = { "rm", "x" } }), true)
  t.eq(with({ argv = { "rm", "(known after a)" } }, argv, { argv = { "cat", "x" } }), false)
end)

t.test("ground that moved stops it, unless this run moved it itself or had begun the effect", function()
  local function preview(version)
    return { preview = function() return { ground = { { ref = "web", object = { version = version } } } } end }
  end
  local effect = planned { ground = { { ref = "web", object = { version = 1 } } } }
  t.eq((check(bound(effect), { definition = preview(1) })), true)
  local ok, err = check(bound(effect), { definition = preview(2) })
  t.eq(ok, false)
  t.has(err.message, "web has changed since the plan was made")
  t.eq((check(bound(effect), { definition = preview(2) }, true)), true, "begun before: it may have moved it")
  local binding = bound(effect)
  binding:touch("s", "0")
  t.eq((check(binding, { definition = preview(2) })), true, "the run's own change")
end)

t.test("what the run changed before, and what a run changed that it made, is known from its journal", function()
  local function intent(seq, path, op, before)
    local payload = require("native.json").encode { op = op, id = "i" .. seq, ordinal = "0", before = before }
    return { seq, 0, "effect.intent", path, payload }
  end
  local rows = { r = { intent(1, "own", "x.y"), intent(2, "made", "runbook.call", { run = "c" }) }, c = { intent(1, "inner", "x.y") } }
  local journal = { run = function(_, id) return rows[id] end }
  function journal.events(_, id)
    local i = 0
    return function()
      i = i + 1
      if rows[id][i] then return table.unpack(rows[id][i]) end
    end
  end
  local plan = { effects = {
    planned { path = "own", ground = { { ref = "a", object = 1 } } },
    planned { path = "made/inner", ground = { { ref = "b", object = 1 } } },
    planned { path = "never", ground = { { ref = "c", object = 1 } } },
  } }
  t.eq(bindings.to(plan, { id = "r", journal = journal }).touched, { a = "whole", b = "whole" })
end)

t.test("who changed the whole of an object changed its parts, and not the other way round", function()
  local function touched_by(changed, item)
    local plan = { runbook = "book", digest = "p", effects = {
      planned { ground = { changed } }, planned { ordinal = "1", ground = { item } },
    } }
    local binding = bindings.to(plan, FRESH)
    binding:touch("s", "0")
    local now = { ref = item.ref, of = item.of, object = 2 }
    return (check(binding, { key = "1", definition = { preview = function() return { ground = { now } } end } }))
  end
  local whole, replicas = { ref = "web", object = 1 }, { ref = "web: replicas", of = "web", object = 1 }
  t.eq({ touched_by(whole, replicas), touched_by(replicas, whole), touched_by(replicas, replicas) }, { true, true, true })
  t.eq(touched_by({ ref = "web: image", of = "web", object = 1 }, replicas), false)
end)

t.test("what an effect only reads is not its own from then on", function()
  local binding = bound(planned { ground = { { ref = "chart c.tgz", digest = "1", is_read = true }, { ref = "web", object = 1 } } })
  binding:touch("s", "0")
  t.eq(binding.touched, { web = "whole" })
end)

t.test("a part that is another as a whole is told without a field", function()
  local effect = planned { ground = { { ref = "web: replicas", object = 3 }, { ref = "door" } } }
  local function now(replicas, door)
    local ground = { { ref = "web: replicas", object = replicas }, { ref = "door", object = door } }
    return { preview = function() return { ground = ground } end }
  end
  local _, err = check(bound(effect), { definition = now(0) })
  t.eq(err.message, "web: replicas has changed since the plan was made")
  t.has(err.hint, "planned on: 3\nnow:        0")
  _, err = check(bound(effect), { definition = now(3, "open") })
  t.eq(err.message, "door has changed since the plan was made")
  t.has(err.hint, 'planned on: not there\nnow:        "open"')
end)

t.test("ground that a secret is in is the planned one, which was written without it", function()
  local text = "password=" .. require("almanac.base.secret").reveal(require("almanac.base.secret").new("pw", "hunter2-of-the-ground"))
  local effect = planned { ground = { { ref = "web", object = { config = "password=(secret pw)" } } } }
  local definition = { preview = function() return { ground = { { ref = "web", object = { config = text } } } } end }
  t.eq((check(bound(effect), { definition = definition })), true)
end)

t.test("the parts of an effect, and what the plan held possible, pass", function()
  t.eq((check(bound(planned()), { key = "0.0", name = "other.op" }, false, { path = "s", prefix = "0." })), true)
  local binding = bound(planned(), { possible = { { path = "s", op = "k8s.delete" } } })
  t.eq((check(binding, { key = "5", name = "k8s.delete" }, false, { path = "s/inner" })), true)
  t.eq((check(binding, { key = "5", name = "k8s.delete" }, false, { path = "other" })), false)
end)

t.test("another script is refused at the line that differs, and what holds a secret is not shown", function()
  local plan = { script_digest = "was", sources = { ["no/such/file.lua"] = "one\ntwo" }, steps = {} }
  local ok, err = pcall(bindings.check_script, plan, { script = { digest = "is", files = { ["no/such/file.lua"] = "" } } }, { "or else" })
  t.eq({ ok, err.kind }, { false, "refused" })
  t.has(err.message, "no/such/file.lua:1 was edited after the plan was made")
  t.has(err.hint, "planned: one")
  t.has(err.hint, "or else")
  t.eq((pcall(bindings.check_script, plan, { script = { digest = "was", files = {} } })), true)
end)
