-- A journal of 10,000 runs, each of some steps and an end, in the directory that is named.
local json = require "native.json"
local process = require "native.process"

local dir, count = process.argv[#process.argv], 10000
local journal <close> = require("native.journal").open { dir = dir .. "/.almanac", mode = "rw" }
for n = 1, count do
  local id = string.format("rollout-20261129-%06d-abcd", n)
  journal:create { id = id, runbook = n % 3 == 0 and "canary" or "rollout", meta = json.encode {
    runbook = "rollout", script = "runbooks/rollout.lua", digest = ("ab"):rep(32), params = { tag = "v" .. n, observe = "10m" },
    operator = n % 2 == 0 and "alice" or "bob", host = "here", cwd = "/srv/devnet", version = process.version, plan = false,
  } }
  local function add(kind, path, data) journal:append(id, kind, path, json.encode(data), false) end
  add("run.start", "", { runbook = "rollout", operator = "alice", params = { tag = "v" .. n } })
  for k = 1, 6 do add("step.done", "step " .. k, { started = 1, elapsed_ms = 3, result = { changed = true } }) end
  add("run.end", "", n % 50 == 0 and { status = "failed", error = { message = "exit 1", step = "step 6" } } or { status = "done" })
end
journal:flush(true)
return 0
