-- k8s.exec: what a real API server said, in data; and against the simulated cluster.
local definitions = require "almanac.run.definitions"
local httpd = require "native.httpd"
local json = require "native.json"
local k8s = require "almanac.public.k8s"
local k8s_client = require "almanac.k8s.client"
local outcome = require "almanac.k8s.exec_outcome"
local secret = require "almanac.base.secret"
local settings = require "almanac.config.settings"
local t = require "tests.harness"
local tls = require "tests.tls"
local task = require "native.task"

-- The recording ----------------------------------------------------------------------------------

--- The last channel's Status of each recorded exec.
local function recorded()
  local out = {}
  for line in t.read_file("tests/fixtures/recordings/40-exec-websocket.jsonl"):gmatch "[^\n]+" do
    local exchange = json.decode(line)
    local entry = { path = exchange.request.path, streams = { "", "" }, refusal = exchange.response.body, argv = {} }
    for word in entry.path:gmatch "command=([^&]*)" do
      entry.argv[#entry.argv + 1] = word:gsub("+", " "):gsub("%%(%x%x)", function(h) return string.char(tonumber(h, 16)) end)
    end
    for _, frame in ipairs(exchange.frames) do
      local bytes = (frame.payload_hex or ""):gsub("%x%x", function(h) return string.char(tonumber(h, 16)) end)
      if frame.from == "client" and bytes:byte(1) == 0 then entry.stdin = bytes:sub(2) end
      local channel = frame.from == "server" and frame.opcode == 2 and bytes:byte(1)
      if channel == 3 then entry.status, entry.ended = bytes:sub(2), outcome.of_status(bytes:sub(2)) end
      if entry.streams[channel] then entry.streams[channel] = entry.streams[channel] .. bytes:sub(2) end
    end
    out[#out + 1] = entry
  end
  return out
end

t.test("how a command ended, as a real server says it", function()
  local e = recorded()
  t.eq(e[1].ended, { code = 0 })
  t.eq({ e[2].ended, e[2].streams }, { { code = 3 }, { "out\n", "err\n" } })
  t.eq(e[3].streams[1], "hello stdin\n")
  t.eq(e[4].ended.code, nil)
  t.eq(e[4].ended.not_started, true)
  t.eq(e[4].ended.why, 'exec: "/no/such/program": stat /no/such/program: no such file or directory')
  t.has(e[4].ended.hint, "in this container's image")
  t.eq(e[5].ended, { code = 0 })
end)

t.test("the processes of a command: scripts by their interpreter, never the container's first", function()
  local text = "=/proc/1\nsleep\0" .. "9\0\n=/proc/7\nsleep\0" .. "9\0\n=/proc/8\n\n" ..
    "=/proc/12\n/bin/sh\0/app/migrate.sh\0--to\0two\nlines\0\n"
  t.eq(outcome.processes(text, { "sleep", "9" }), { 7 })
  t.eq(outcome.processes(text, { "/bin/sleep", "9" }), { 7 })
  t.eq(outcome.processes(text, { "migrate.sh", "--to", "two\nlines" }), { 12 })
  t.eq(outcome.processes(text, { "sleep", "99" }), {})
  t.eq(outcome.processes(text, { "sleep", "(secret seconds)" }), { 7 })
  t.eq(outcome.processes("", { "sleep" }), {})
end)

t.test("the container: named, annotated, the only one, or asked for", function()
  local pod = { metadata = { name = "p" }, spec = { containers = { { name = "a" }, { name = "b" } } } }
  local err = t.raises("usage", outcome.container, "k8s.exec", pod)
  t.eq(err.message, "k8s.exec: pod p has several containers, and none of them is its default: say which")
  t.eq(err.hint, "container = one of: a, b")
  t.eq(outcome.container("k8s.exec", pod, "b"), "b")
  t.raises("not_found", outcome.container, "k8s.exec", pod, "c")
  pod.metadata.annotations = { ["kubectl.kubernetes.io/default-container"] = "b" }
  t.eq(outcome.container("k8s.exec", pod), "b")
  local waiting = { status = { containerStatuses = { { name = "a", state = { waiting = { reason = "CrashLoopBackOff" } } } } } }
  t.eq({ outcome.running(waiting, "a") }, { nil, "it is waiting: CrashLoopBackOff" })
end)

-- A simulated cluster ----------------------------------------------------------------------------

local SETUP = [[
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 1
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [ { name: web, image: "ghcr.io/x/web:v1", env: [ { name: COLOUR, value: green } ] } ] }
---
apiVersion: v1
kind: Pod
metadata: { name: two }
spec: { containers: [ { name: a, image: "x/a:v1" }, { name: b, image: "x/b:v1" } ] }
---
apiVersion: v1
kind: Pod
metadata: { name: lost }
spec: { containers: [ { name: c, image: "x/missing:v1" } ] }
]]

local build = (t.getenv "ALMANAC_BUILD" or "build") .. "/almanac"

local function perform(name, raw)
  local definition = definitions.find(name)
  local input = definition.input(raw)
  local ctx = { id = "0123456789abcdef", run = "r", before = definition.observe and definition.observe(input) }
  ctx.already = definition.already and definition.already(input, ctx.before) or nil
  return definition.apply(input, ctx), input, ctx
end

local function cluster(...)
  local dir = t.tmpdir()
  local argv = { build, "sim", "--kubeconfig", dir .. "/kubeconfig", "--with-namespace", "team", "--ready-time", "0.05",
    "--fault", "missing=lost" }
  for _, word in ipairs { ... } do argv[#argv + 1] = word == "TLS" and dir .. "/tls" or word end
  local sim = t.spawn(argv)
  sim:wait_line "http"
  settings.kubeconfig = dir .. "/kubeconfig"
  k8s_client.forget()
  t.defer(function() settings.kubeconfig = nil end)
  perform("k8s.apply", { manifest = SETUP, opts = { namespace = "team" } })
  for _, pod in ipairs { "deployment/web", "pod/two" } do
    k8s.wait(pod, { namespace = "team", condition = pod == "pod/two" and "Ready" or "Available", timeout = 20 })
  end
  return sim, dir
end

--- The simulated pod says what the real one said: the same request, the same streams and Status.
local function replay(entry, pod)
  local refused = entry.refusal ~= ""
  local ok, session = pcall(k8s_client.channels, k8s_client.open(), {
    who = "test", path = "/api/v1/namespaces/team/pods/" .. (refused and "no-such-pod" or pod) .. "/exec", stdin = entry.stdin,
    query = { command = entry.argv, stdout = true, stderr = true, stdin = entry.stdin and true or nil },
  })
  if refused then return t.eq({ ok, session.api_message }, { false, json.decode(entry.refusal).message }) end
  local result = session:wait()
  session:close()
  t.eq({ result.stdout, result.stderr }, entry.streams, entry.path)
  local function plain(status) return json.decode((status:gsub(("%x"):rep(64), "ID"))) end
  t.eq(plain(result.status), plain(entry.status))
end

local function command(argv, more)
  local out = { pod = "deployment/web", namespace = "team", command = argv }
  for key, value in pairs(more or {}) do out[key] = value end
  return out
end

local function read(argv, more) return k8s.exec_read(command(argv, more)) end

--- The command lines of a container's processes.
local function processes(more)
  return read({ "sh", "-c", "for p in /proc/[0-9]*; do cat $p/cmdline; done" }, more).stdout
end

t.test("exec: codes and streams, words beside options", function()
  cluster()
  local pod = k8s.pods("deployment/web", { namespace = "team" })[1].metadata.name
  for _, entry in ipairs(recorded()) do replay(entry, pod) end
  local result = read { "sh", "-c", "echo out; echo err >&2; echo $COLOUR" }
  t.eq({ result.code, result.stdout, result.stderr, result.container }, { 0, "out\ngreen\n", "err\n", "web" })
  local err = t.raises("command", read, { "sh", "-c", "echo out; echo err >&2; exit 3" })
  t.eq({ err.code, err.stdout, err.stderr, err.in_doubt }, { 3, "out\n", "err\n", nil })
  t.has(err.message, "exited with code 3")
  t.eq(read({ "sh", "-c", "exit 3" }, { ok = { 0, 3 } }).code, 3)

  local where = { pod = "deployment/web", namespace = "team" }
  t.eq(k8s.exec_read("echo", "a b", 5, where).stdout, "a b 5\n", "words, options behind them")
  t.eq(k8s.exec_read({ "echo", "a b", pod = where.pod, namespace = "team" }).stdout, "a b\n", "words beside options")
  t.has(t.raises("usage", k8s.exec_read, "ls", { pod = "x", command = { "ls" } }).message, "given twice")

end)

t.test("exec: stdin, and 10 MB", function()
  cluster()
  t.eq(read({ "cat" }, { stdin = "hello\n" }).stdout, "hello\n")
  local long = ("0123456789abcde\n"):rep(65536) -- 1 MiB
  t.ok(read({ "cat" }, { stdin = long }).stdout == long, "1 MiB through cat")
  t.eq(read({ "cat" }, { stdin = "" }).stdout, "")
  t.eq(read({ "cat" }).stdout, "")
  local started = task.now()
  local result = read({ "head", "-c", "10000000", "/dev/zero" })
  t.eq({ #result.stdout, result.truncated }, { 10000000, false })
  t.ok(task.now() - started < 10, "10 MB in seconds")
  result = read({ "head", "-c", "10000000", "/dev/zero" }, { max_output = 1000 })
  t.ok(#result.stdout < 1100 and result.truncated, "capped")

end)

t.test("exec: what is missing is named", function()
  cluster()
  local err = t.raises("command", read, { "/no/such/program" })
  t.has(err.message, 'could not be run in pod web-')
  t.has(err.message, 'exec: "/no/such/program": stat /no/such/program: no such file or directory')
  t.eq({ err.code, err.in_doubt }, { nil, false })
  err = t.raises("command", perform, "k8s.exec", command { "nosuch" })
  t.eq({ err.in_doubt }, { false })
  t.has(err.message, "executable file not found in $PATH")

  err = t.raises("api", read, { "true" }, { pod = "no-such-pod" })
  t.eq(err.status, 404)
  t.has(err.message, 'pods "no-such-pod" not found')
  t.raises("api", read, { "true" }, { pod = "deployment/nothing" })
  t.has(t.raises("usage", read, { "true" }, { pod = "serviceaccount/default" }).message, "has no pods of its own")
  err = t.raises("usage", read, { "true" }, { pod = "two" })
  t.eq(err.hint, "container = one of: a, b")
  t.eq(read({ "true" }, { pod = "two", container = "b" }).container, "b")
  err = t.raises("not_found", read, { "true" }, { pod = "lost" })
  t.has(err.message, 'nothing can run in container "c" of pod lost: ')

end)

t.test("exec: cut off by time, by a cancel, by the pod's end and the server's", function()
  local sim = cluster()
  -- A time limit: the command stays, and that is said.
  local err = t.raises("timeout", perform, "k8s.exec", command({ "sh", "-c", "echo begun; sleep 1000" }, { timeout = 0.3 }))
  t.eq({ err.in_doubt, err.stdout }, { true, "begun\n" })
  local _, pid = err.message:match "it still runs in the pod %((process) (%d+)%)"
  t.has(err.message, "took longer than 300ms")
  t.eq(read({ "kill", pid }).code, 0)
  -- One that writes dies with its reader.
  t.raises("timeout", perform, "k8s.exec", command({ "sh", "-c", "while true; do echo x; sleep 0.01; done" }, { timeout = 0.3 }))
  t.eventually("the writer is gone", function() return not processes():find("echo x", 1, true) end)

  -- Cancelled.
  local child = task.spawn(function() return perform("k8s.exec", command { "sleep", "1000" }) end)
  t.eventually("it runs", function()
    return processes():find("sleep\0" .. "1000", 1, true)
  end)
  child:cancel()
  local ok
  ok, err = child:join()
  t.eq({ ok, err.kind, err.in_doubt }, { false, "cancelled", true })
  t.has(err.message, "sleep 1000 in pod web-")
  t.ok(err.message:match "it still runs in the pod %(process %d+%); to end it: kubectl %-n team exec web%-.* %-c web %-%- sh %-c 'kill",
    err.message)
  t.eq(read({ "kill", err.message:match "process (%d+)" }).code, 0)

  -- The pod goes: the command is ended with it.
  child = task.spawn(function() return perform("k8s.exec", command({ "sleep", "1000" }, { pod = "two", container = "a" })) end)
  t.eventually("it runs", function()
    return processes { pod = "two", container = "a" }:find("sleep\0" .. "1000", 1, true)
  end)
  perform("k8s.delete", { ref = "pod/two", opts = { namespace = "team" } })
  ok, err = child:join()
  t.eq({ ok, err.kind, err.code }, { false, "command", 137 })

  -- The server goes in the middle.
  child = task.spawn(function() return perform("k8s.exec", command { "sh", "-c", "echo begun; sleep 1000" }) end)
  t.eventually("it runs", function()
    return processes():find("begun", 1, true)
  end)
  sim:kill "KILL"
  ok, err = child:join()
  t.eq({ ok, err.kind, err.in_doubt, err.stdout }, { false, "network", true, "begun\n" })
  t.has(err.message, "its end was not seen")
  t.has(err.message, "it may still run in the pod")
end)

t.test("exec over TLS with a client certificate: 10 MB, stdin; checks, recovery, secrets", function()
  cluster("--tls", "TLS")
  t.eq(#read({ "head", "-c", "10000000", "/dev/zero" }).stdout, 10000000)
  t.eq(read({ "cat" }, { stdin = "hello\n" }).stdout, "hello\n")
  local migrate = "/app/scripts/migrate.sh"
  local wanted = command({ migrate }, { check = { migrate, "--is-done" } })
  local definition = definitions.find "k8s.exec"
  local input = definition.input(wanted)
  t.eq(definition.title(input), "run /app/scripts/migrate.sh in deployment/web")
  local preview = definition.preview(input, definition.observe(input))
  t.eq(preview.nothing, nil)
  t.has(preview.summary, "/app/scripts/migrate.sh in pod web-")
  local result, _, ctx = perform("k8s.exec", wanted)
  t.eq({ result.code, result.stdout, result.already_done }, { 0, "migrating\ndone\n", nil })
  t.eq(perform("k8s.exec", wanted).already_done, true)
  t.has(definition.preview(input, ctx.before).summary, "already done: /app/scripts/migrate.sh --is-done says so")
  -- Recovery: the check decides; without one nobody can tell.
  local state, why = definition.recover(input, ctx)
  t.eq({ state, why.already_done, why.code }, { "done", nil, 0 }) -- it was the run that did it
  local other = definition.input(command { "touch", "/data/x" })
  state, why = definition.recover(other, ctx)
  t.eq(state, "unknown")
  t.has(why, "its end was not seen; it has no check to ask")
  t.eq(definition.recover(definition.input(command({ "touch", "/data/x" }, { idempotent = true })), ctx), "again")
  t.eq(definition.recover(definition.input(command({ "touch", "/data/x" }, { check = { "test", "-e", "/data/x" } })), ctx), "not_done")
  -- A recovery waits for what still runs.
  local slow = command({ "sleep", "0.5" }, { idempotent = true })
  local child = task.spawn(function() return perform("k8s.exec", slow) end)
  t.eventually("it runs", function()
    return processes():find("sleep\0" .. "0.5", 1, true)
  end)
  t.eq(definition.recover(definition.input(slow), ctx), "again")
  t.eq(child:done(), true)
  -- Secrets are opened for the pod alone.
  local word = secret.new("token", "hunter2-hunter2")
  input = definition.input(command { "echo", word })
  t.eq(definition.title(input), "run echo '(secret token)' in deployment/web")
  t.eq(definition.apply(input, ctx).stdout, "hunter2-hunter2\n")
  local err = t.raises("command", perform, "k8s.exec", command { "false", word })
  t.lacks(json.encode { err.message, err.argv }, "hunter2")
end)

--- A server that holds the pod "p" and answers an exec as `answers` has it for its first word.
local function odd_server(answers)
  local pod = {
    kind = "Pod", apiVersion = "v1", metadata = { name = "p", namespace = "team", uid = "u" }, spec = { containers = { { name = "c" } } },
    status = { phase = "Running", containerStatuses = { { name = "c", containerID = "x", state = { running = {} } } } },
  }
  local dir = t.tmpdir()
  local server = httpd.listen {
    tls = tls.certificate(dir), -- over plain HTTP no credential is sent
    handler = function(request, response)
      if not request.path:find "/exec$" then
        return response:send(200, { ["Content-Type"] = "application/json" }, json.encode(pod))
      end
      local word = request.raw_query:match "command=([%w%-]+)"
      if answers[word] then return answers[word](response, request) end
      response:send(403, {}, "unable to negotiate protocol")
    end,
  }
  t.defer(function() server:close() end)
  local url = "https://127.0.0.1:" .. server:port()
  settings.kubeconfig = dir .. "/kubeconfig"
  t.write_file(settings.kubeconfig, json.encode {
    kind = "Config", ["current-context"] = "c", contexts = { { name = "c", context = { cluster = "c", user = "u" } } },
    clusters = { { name = "c", cluster = { server = url, ["certificate-authority"] = "cert.pem" } } },
    users = { { name = "u", user = { username = "me", password = "pw" } } },
  })
  k8s_client.forget()
  t.defer(function() settings.kubeconfig = nil end)
end

t.test("exec: servers that speak v4, break off, or talk nonsense", function()
  local SUCCESS = '\3{"metadata":{},"status":"Success"}'
  local function saying(protocol, ...)
    local messages = { ... }
    return function(response)
      local socket = response:websocket(protocol)
      for _, message in ipairs(messages) do socket:send(message) end
      socket:close()
    end
  end
  local authorization
  odd_server {
    old = saying("v4.channel.k8s.io", "\1", "\1one\n", "\2two\n", SUCCESS),
    mixed = saying("v5.channel.k8s.io", "", "\255\1", "\7?", "\1a", "\2b", "\1" .. ("c"):rep(300000), SUCCESS),
    mute = saying("v5.channel.k8s.io", "\1one\n"),
    nonsense = saying("v5.channel.k8s.io", "\3not json"),
    other = saying("v9.channel.k8s.io"),
    cut = function(response)
      local socket = response:websocket "v5.channel.k8s.io"
      socket:send "\1half"
      socket:drop()
    end,
    who = function(response, request)
      authorization = request.headers.authorization
      return saying("v5.channel.k8s.io", SUCCESS)(response)
    end,
  }
  local function run(word, more) return perform("k8s.exec", command({ word }, { pod = "p", stdin = more })) end
  local result = run "old"
  t.eq({ result.code, result.stdout, result.stderr }, { 0, "one\n", "two\n" })
  result = read({ "mixed" }, { pod = "p" })
  t.eq({ #result.stdout, result.stderr }, { 300001, "b" })
  run "who"
  t.eq(authorization, "Basic bWU6cHc=")
  for word, says in pairs {
    mute = "its end was not seen: the server closed the connection (code 1000)", cut = "its end was not seen: ",
  } do
    local err = t.raises("network", run, word)
    t.eq(err.in_doubt, true)
    t.has(err.message, says)
    t.has(err.message, "it may still run in the pod (that could not be looked up: k8s.exec: unable to negotiate protocol (403))")
  end
  local err = t.raises("command", run, "nonsense")
  t.eq(err.in_doubt, true)
  t.has(err.message, "the server's last word is no Status: not json")
  err = t.raises("protocol", run, "other")
  t.eq(err.in_doubt, true)
  t.has(err.message, 'the server chose the protocol "v9.channel.k8s.io", which was not offered')
  err = t.raises("api", run, "refusing", "text")
  t.eq({ err.status, err.in_doubt }, { 403, false })
  t.has(err.hint, "older than Kubernetes 1.30")
end)

t.test("exec: what cannot be meant is refused before anything happens", function()
  local exec = definitions.find "k8s.exec".input
  local function refused(raw, words) t.has(t.raises("usage", exec, raw).message, words) end
  refused("ls", "its first argument is a table of options")
  refused({ pod = "x" }, "command is missing")
  refused({ pod = "x", command = "ls -l" }, "the command must be texts")
  refused({ pod = "x", command = { "ls", {} } }, "the command must be texts")
  refused({ pod = "x", command = { "ls", nil, "a" } }, "the command must be texts")
  refused({ pod = "x", command = { "a\0b" } }, "zero byte")
  refused({ command = { "ls" } }, "pod is missing")
  refused({ pod = 5, command = { "ls" } }, "pod must be a pod or a workload")
  refused({ pod = "a b", command = { "ls" } }, "names no object")
  refused({ pod = "x", command = { "ls" }, tty = true }, 'no option "tty"')
  refused({ pod = "x", command = { "ls" }, ok = { "0" } }, "ok must be a list of exit codes")
  refused({ pod = "x", command = { "ls" }, stdin = 5 }, "stdin must be a string")
  refused({ pod = "x", command = { "ls" }, max_output = "1k" }, "max_output must be a number of bytes")
  t.eq(exec({ pod = { kind = "Pod", metadata = { name = "p", namespace = "n" } }, command = { "ls", 5 } }).command, { "ls", "5" })
end)
