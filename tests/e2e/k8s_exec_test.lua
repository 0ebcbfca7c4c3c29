-- Exec in a run: the plan, the journal, Ctrl-C, kill -9 in the middle; and the real kubectl's exec
-- against the simulated cluster.
local http = require "native.http"
local json = require "native.json"
local projects = require "tests.project"
local t = require "tests.harness"

local POD = [[
apiVersion: v1
kind: Pod
metadata: { name: tool, namespace: team }
spec: { containers: [ { name: tool, image: "x/tool:v1" } ] }
]]

local function runbook(call)
  return string.format('return runbook { summary = "x", params = {}, run = function()\nstep("migrate", function()\n' ..
    "return %s\nend)\nend }\n", call)
end

--- Appends a line to a file in the pod for each time it runs, and then takes a while.
local SLOW = [[k8s.exec { pod = "tool", namespace = "team", command = { "sh", "-c", "echo ran >> /data/log; echo begun; sleep %s" }%s }]]

local runbooks = {
  setup = runbook(string.format("k8s.apply(%q), k8s.wait('pod/tool', { namespace = 'team', condition = 'Ready' })", POD)),
  blind = runbook(SLOW:format("1000", "")),
  checked = runbook(SLOW:format("0.4", ', check = { "test", "-e", "/data/log" }')),
  unchecked = runbook [[k8s.exec { pod = "tool", namespace = "team", command = { "sh", "-c", "echo one; echo two >&2; exit 3" } }]],
}

local function setting()
  local project = projects.new(runbooks)
  local sim = t.spawn { t.getenv "ALMANAC_BUILD" .. "/almanac", "sim", "--kubeconfig", project.dir .. "/kubeconfig",
    "--with-namespace", "team", "--ready-time", "0.05" }
  local _, api = sim:wait_line "^api=(%S+)"
  project.env = { KUBECONFIG = project.dir .. "/kubeconfig" }
  local code, _, err = project:run({ "run", "setup" }, project.env)
  t.eq(code, 0, err)
  function project.kubectl(name, words, stdin)
    return t.run({ ".deps/bin/" .. name, "--namespace", "team", table.unpack(words) },
      { env = { KUBECONFIG = project.env.KUBECONFIG, HOME = project.dir }, stdin = stdin, timeout = 60 })
  end
  function project.pod(argv)
    return project.kubectl("kubectl34", { "exec", "tool", "--", table.unpack(argv) })
  end
  return project, api
end

--- Runs it, and kills it once the command's first line is on the screen.
local function kill_in_the_middle(project, name)
  local run = project:spawn({ "run", name }, project.env)
  run:wait_line "| begun"
  run:kill "KILL"
  run:wait()
end

t.test("a run that is killed in an exec waits for the command, asks, or lets the check decide", function()
  local project = setting()
  -- With a check: the resumed run waits until the command is over, and finds it done.
  kill_in_the_middle(project, "checked")
  local code, _, err = project:run({ "resume", "--plain" }, project.env)
  t.eq(code, 0, err)
  t.eq(select(2, project.pod { "cat", "/data/log" }), "ran")
  local plan
  code, plan = project:run({ "plan", "checked" }, project.env)
  t.eq(code, 0, plan)
  t.has(plan, "already done: test -e /data/log says so in pod tool (container tool)")

  -- Without one it is asked, and never done twice.
  kill_in_the_middle(project, "blind")
  local _, processes = project.pod { "sh", "-c", 'for p in /proc/[0-9]*; do echo $p; cat $p/cmdline; echo; done' }
  local pid = t.ok(processes:match "/proc/(%d+)\nsh%z%-c%zecho ran", processes)
  t.eq(project.pod { "kill", pid }, 0)
  code, _, err = project:run({ "resume", "--plain" }, project.env)
  t.eq(code, 3, err)
  t.has(err, "it was started in pod tool (container tool), and its end was not seen; it has no check to ask")
  t.has(err, "--in-doubt redo|done|abort")
  t.eq(select(2, project.pod { "cat", "/data/log" }), "ran\nran")
  code, _, err = project:run({ "resume", "--in-doubt", "done" }, project.env)
  t.eq(code, 0, err)
  t.eq(select(2, project.pod { "cat", "/data/log" }), "ran\nran")

  -- Ctrl-C twice: the command is left alone, and the process named.
  local run = project:spawn({ "run", "blind" }, project.env)
  run:wait_line "| begun"
  run:kill "INT"
  run:wait_line "SIGINT: pausing"
  run:kill "INT"
  code, _, err = run:wait()
  t.eq(code, 130, err)
  t.has(run:text(), "it still runs in the pod (process ")
  local kill = run:text():match "kubectl %-n team exec tool %-c tool %-%- sh %-c '(kill %d+)'"
  t.eq(project.pod { "sh", "-c", t.ok(kill, run:text()) }, 0)
  _, processes = project.pod { "sh", "-c", 'cat /proc/[0-9]*/cmdline' }
  t.lacks(processes, "echo ran")

  -- A failure shows both streams, and they are in the journal.
  code, _, err = project:run({ "run", "unchecked" }, project.env)
  t.eq(code, 1, err)
  t.has(err, "exited with code 3")
  t.has(err, "one")
  t.has(err, "two")
  local events = select(2, project:run({ "log", project:newest(), "--json" }, project.env))
  t.has(events, '"text":"two"')
end)

t.test("kubectl exec, 1.31 and 1.34, over WebSocket", function()
  local project, api = setting()
  for _, name in ipairs { "kubectl31", "kubectl34" } do
    local code, out, err = project.kubectl(name, { "exec", "tool", "--", "sh", "-c", "echo out; echo err >&2; exit 3" })
    t.eq({ code, out }, { 3, "out" }, err)
    t.has(err, "err\ncommand terminated with exit code 3")
    code, out = project.kubectl(name, { "exec", "-i", "tool", "--", "cat" }, "hello\n")
    t.eq({ code, out }, { 0, "hello" })
    code, _, err = project.kubectl(name, { "exec", "tool", "--", "/no/such/program" })
    t.eq(code, 1)
    t.has(err, "OCI runtime exec failed: exec failed: unable to start container process: exec: \"/no/such/program\": stat " ..
      "/no/such/program: no such file or directory: unknown")
    code, _, err = project.kubectl(name, { "exec", "no-such-pod", "--", "true" })
    t.eq(code, 1)
    t.has(err, 'pods "no-such-pod" not found')
    code, out = project.kubectl(name, { "exec", "tool", "--", "seq", "200000" })
    t.eq({ code, #out, out:match "%d+$" }, { 0, 1288894, "200000" })
  end
  -- Who asks for no WebSocket is told.
  local answer = http.request { url = api .. "/api/v1/namespaces/team/pods/tool/exec?command=true", who = "t" }
  t.eq({ answer.status, json.decode(answer.body).message }, { 400, "Upgrade request required" })
end)
