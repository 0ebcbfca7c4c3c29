-- runbooks/canary.lua's comparison, with its own metrics and durations, on a real Prometheus that remembers many canaries, one
-- behind the other: noisy, bursty ones that are equal pass, whatever the seed; bad ones fail, soon; a silent one is no data.
-- almanac backtest judges them by the samples and the code of a run; canary_test.lua has runs, killed and gone on with.
local history = require "tests.prometheus_history"
local json = require "native.json"
local project = require "tests.project"
local simulate = require "tests.stdlib.observe.canary.simulate"
local t = require "tests.harness"

local BEGIN = 1578690000 -- 2020-01-10T21:00:00Z
local EVERY = 15
local BEFORE = 3600      -- of the baseline alone
local WINDOW = 17 * 60   -- of each canary: a warm-up and fifteen minutes, and a rest
local EQUAL, BAD = 20, 5 -- of 400 equal ones such as these 5 fail, where alpha allows for 20; none of these is one

--- Requests of an interval, by how long they took: shares above 0.1 s, 0.25 s and 0.5 s.
local SLOWER = { { "0.1", 0.5 }, { "0.25", 0.1 }, { "0.5", 0.02 } }
local FAILING, FANO, MEMORY = 0.02, 3, 512 * 2 ^ 20

--- One arm of a canary: counters that go on by what an interval brings.
local function new_arm(namespace)
  local arm = { namespace = namespace, values = {} }
  for _, name in ipairs { "errors", "requests", "memory", "0.1", "0.25", "0.5" } do arm.values[name] = { 0 } end
  arm.values.memory[1] = MEMORY
  return arm
end

local function add(arm, name, by)
  local values = arm.values[name]
  values[#values + 1] = values[#values] + by
end

--- What an interval brings: errors and slow requests come in bursts, and so does the traffic.
---@param kind { requests: number, errors: number, slow: number, leak: number }
local function advance(arm, random, kind)
  local requests = kind.requests == 0 and 0 or random.count(kind.requests, FANO * 4)
  local mean = requests * FAILING * kind.errors
  add(arm, "requests", requests)
  add(arm, "errors", math.min(requests, mean > 0 and random.count(mean, FANO) or 0))
  for _, bound in ipairs(SLOWER) do
    local above = math.min(requests, requests > 0 and random.count(requests * bound[2] * kind.slow, FANO) or 0)
    add(arm, bound[1], requests - above)
  end
  arm.values.memory[#arm.values.memory + 1] = MEMORY + kind.leak * #arm.values.memory + 2 ^ 20 * random.normal()
end

local DEVNET = { requests = 600, errors = 1, slow = 1, leak = 0 }
local CANARY = { requests = 300, errors = 1, slow = 1, leak = 0 }
local WORSE = { requests = 300, errors = 3, slow = 2, leak = 2 ^ 20 }
local SILENT = { requests = 0, errors = 0, slow = 0, leak = 0 }

local function series_of(arm)
  local out = {}
  local function one(name, labels, values)
    out[#out + 1] = { string.format('%s{%snamespace="%s"}', name, labels, arm.namespace),
      function(at) return values[math.floor(at / EVERY) + 1] end }
  end
  local ok = {}
  for i, requests in ipairs(arm.values.requests) do ok[i] = requests - arm.values.errors[i] end
  one("animica_rpc_requests_total", 'status="ok",', ok)
  one("animica_rpc_requests_total", 'status="error",', arm.values.errors)
  for _, bound in ipairs(SLOWER) do
    one("animica_rpc_request_duration_seconds_bucket", string.format('le="%s",', bound[1]), arm.values[bound[1]])
  end
  one("animica_rpc_request_duration_seconds_bucket", 'le="+Inf",', arm.values.requests)
  one("container_memory_working_set_bytes", 'container="node",', arm.values.memory)
  return out
end

--- Writes the canaries, one window after another, and starts a Prometheus that remembers them.
---@return string url
---@return fun(window: integer): string  when the canary of a window was ready
local function remember()
  local devnet, canary, kinds = new_arm "animica-devnet", new_arm "animica-canary", {}
  for i = 1, EQUAL + BAD + 1 do kinds[i] = i <= EQUAL and CANARY or i <= EQUAL + BAD and WORSE or SILENT end
  local before = simulate.new(1000)
  for _ = 1, BEFORE // EVERY do
    advance(devnet, before, DEVNET)
    advance(canary, before, SILENT)
  end
  for seed, kind in ipairs(kinds) do
    local random = simulate.new(200 + seed)
    for _ = 1, WINDOW // EVERY do
      advance(devnet, random, DEVNET)
      advance(canary, random, kind)
    end
  end
  local all = series_of(devnet)
  for _, one in ipairs(series_of(canary)) do all[#all + 1] = one end
  local url = history.start(all, BEGIN, BEFORE + #kinds * WINDOW, EVERY)
  return url, function(window) return os.date("!%Y-%m-%dT%H:%M:%SZ", BEGIN + BEFORE + (window - 1) * WINDOW) end
end

--- Judges the canary of a window by the runbook.
---@return fun(window: integer): table  what was found
local function world()
  local url, ready_at = remember()
  local p = project.new {}
  t.write_file(p.dir .. "/almanac.yaml", string.format("endpoints: { prometheus: %q }\n", url))
  return function(window)
    local code, out, err = p:run { "backtest", "canary", "--at", ready_at(window), "--json" }
    local findings = json.decode(t.ok(out:match "^{.*", out .. err)).findings
    t.eq(#findings, 1)
    t.eq(code, findings[1].verdict == "pass" and 0 or 1)
    return findings[1]
  end
end

t.test("twenty canaries that are noisy, bursty and equal pass", function()
  local judge, watched = world(), {}
  for window = 1, EQUAL do
    local found = judge(window)
    t.eq({ window, found.verdict, found.why }, { window, "pass", found.why })
    watched[window] = found.watched
  end
  table.sort(watched)
  t.ok(watched[EQUAL] <= 15 * 60, "within the fifteen minutes of the procedure")
  print(string.format("# equal: passed after %g s (median), %g s at most", watched[EQUAL // 2], watched[EQUAL]))
end)

t.test("canaries with three times the errors, twice the latency and memory that grows fail, and soon", function()
  local judge, watched = world(), {}
  for i = 1, BAD do
    local found = judge(EQUAL + i)
    t.eq(found.verdict, "fail")
    t.has(found.why, "worse than tolerated")
    t.has(found.why, "(after ")
    watched[i] = found.watched
  end
  table.sort(watched)
  t.ok(watched[BAD] <= 5 * 60, "it took " .. watched[BAD] .. " s")
  print(string.format("# bad: failed after %g s (median), %g s at most", watched[(BAD + 1) // 2], watched[BAD]))
end)

t.test("a silent canary is no data", function()
  local found = world()(EQUAL + BAD + 1)
  t.eq(found.verdict, "no data")
  t.has(found.why, "0 requests in one arm")
end)
