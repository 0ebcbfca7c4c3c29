-- Reports in a real browser: of a done, a failed and undone, a killed and resumed, and a canary's run, in both themes,
-- without a word on the console, with links and filters that work; and one of 5,000 steps in under a second.
-- SCREENSHOTS=DIR keeps the pictures there.
local browser = require "tests.browser"
local events = require "almanac.journal.event"
local fs = require "native.fs"
local httpd = require "native.httpd"
local json = require "native.json"
local process = require "native.process"
local projects = require "tests.project"
local t = require "tests.harness"
local task = require "native.task"

local why = browser.missing()
if why or t.getenv "ALMANAC_BUILD" == "build/asan" then
  -- a browser is slow beside a sanitized build, which it says nothing about
  t.test("reports in a browser: skipped, " .. (why or "the plain run looks at them"), function() end)
  return
end

-- Prometheus: a value that rises a little, and falls back.
local asked = 0
local server = httpd.listen {
  handler = function(_, response)
    asked = asked + 1
    local value = 0.012 + 0.03 * math.abs(math.sin(asked / 3))
    response:send(200, {}, string.format('{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"%.4f"]}]}}',
      value))
  end,
}

local DONE = [[
return runbook {
  summary = "Upgrade and prove it",
  params = { tag = param.string { required = true }, replicas = param.integer { default = 3 } },
  run = function(p)
    step("read what is there", function() note("revision 7, deployed") return { revision = 7 } end)
    confirm("upgrade the devnet?")
    step("upgrade the release", { undo = function() return fs.remove "values.yaml" end }, function()
      return fs.write("values.yaml", "image:\n  tag: " .. p.tag .. "\nreplicas: " .. p.replicas .. "\n")
    end)
    parallel("workloads are ready", {
      ["animica-node"] = function() return sh.read { "sh", "-c", "echo rolling; sleep 0.3; echo ready" } end,
      ["animica-miner"] = function() return sh.read { "sh", "-c", "sleep 0.1; echo ready" } end,
    })
    sleep("let it settle", "200ms")
    parallel("gates", {
      ["RPC errors"] = function()
        return gate { query = 'sum(rate(animica_rpc_requests_total{status="error"}[5m]))', op = "<", limit = 0.05, critical = 0.2,
          hold = "800ms", interval = "60ms", url = "http://127.0.0.1:PORT" }
      end,
      ["node head lag"] = function()
        return gate { query = "animica_head_lag", op = "<=", limit = 0.06, critical = 0.2, hold = "300ms", interval = "50ms",
          url = "http://127.0.0.1:PORT" }
      end,
    })
  end,
}
]]

local FAILED = [[
return runbook {
  summary = "Fails in its middle",
  run = function()
    step("write the values", { undo = function() return fs.remove "values.yaml" end }, function()
      return fs.write("values.yaml", "a: 1\n")
    end)
    parallel("roll out", {
      ["animica-explorer"] = function() return sh.read { "sleep", "0.2" } end,
      ["animica-node"] = function()
        step("the new pod is ready", { retry = { times = 2, delay = "200ms" } }, function()
          sh.run { "sh", "-c", "echo waiting for animica-node-0; echo 'CrashLoopBackOff: exit 1: cannot open database' >&2; exit 1" }
        end)
      end,
    })
    step("never reached", function() end)
  end,
}
]]

local KILLED = [[
return runbook {
  summary = "Is killed in its middle",
  run = function()
    step("first", function() return fs.write("first", "1\n") end)
    step("long", function() note "begun" return sh.read { "sh", "-c", "until test -e again; do sleep 0.05; done; sleep 0.3" } end)
    step("last", function() return fs.write("last", "1\n") end)
  end,
}
]]

local CSP = '<meta http%-equiv="Content%-Security%-Policy"[^>]*>'

-- Follows every link and chooses every filter, as a reader would, and says what it saw.
local READER = [[<script>
for (const a of document.querySelectorAll('a[href^="#"]')) {
  a.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, view: window }));
  if (!document.querySelector(":target")) console.log("a link leads nowhere: " + a.getAttribute("href"));
}
for (const label of document.querySelectorAll(".chips label")) {
  label.click();
  const steps = [...document.querySelectorAll(".step:not(.holds)")].filter(s => getComputedStyle(s).display !== "none");
  const wanted = +label.textContent.match(/\d+/)[0];
  if (steps.length !== wanted) console.log(label.textContent + " shows " + steps.length);
}
console.log("read " + document.links.length + " links");
</script>]]

--- Looks at a report in both themes, and reads it.
local function look(name, path, height)
  local dir = t.getenv "SCREENSHOTS" or t.tmpdir()
  for _, dark in ipairs { false, true } do
    local page = browser.picture("file://" .. path, string.format("%s/%s-%s.png", dir, name, dark and "dark" or "light"),
      { dark = dark, height = height })
    t.eq(page.console, {}, name)
  end
  local page = fs.read(path)
  local reader = path:gsub("%.html$", "-read.html")
  fs.write(reader, (page:gsub(CSP, ""):gsub("</body>", function() return READER .. "</body>" end)))
  local said = browser.look("file://" .. reader).console
  t.eq(#said, 1, name .. ": " .. table.concat(said, "; "))
  t.has(said[1], "read ")
end

local function report(project, id, height, name)
  local path = project.dir .. "/" .. name .. ".html"
  local code, _, err = project:run { "report", id, "-o", path }
  t.eq(code, 0, err)
  look(name, path, height)
  return fs.read(path)
end

t.test("a run that is done: its plan, gates, approval, and the good run before it", function()
  local project = projects.new { upgrade = (DONE:gsub("PORT", tostring(server:port()))) }
  local function must(code, words)
    local got, _, err = project:run(words)
    t.eq(got, code, err)
  end
  for _, tag in ipairs { "v1", "v2" } do
    must(2, { "plan", "upgrade", "tag=" .. tag, "-o", "plan.json" })
    must(3, { "run", "--plan", "plan.json" })
    must(0, { "approve", project:newest(), "--reason", "dashboards are green, " .. tag })
    must(0, { "resume", project:newest() })
  end
  local page = report(project, project:newest(), 3300, "done")
  t.has(page, "Planned, and what happened")
  t.has(page, "dashboards are green, v2")
  t.has(page, "Beside the last good run")
  t.has(page, "healthy when &lt; 0.05")
end)

t.test("a run that failed and was undone", function()
  local project = projects.new { broken = FAILED }
  local code, _, err = project:run { "run", "broken" }
  t.eq(code, 1, err)
  local id = project:newest()
  code, _, err = project:run { "rollback", id }
  t.eq(code, 0, err)
  local page = report(project, id, 2700, "undone")
  t.has(page, "CrashLoopBackOff: exit 1: cannot open database")
  t.has(page, "Failed in “roll out/animica-node/the new pod is ready”")
end)

t.test("a run that was killed and gone on with", function()
  local project = projects.new { killed = KILLED }
  local run = project:spawn { "run", "killed" }
  t.eventually("the journal has the note", function()
    local _, log = project:run { "log", "--json" }
    return log:find("begun", 1, true)
  end)
  run:kill "KILL"
  run:wait(20)
  fs.write(project.dir .. "/again", "")
  local code, _, err = project:run { "resume", project:newest() }
  t.eq(code, 0, err)
  local page = report(project, project:newest(), 1900, "killed")
  t.has(page, "killed once · resumed once")
end)

--- A journal with a run of a canary: its samples are those of a service that fails four times as often.
local function canary_journal(dir)
  local journal <close> = require("native.journal").open { dir = dir .. "/.almanac", mode = "rw" }
  local id, now = "canary-20261129-000000-abcd", task.wall_ms() - 600000
  journal:create { id = id, runbook = "canary", meta = json.encode { runbook = "canary", script = "runbooks/canary.lua", host = "here" } }
  local function add(kind, path, data) events.append(journal, id, kind, path, data) end
  local function queries(name)
    return { baseline = name .. '{namespace="animica-devnet"}', canary = name .. '{namespace="animica-canary"}' }
  end
  local spec = { name = "canary", alpha = 0.05, beta = 0.05, horizon = 600, interval = 15, metrics = {
    { name = "errors", kind = "count", bad = 2, tolerated = 1, weight = 1, min_requests = 30,
      queries = { events = queries "animica_rpc_errors_total", requests = queries "animica_rpc_requests_total" } },
    { name = "peers", kind = "gauge", bad = 3, tolerated = 0, weight = 1, worse = "lower", informational = true,
      queries = { value = queries "animica_p2p_peers_connected" } },
  } }
  add("run.start", "", { runbook = "canary", operator = "alice", params = { tag = "v2" } })
  add("step.start", "compare", { attempt = 1 })
  add("canary.start", "compare", { begin = now, bounds = {}, digest = "d", spec = spec })
  for i = 1, 30 do
    add("canary.sample", "compare", { begin = now, time = now + i * 15000, values = {
      errors = { canary_events = i > 8 and 2 + i % 3 or i % 2, canary_requests = 100, baseline_events = 5 + i % 4,
        baseline_requests = 900 },
      peers = { canary = 8 + math.sin(i), baseline = 9 + math.cos(i) },
    } })
  end
  add("step.failed", "compare", { kind = "canary", message = 'canary "canary": fail: errors: worse than tolerated' })
  add("run.end", "", { status = "failed", error = { kind = "canary", message = 'canary "canary": fail: errors', step = "compare" } })
  return id
end

t.test("a run of a canary: both arms, and the evidence until it was decided", function()
  local project = projects.new {}
  fs.mkdir(project.dir .. "/.almanac")
  local page = report(project, canary_journal(project.dir), 2500, "canary")
  t.has(page, "worse than tolerated")
  t.has(page, "decided at ")
  t.lacks(page, "Its evidence is not drawn")
end)

--- What a program gets of a processor: where more of them want one than there are, its clock runs on while it waits.
local function share_of_processor()
  local wanting = tonumber(fs.read("/proc/loadavg"):match "^%S+")
  local processors = select(2, fs.read("/proc/cpuinfo"):gsub("\nprocessor", "\n")) + 1
  return math.min(1, processors / wanting)
end

t.test("5,000 steps: written in under a second, and shown in under one", function()
  local project = projects.new {}
  fs.mkdir(project.dir .. "/.almanac")
  local id = "many-20261129-000000-abcd"
  do
    local journal <close> = require("native.journal").open { dir = project.dir .. "/.almanac", mode = "rw" }
    journal:create { id = id, runbook = "many", meta = json.encode { runbook = "many" } }
    local function add(kind, path, data) journal:append(id, kind, path, json.encode(data), false) end
    add("run.start", "", { runbook = "many" })
    for i = 1, 50 do
      add("step.start", "group " .. i, { attempt = 1 })
      for k = 1, 100 do
        local path = string.format("group %d/step %d", i, k)
        local effect = string.format("%08x%08x", i, k)
        add("effect.intent", path, { op = "fs.write", id = effect, ordinal = "0", title = "write file", input = { path = "f" } })
        add("effect.outcome", path, { op = "fs.write", id = effect, ordinal = "0", ok = true, result = { changed = true } })
        add("step.done", path, { started = task.wall_ms(), elapsed_ms = 3, result = { changed = true } })
      end
      add("step.done", "group " .. i, { elapsed_ms = 300 })
    end
    add("run.end", "", { status = "done" })
    journal:flush(true)
  end
  local path = project.dir .. "/many.html"
  -- processor time: of user and system, of the shell's children
  local written
  t.eventually("it is written in under a second of processor time, which is more where two share a processor", function()
    local times = t.must({ "sh", "-c", '"$@" >/dev/null 2>&1 || exit; times', "sh", process.exe(), "report", id, "-o", path },
      { cwd = project.dir })
    written = 0
    for minutes, seconds in times:match "\n(.*)$":gmatch "(%d+)m([%d.]+)s" do written = written + minutes * 60 + seconds end
    return written < 1
  end, 60)
  fs.write(path, (fs.read(path):gsub(CSP, ""):gsub("</body>", function()
    return [[<script>onload = () => requestAnimationFrame(() => setTimeout(() =>
      console.log("shown in " + Math.round(performance.now()) + " ms")))</script></body>]]
  end)))
  local shown, share
  t.eventually("it is shown in under a second", function()
    shown, share = tonumber((browser.look("file://" .. path).console[1] or ""):match "shown in (%d+) ms"), share_of_processor()
    return shown and shown * share < 1000
  end, 60)
  print(string.format("5,000 steps: written in %.2f s of processor time, shown in %d ms with %.0f %% of a processor", written, shown,
    100 * share))
end)

server:close()
