-- Changes of objects in a report's page.
local html = require "tests.stdlib.report.html.markup_of"
local objects = require "almanac.report.html.objects"
local t = require "tests.harness"

t.test("what changes is listed field by field, what does not is counted, unless it says why", function()
  local text = html.text(objects.planned { changes = {
    { object = "deployment/<web>", action = "change", fields = { { path = ".spec.replicas", kind = "changed", old = 1, new = 2 },
      { path = ".spec.paused", kind = "added", new = true }, { path = ".x", kind = "removed", old = "y" } } },
    { object = "service/a", action = "unchanged" }, { object = "service/b", action = "unchanged" },
    { object = "service/c", action = "unchanged", why = "it is kept by Argo CD" },
  } })
  t.has(text, "deployment/&lt;web&gt;: change\n")
  t.has(text, '<span class="d-change">~ .spec.replicas: 1 → 2\n</span>')
  t.has(text, '<span class="d-add">+ .spec.paused: true\n</span>')
  t.has(text, '<span class="d-del">- .x: y\n</span>')
  t.has(text, "service/c: unchanged: it is kept by Argo CD")
  t.has(text, "2 unchanged\n")
  t.lacks(text, "service/a")
end)

t.test("no difference, no fold; a run has no copy, and a rehearsal that changed nothing says so", function()
  t.eq({ objects.planned {}, objects.planned { changes = {} }, objects.copy {} }, {})
  local text = html.text(objects.copy { copy = { changes = {}, folded = { objects = 2, fields = 1 }, waiting = { "pod x" } } })
  t.has(text, "Nothing is otherwise than before.")
  t.has(text, "controllers made or changed 2 objects, and wrote fields of 1 other.")
  t.has(text, "Not ready in the end: pod x")
end)
