--- native.trace and native.digest: where code stands, what an error becomes, and names of bytes.
local digest = require "native.digest"
local t = require "tests.harness"
local trace = require "native.trace"

t.test("a place is a chunk and two lines, and code knows its own", function()
  local chunk, first, last = trace.place(function()
    return nil
  end)
  t.eq({ chunk, last - first }, { "@tests/runtime/native/trace_test.lua", 2 })
  t.eq((trace.where()), "tests/runtime/native/trace_test.lua:" .. last + 2)
end)

t.test("any value becomes an error table; one that is a table stays itself", function()
  t.eq({ trace.decorate("x.lua:3: odd").message, trace.decorate("x.lua:3: odd").raised_at }, { "odd", "x.lua:3" })
  t.eq(trace.decorate(nil).kind, "script")
  local own = { kind = "usage", message = "m" }
  t.ok(rawequal(trace.decorate(own), own), "the same table")
  t.eq(tostring(own), "m")
  t.ok(own.traceback and own.where, "it says where")
end)

t.test("digests and random names", function()
  t.eq(digest.sha256 "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  t.eq(#digest.random_hex(8), 16)
  t.ok(digest.random_hex(16) ~= digest.random_hex(16), "two are not the same")
  t.raises(nil, digest.random_hex, 65)
end)
