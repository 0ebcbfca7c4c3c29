-- What the runbook's allow is asked, and by whom: a run keeps to its own, and to those of the runs that made it.
local reach = require "almanac.run.reach"
local t = require "tests.harness"
local task = require "native.task"

local function target(category, name, access) return { category = category, names = { name }, access = access } end

local function in_run(run, fn, ...) return task.with({ context = { run = run } }, fn, ...) end

local function refused(run, access, one)
  local out = in_run(run, reach.refusals, "x.do", access, { one })
  return out[1] and out[1].message
end

t.test("what is named may be reached; what is named under read, by those that look", function()
  local run = { allow = { pager = { "core" }, read = { pager = { "all" } } } }
  t.eq(refused(run, "change", target("pager", "core")), nil)
  t.eq(refused(run, "read", target("pager", "core")), nil)
  t.eq(refused(run, "read", target("pager", "all")), nil)
  t.eq(refused(run, "change", target("pager", "all")), 'x.do: this runbook may not touch pager "all"')
  t.eq(refused(run, "read", target("pager", "all", "change")), 'x.do: this runbook may not touch pager "all"', "a target may say more")
end)

t.test("each run that made this one is asked as well", function()
  local outer = { allow = { pager = { "core" } } }
  t.has(refused({ caller = outer }, "change", target("pager", "web")), "may not touch")
  t.has(refused({ allow = { pager = { "web" } }, caller = { caller = outer } }, "change", target("pager", "web")), "may not touch")
  t.eq(refused({ allow = { pager = { "*" } }, caller = outer }, "change", target("pager", "core")), nil)
end)

t.test("without an allow nothing is asked; by a category only where one names it", function()
  t.eq(refused({}, "change", target("pager", "core")), nil)
  local run = { caller = { allow = { images = { "ghcr.io/**" } } } }
  t.eq({ in_run({}, reach.is_asked), in_run(run, reach.is_asked) }, { false, true })
  t.eq({ in_run(run, reach.is_asked, "images"), in_run(run, reach.is_asked, "fs") }, { true, false })
end)

t.test("the refusal says what the table has, and the entry to write", function()
  local run = { allow = { read = { pager = { "all" } } } }
  local err = in_run(run, t.raises, "refused", reach.require, "x.look", "read", { target("pager", "core") })
  t.eq(err.hint, [[its allow table has pager = { "all" }; almanac show prints it. What must be reached is named there: ]]
    .. [[allow = { read = { pager = { "core" } } }]])
  t.eq(err.refused, { category = "pager", target = "core", access = "read" })
end)

t.test("a target without a name is a mistake of the effect, and no way round", function()
  for _, bad in ipairs { {}, { category = "pager", names = {} }, { category = "pager", names = { 5 } }, "core" } do
    local err = in_run({ allow = {} }, t.raises, "usage", reach.require, "x.do", "change", { bad })
    t.has(err.message, "x.do: allow.of must give a name")
  end
end)
