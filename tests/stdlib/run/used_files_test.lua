-- Which of a script's required files a step's function uses.
local t = require "tests.harness"
local used_files = require "almanac.run.used_files"

local library = { limit = 5 }
local required, edited = { [library] = "lib/a.lua" }, { ["lib/a.lua"] = true }

t.test("a library is found behind a function's upvalues, however far", function()
  local function direct() return library.limit end
  local function indirect() return direct() end
  local function knot() return knot and indirect() end
  t.eq(used_files.find(direct, edited, required), "lib/a.lua")
  t.eq(used_files.find(knot, edited, required), "lib/a.lua")
  t.eq(used_files.find(function() return 1 end, edited, required), nil)
  t.eq(used_files.find(direct, { ["lib/b.lua"] = true }, required), nil, "another file was edited")
end)

t.test("a file is edited when its digest is another; the script itself is compared step by step", function()
  local kept = { digest = "d", files = { ["book.lua"] = "1", ["lib/a.lua"] = "1", ["lib/b.lua"] = "1" }, sources = {} }
  local today = { path = "book.lua", files = { ["book.lua"] = "2", ["lib/a.lua"] = "2", ["lib/b.lua"] = "1", ["lib/c.lua"] = "1" } }
  t.eq(used_files.edited(kept, today), { ["lib/a.lua"] = true })
  t.eq(used_files.edited(kept, { path = "book.lua", files = kept.files }), nil)
end)

t.test("a journal of before has the texts alone", function()
  local sha256 = require("native.digest").sha256
  local kept = { digest = "d", sources = { ["lib/a.lua"] = "return 1" } }
  t.eq(used_files.edited(kept, { path = "x", files = { ["lib/a.lua"] = sha256 "return 1" } }), nil)
  t.eq(used_files.edited(kept, { path = "x", files = { ["lib/a.lua"] = sha256 "return 2" } }), { ["lib/a.lua"] = true })
end)

t.test("a step was done with the last script that the journal has before it", function()
  local first, second = { seq = 2 }, { seq = 10 }
  t.ok(used_files.script_at({ first, second }, 5) == first)
  t.ok(used_files.script_at({ first, second }, 11) == second)
end)
