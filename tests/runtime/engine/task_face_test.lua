--- task.face: a function behind a C function, and what stands behind it once faces are checked.
local t = require "tests.harness"
local task = require "native.task"

t.test("a face gives what its function gives, and waits where that waits", function()
  local face = task.face(function(...)
    task.sleep(0)
    return ...
  end)
  local got = table.pack(face(1, nil, "three", nil))
  t.eq({ got.n, got[1], got[3] }, { 4, 1, "three" })
end)

t.test("what checks stands behind a face from the first need for it on, without one it is the function itself", function()
  local face = task.face(function(n) return "unchecked " .. n end, function(n) return "checked " .. n end)
  local plain = task.face(function(n) return "plain " .. n end)
  t.eq(face(1), "unchecked 1")
  task.check_faces()
  t.eq(face(2), "checked 2")
  t.eq(plain(3), "plain 3")
end)
