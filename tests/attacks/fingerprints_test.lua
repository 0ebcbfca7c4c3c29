-- What stands for a secret's value in plans and journals has a key that is in the store alone: who reads them cannot try
-- values, nor see which are equal. Another value is another input all the same.
local cluster = require "tests.attacks.cluster"
local digest = require "native.digest"
local fs = require "native.fs"
local project = require "tests.project"
local t = require "tests.harness"

local PIN = "83920174"

local BOOK = [[
return runbook { lock = "one", params = { s = param.secret {} }, run = function(p)
  step("keep it", function()
    k8s.apply { apiVersion = "v1", kind = "Secret", metadata = { name = "pin", namespace = "ns1" }, stringData = { pin = p.s, same = p.s } }
    if fs.exists "stop" then error "stopped" end
  end)
  step("empty the file that held it", function() fs.write("pin.txt", "") end)
end }]]

local function world()
  local p, _ = project.new { book = BOOK }
  _, p.env = cluster.start(p, { "ns1" })
  t.write_file(p.dir .. "/pin.txt", PIN)
  return p
end

local function run(p, want, words, pin)
  local env = { PIN = pin or PIN }
  for name, value in pairs(p.env) do env[name] = value end
  local code, out, err = p:run(words, env)
  t.eq(code, want, out .. err)
  return out .. err
end

--- Whoever has the file tries each value that he can think of.
local function lacks_digests(text, what)
  local hex = digest.sha256(PIN)
  t.lacks(text, hex:sub(1, 12), what)
  t.lacks(text, PIN, what)
end

local function label_of(text) return text:match "%(secret pin/pin (%x+)%)" end

t.test("no plan, journal, log or report holds a digest that can be tried; the key is in the store, for the user alone", function()
  local p = world()
  run(p, 2, { "plan", "book", "s=env:PIN", "-o", "plan.json" })
  run(p, 2, { "plan", "book", "s=env:PIN", "-o", "plan.json" }) -- a store without a journal holds no lock
  local plan = t.read_file(p.dir .. "/plan.json")
  t.ok(label_of(plan), plan)
  local same = plan:match "%(secret pin/same (%x+)%)"
  t.ok(same and same ~= label_of(plan), "that two values are equal is not seen")
  lacks_digests(plan, "plan")
  local key = p.dir .. "/.almanac/key"
  t.eq(fs.stat(key).mode & 511, 384, "0600")
  t.lacks(plan, t.read_file(key):match "%x+", "plan")
  run(p, 0, { "run", "--plan", "plan.json", "--no-ask" })
  lacks_digests(run(p, 0, { "log", "--json" }), "log")
  for _, form in ipairs { "md", "html", "json" } do lacks_digests(run(p, 0, { "report", "--format", form }), form) end
  t.write_file(p.dir .. "/pin.txt", PIN)
  lacks_digests(run(p, 2, { "plan", "book", "s=env:PIN", "--json" }), "plan of a file that holds it")
  lacks_digests(t.read_file(p.dir .. "/.almanac/journal.db"), "journal")
end)

t.test("equal values are not seen to be equal in two stores, or in two plans that keep no key", function()
  local one, other = world(), world()
  local labels = {}
  for i, p in ipairs { one, other } do
    run(p, 2, { "plan", "book", "s=env:PIN", "-o", "plan.json" })
    labels[i] = label_of(t.read_file(p.dir .. "/plan.json"))
  end
  t.ok(labels[1] ~= labels[2], labels[1])
  local third = world()
  local first = label_of(run(third, 2, { "plan", "book", "s=env:PIN", "--json" }))
  t.ok(first ~= label_of(run(third, 2, { "plan", "book", "s=env:PIN", "--json" })), first)
  t.eq(fs.exists(third.dir .. "/.almanac"), false, "a plan that nobody keeps writes nothing")
end)

t.test("another value than the planned one is refused, in the store that the plan was made in", function()
  local p = world()
  run(p, 2, { "plan", "book", "s=env:PIN", "-o", "plan.json" })
  local said = run(p, 3, { "run", "--plan", "plan.json", "--no-ask" }, "11112222")
  t.has(said, "has another input than in the plan")
  t.lacks(said, "11112222")
end)

t.test("in another store a plan is kept to in all else, and the run says what cannot be told", function()
  local p = world()
  run(p, 2, { "plan", "book", "s=env:PIN", "-o", "plan.json" })
  local said = run(p, 0, { "run", "--plan", "plan.json", "--no-ask", "--store", "elsewhere" }, "11112222")
  t.has(said, "whether secrets have the planned values cannot be told")
  t.has(said, "elsewhere/key")
end)

t.test("a run goes on with the key of its store; a key that others can read is refused, and so is what is none", function()
  local p = world()
  t.write_file(p.dir .. "/stop", "")
  run(p, 1, { "run", "book", "s=env:PIN", "--no-ask" })
  os.remove(p.dir .. "/stop")
  local key = p.dir .. "/.almanac/key"
  t.must { "chmod", "644", key }
  t.has(run(p, 1, { "resume", "--no-ask" }), "others can read or write it")
  t.must { "chmod", "600", key }
  local text = t.read_file(key)
  t.write_file(key, "none")
  t.has(run(p, 1, { "resume", "--no-ask" }), "is no key of almanac's")
  t.write_file(key, text)
  t.has(run(p, 0, { "resume", "--no-ask" }), "is done")
end)
