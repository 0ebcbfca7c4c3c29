-- guard: gates and alerts are watched while a step waits. Prometheus and Alertmanager are a server of this test.
local httpd = require "native.httpd"
local json = require "native.json"
local project = require "tests.project"
local t = require "tests.harness"

--- A world to be looked at: `lag` is what a query gives, `alerts` what fires; nil: it does not answer.
local function new_world()
  local world = { lag = 1, alerts = json.array {}, looks = 0 }
  local server = httpd.listen { port = 0, handler = function(request, response)
    world.looks = world.looks + 1
    if request.path:find "/api/v2/alerts" then return response:send(200, {}, json.encode(world.alerts)) end
    if not world.lag then return response:send(503, {}, "away") end
    response:send(200, {}, string.format(
      '{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1795457677.031,"%s"]}]}}', world.lag))
  end }
  t.defer(function() server:close() end)
  world.port = server:port()
  return world
end

local function fires(name, severity, namespace)
  return {
    status = { state = "active" }, labels = { alertname = name, severity = severity, namespace = namespace or "devnet" },
    startsAt = "2026-11-28T20:00:00Z", annotations = { summary = name .. " is bad" },
  }
end

--- Two steps and a wait until the file `go` is there, guarded.
local BOOK = [[
local function add(line)
  step(line, { undo = function() sh.run { argv = { "sed", "-i", "/^" .. line .. "$/d", "log" }, idempotent = true } end }, function()
    sh.run { argv = { "sh", "-c", "echo " .. line .. " >> log" }, check = { "grep", "-qx", line, "log" } }
  end)
end
return runbook {
  summary = "guarded",
  run = function()
    add "before"
    local result = guard("healthy", {
      gates = { { name = "lag", query = "lag", op = "<=", limit = 5, critical = 20, tolerate = 1, errors = 2 } },
      alerts = { labels = { namespace = "devnet" }, ignore = { "Watchdog" } },
      interval = "50ms", on_breach = "ON_BREACH",
    }, function()
      add "inside"
      step("wait", function() sh.read { argv = { "sh", "-c", "echo > begun; until [ -e go ]; do sleep 0.05; done" } } end)
      return 7
    end)
    add("after " .. result)
  end,
}]]

local ALL = { "before", "inside", "after 7" }

local function new(world, on_breach, books)
  local all = { book = (BOOK:gsub("ON_BREACH", on_breach or "pause")) }
  for name, source in pairs(books or {}) do all[name] = source end
  local p = project.new(all)
  t.write_file(p.dir .. "/almanac.yaml", string.format(
    'endpoints: { prometheus: "http://127.0.0.1:%d", alertmanager: "http://127.0.0.1:%d" }\n', world.port, world.port))
  return p
end

local function must(p, words, want)
  local code, out, err = p:run(words)
  t.eq(code, want, table.concat(words, " ") .. "\n" .. out .. err)
  return out .. err
end

local function go(p) t.write_file(p.dir .. "/go", "") end

--- Starts a run, and lets the world change once the guard has seen it healthy.
local function breached(p, world, change, words)
  local looks = world.looks
  t.must { "rm", "-f", p.dir .. "/begun" }
  local child = p:spawn(words or { "run", "book" })
  t.eventually("the guarded work is under way, and watched", function()
    return t.read_file(p.dir .. "/begun") and world.looks >= looks + 4
  end)
  change(world)
  return child
end

local function lagging(world) world.lag = 9 end

t.test("while all is well the guarded work is done, and the journal has what was seen", function()
  local p = new(new_world())
  go(p)
  must(p, { "run", "book" }, 0)
  t.eq(p:lines "log", ALL)
  local id = p:newest()
  must(p, { "rollback", id }, 0)
  t.eq(p:lines "log", {}, "what was done inside a guard is taken back as well")
end)

t.test("a breach pauses the run; answered from elsewhere, it goes on, and does not ask for the same again", function()
  local world = new_world()
  local p = new(world)
  t.eq(breached(p, world, lagging):wait(), 3)
  local id = p:newest()
  local status = must(p, { "status", id }, 0)
  t.has(status, "breach: lag: 9 is not <= 5")
  t.has(status, 'stopped by the guard "healthy"')
  t.has(status, "answer:  almanac answer " .. id .. ' "go on" | "roll back" | "stop"')
  must(p, { "resume", id }, 3)
  t.has(must(p, { "answer", id, "perhaps" }, 2), "it takes one of: go on, roll back, stop")
  t.has(must(p, { "answer", id, "go on", "--reason", "a known spike" }, 0), "go on, healthy: lag: 9 is not <= 5")
  go(p)
  t.has(must(p, { "resume", id }, 0), "go on, said ")
  t.eq(p:lines "log", ALL)
  local log = must(p, { "log", id }, 0)
  t.has(log, "guard.breach")
  t.has(log, '"reason":"a known spike"')
end)

t.test("approve goes on; reject stops: the step fails, and is watched anew when the run is resumed", function()
  local world = new_world()
  local p = new(world)
  t.eq(breached(p, world, lagging):wait(), 3)
  local id = p:newest()
  must(p, { "reject", id }, 0)
  t.has(must(p, { "resume", id }, 1), 'guard "healthy": lag: 9 is not <= 5 (')
  world.lag = 1
  go(p)
  must(p, { "resume", id }, 0)
  t.eq(p:lines "log", ALL)
end)

t.test("rolled back by answer, the run is undone", function()
  local world = new_world()
  local p = new(world)
  t.eq(breached(p, world, lagging):wait(), 3)
  local id = p:newest()
  must(p, { "answer", id, "roll back" }, 0)
  must(p, { "resume", id }, 4)
  t.eq(p:lines "log", {})
  t.has(must(p, { "runs" }, 0), "undone")
end)

t.test("on_breach = stop fails the step, and undo rolls the run back", function()
  local world = new_world()
  local p = new(world, "stop")
  t.eq(breached(p, world, lagging):wait(), 1)
  t.eq(p:lines "log", { "before", "inside" })
  world.lag = 1
  local undone = new(world, "undo")
  t.eq(breached(undone, world, lagging):wait(), 4)
  t.eq(undone:lines "log", {})
end)

t.test("an alert of severity critical or page is a breach, but none that is ignored, another's or a warning", function()
  local world = new_world()
  local p = new(world)
  world.alerts = json.array { fires("Watchdog", "page"), fires("Slow", "warning"), fires("Down", "page", "elsewhere") }
  local child = breached(p, world, function()
    world.alerts = json.array { fires("Watchdog", "page"), fires("NodeDown", "critical") }
  end)
  t.eq(child:wait(), 3)
  t.has(must(p, { "status" }, 0), "alert NodeDown: it fires, severity critical, since 2026-11-28T20:00:00Z: NodeDown is bad")
  must(p, { "approve", p:newest() }, 0)
  go(p)
  must(p, { "resume" }, 0)
end)

t.test("a guard that sees nothing is no guard: that is a breach too", function()
  local world = new_world()
  local p = new(world)
  t.eq(breached(p, world, function() world.lag = nil end):wait(), 3)
  t.has(must(p, { "status" }, 0), "lag: 3 looks in a row saw nothing")
end)

t.test("an effect in flight is finished before the run pauses", function()
  local world = new_world()
  local p = new(world, "pause", { slow = [[
return runbook { summary = "s", run = function()
  guard("healthy", { gates = { { name = "lag", query = "lag", limit = 5, tolerate = 0 } }, alerts = {}, interval = "50ms" }, function()
    step("slow", function()
      sh.run { argv = { "sh", "-c", "echo begun > begun; until [ -e go ]; do sleep 0.05; done; echo done > done" } }
    end)
    step("next", function() sh.run { argv = { "touch", "next" } } end)
  end)
end }]] })
  local child = breached(p, world, lagging, { "run", "slow" })
  t.eventually("the breach is seen", function()
    local _, log = p:run { "log" }
    return log:find "guard.breach"
  end)
  go(p)
  t.eq(child:wait(), 3)
  t.eq(p:lines "done", { "done" })
  t.eq(t.read_file(p.dir .. "/next"), nil)
end)

t.test("Ctrl-C pauses a guarded run; resumed, it is watched on", function()
  local world = new_world()
  local p = new(world)
  local child = breached(p, world, function() end)
  child:kill "INT"
  t.eq(child:wait(), 130)
  t.eq(breached(p, world, lagging, { "resume" }):wait(), 3)
  t.eq(p:lines "log", { "before", "inside" })
end)

t.test("a guard over another runbook stops that, and what is resumed is that", function()
  local world = new_world()
  local p = new(world, "pause", { outer = [[
return runbook { summary = "o", run = function()
  guard("over all", { alerts = {}, interval = "50ms" }, function() runbook.call "book" end)
end }]] })
  t.eq(breached(p, world, function() world.alerts = json.array { fires("Other", "page", "elsewhere") } end, { "run", "outer" }):wait(), 3)
  t.eq(p:lines "log", { "before", "inside" })
  local runs = must(p, { "runs" }, 0)
  local outer = runs:match "outer%-%S+"
  must(p, { "approve", outer }, 0)
  go(p)
  must(p, { "resume", outer }, 0)
  t.eq(p:lines "log", ALL)
end)

t.test("a part that is rolled back by its guard is taken back alone; a question in it is answered by the whole's name", function()
  local world = new_world()
  local outer = 'return runbook { summary = "o", run = function() runbook.call "book" end }'
  local p = new(world, "undo", { outer = outer })
  t.eq(breached(p, world, lagging, { "run", "outer" }):wait(), 1)
  t.eq(p:lines "log", {})
  t.has(must(p, { "runs" }, 0), "undone")
  world.lag = 1
  local asks = new(world, "pause", { outer = outer })
  t.eq(breached(asks, world, lagging, { "run", "outer" }):wait(), 3)
  local id = must(asks, { "runs" }, 0):match "outer%-%S+"
  t.has(must(asks, { "answer", id, "go on", "book/healthy" }, 0), "go on, book/healthy: lag")
  go(asks)
  must(asks, { "resume", id }, 0)
  t.eq(asks:lines "log", ALL)
end)

t.test("killed wherever it writes, a breached run waits for its answer, and each effect is there once", function()
  local n = 1
  while true do
    local world = new_world()
    local p = new(world)
    world.lag = 9
    go(p)
    local code, _, err = p:run({ "run", "book" }, { ALMANAC_FAULT = string.format("journal.committed:%d:kill", n) })
    if code == 3 or code == 0 then break end
    t.eq(code, -1, err)
    if p:run { "runs" } == 0 and p:newest() then
      local id = p:newest()
      local resumed = p:run { "resume", id }
      for _ = 1, 3 do
        if resumed ~= 3 then break end
        must(p, { "answer", id, "go on" }, 0)
        resumed = p:run { "resume", id }
      end
      t.eq(resumed, 0, "after a kill at " .. n)
      t.eq(p:lines "log", ALL, "after a kill at " .. n)
    end
    n = n + 1
  end
  t.ok(n > 5, "there were points to be killed at: " .. n)
end)

t.test("a plan looks once at each, and goes into the guarded work", function()
  local world = new_world()
  local p = new(world)
  world.alerts = json.array { fires("NodeDown", "critical") }
  go(p)
  local out = must(p, { "plan", "book" }, 2)
  t.has(out, "gate: guard lag: 1 <= 5, watched every 50ms; a breach: pause")
  t.has(out, "WOULD FAIL NOW: guard alerts: NodeDown fires")
  t.has(out, "  inside\n    → run sh -c 'echo inside >> log'")
  t.has(out, "Plan: 3 effects; 2 gates, 1 would fail now")
end)

t.test("at a terminal the question is asked there, and the channels of almanac.yaml are told that it is", function()
  local world = new_world()
  local p = new(world)
  t.write_file(p.dir .. "/almanac.yaml", t.read_file(p.dir .. "/almanac.yaml") .. [[
channels: { desk: { kind: command, argv: [sh, -c, "cat >> told"] } }
hooks: { on_wait: desk }
]])
  t.must({ "mkfifo", "keys" }, { cwd = p.dir })
  t.write_file(p.dir .. "/inner.sh", require("native.process").exe() .. ' run book --plain; echo "code $?"\n')
  local run = t.spawn({ "sh", "-c", 'exec 3<>keys; script -qec "bash inner.sh" /dev/null <&3' }, p:options())
  t.eventually("the guarded work is under way, and watched", function()
    return t.read_file(p.dir .. "/begun") and world.looks >= 4
  end)
  world.lag = 9
  t.eventually("the channel is told", function()
    return (t.read_file(p.dir .. "/told") or ""):find('waits at "healthy": lag: 9 is not <= 5\nit asks at its terminal', 1, true)
  end)
  run:wait_line "Go on, roll back or stop"
  go(p)
  t.write_file(p.dir .. "/keys", "g\n")
  run:wait_line "code 0"
  t.eq(p:lines "log", ALL)
end)

local QUESTION = [[
return runbook { summary = "s", run = function()
  guard("healthy", { gates = { { name = "lag", query = "lag", limit = 5, critical = 8 } }, interval = "1h", on_breach = "stop" }, function()
    GUARDED
    sh.run { argv = { "touch", "inside" } }
  end)
  step("revoke", function() sh.run { argv = { "touch", "revoked" } } end)
end }]]

t.test("a guard that goes on looks before its work does, which an answer may have left nothing to do", function()
  local world = new_world()
  local p = new(world, "pause", { asks = (QUESTION:gsub("GUARDED", 'confirm "revoke?"')) })
  must(p, { "run", "asks" }, 3)
  lagging(world)
  must(p, { "approve", p:newest() }, 0)
  t.has(must(p, { "resume" }, 1), 'guard "healthy": lag: 9 is past the critical limit 8')
  t.eq(t.read_file(p.dir .. "/inside"), nil)
  world.lag = 1
  local looks = world.looks
  must(p, { "resume" }, 0)
  t.ok(world.looks > looks, "it was looked at once more")
  t.ok(t.read_file(p.dir .. "/revoked"))
end)

t.test("a guard that begins looks before its work does", function()
  local world = new_world()
  local p = new(world, "pause", { quick = (QUESTION:gsub("GUARDED", "")) })
  lagging(world)
  t.has(must(p, { "run", "quick" }, 1), 'guard "healthy": lag: 9 is past the critical limit 8')
  t.eq(t.read_file(p.dir .. "/inside"), nil)
  t.eq(t.read_file(p.dir .. "/revoked"), nil)
end)
