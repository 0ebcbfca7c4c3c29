-- Six secrets through everything that a run can hand one to (arguments, environment, standard input, headers, a
-- URL, helm's values, a Secret of the cluster, an error, a child's echo, a line longer than a buffer), in a
-- run that is killed and resumed: none of them is in any file, any output or any report of it.
local devnet = require "tests.devnet"
local fs = require "native.fs"
local http = require "native.http"
local httpd = require "native.httpd"
local json = require "native.json"
local t = require "tests.harness"
local traces = require "tests.secret_traces"

local BOOK = [==[
return runbook {
  params = {
    awkward = param.secret { required = true }, pem = param.secret { required = true }, word = param.secret { required = true },
    pin = param.secret { required = true }, inner = param.secret { required = true }, outer = param.secret { required = true },
  },
  run = function(p)
    local all = { awkward = p.awkward, pem = p.pem, word = p.word, pin = p.pin, inner = p.inner, outer = p.outer }
    step("argv", function()
      for _, words in ipairs { { "echo", p.pem }, { "echo", "--password=" .. p.outer } } do
        local ok, err = errors.try(sh.run, { argv = words })
        assert(not ok and err.kind == "usage")
        note("refused: " .. err.message)
      end
    end)
    step("env", function()
      local env = { A = p.awkward, P = p.pem, W = p.word, N = p.pin, O = p.outer }
      sh.run { argv = { "sh", "-c", 'printf "%s\n" "$A" "$P" "the word $W" "the pin $N" "$O"; env | grep "^[APWNO]="' }, env = env }
      return sh.read { argv = { "sh", "-c", 'printf %s "$A$P$O" | base64 -w 0; printf %s "$A$P$O" | od -An -tx1 | tr -d " \n"' },
        env = env }.stdout
    end)
    step("stdin", function()
      sh.run { argv = { "sh", "-c", "cat; cat >&2" }, stdin = json.encode(all, { canonical = true }) }
      sh.run { argv = { "cat" }, stdin = yaml.encode(all) }
      return sh.read { argv = { "cat" }, stdin = "the key:\n" .. p.pem .. p.outer }.stdout
    end)
    step("a long line", function()
      sh.run { argv = { "sh", "-c",
        'head -c 65526 /dev/zero | tr "\\0" x; printf %s "$O"; head -c 60000 /dev/zero | tr "\\0" y; echo "$A"' },
        env = { O = p.outer, A = p.awkward } }
    end)
    step("requests", function()
      http.post { url = "URL/login", headers = { Authorization = "Bearer " .. p.outer, Cookie = "pin=" .. p.pin },
        json = all }
      http.put { url = "URL/hook/" .. p.outer, body = json.encode(all, { canonical = true }) }
      return http.get { url = "URL/hook/" .. p.outer, query = { key = p.awkward, pin = p.pin, pem = p.pem } }
    end)
    step("a Secret", function()
      k8s.apply({ apiVersion = "v1", kind = "Secret", metadata = { name = "s" }, type = "Opaque", stringData = all },
        { namespace = "animica-devnet" })
      k8s.patch("secret/s", { stringData = { more = p.outer .. p.pem } }, { namespace = "animica-devnet" })
      note(json.encode(k8s.get("secret/s", { namespace = "animica-devnet" }))) -- a step cannot return it
    end)
    step("helm", function()
      local ok, err = errors.try(helm.upgrade, { release = "hush", namespace = "animica-devnet", chart = "chart", install = true,
        set = { password = p.outer } })
      assert(not ok and err.kind == "usage")
      helm.upgrade { release = "hush", namespace = "animica-devnet", chart = "chart", install = true, values = { "secret-values.yaml" } }
      local release = { release = "hush", namespace = "animica-devnet" }
      return { select(2, errors.try(helm.manifest, release)), select(2, errors.try(helm.notes, release)) }
    end)
    step("waits", function()
      sh.run { argv = { "sh", "-c", 'echo "$P $O"; test -e go && exit; echo $$ > pid; echo held >&2; exec sleep 600' },
        env = { P = p.pem, O = p.outer }, idempotent = true }
    end)
    step("tries", { retry = { times = 2, delay = 0.01 } }, function()
      sh.run { argv = { "sh", "-c", 'printf "%s\n" "refused: $A" "$P" "$O" >&2; test -e tried || { touch tried; exit 1; }' },
        env = { A = p.awkward, P = p.pem, O = p.outer } }
    end)
    step("error", function()
      if fs.exists "mended" then return end
      errors.raise { kind = "bad", message = "no " .. tostring(p.outer), data = all,
        stderr = sh.read { argv = { "sh", "-c", 'printf "%s|" "$A" "$P" "$O" "pin $N"' },
          env = { A = p.awkward, P = p.pem, O = p.outer, N = p.pin } }.stdout }
    end)
  end,
}]==]

local CHART = {
  ["Chart.yaml"] = "apiVersion: v2\nname: hush\nversion: 0.1.0\n",
  ["templates/all.yaml"] = [[
apiVersion: v1
kind: Secret
metadata: { name: hush }
stringData:
  password: {{ .Values.password | quote }}
  pem: {{ .Values.pem | quote }}
---
apiVersion: v1
kind: ConfigMap
metadata: { name: hush }
data:
  config: {{ printf "password=%s\n%s" .Values.password .Values.pem | quote }}
]],
  ["templates/NOTES.txt"] = "Log in with {{ .Values.password }}.\n",
}

local function write_chart(dir)
  t.must { "mkdir", "-p", dir .. "/chart/templates" }
  for name, text in pairs(CHART) do t.write_file(dir .. "/chart/" .. name, text) end
  fs.write(dir .. "/secret-values.yaml", json.encode { password = traces.secrets.OUTER, pem = traces.secrets.PEM }, { mode = 384 })
end

local function start()
  local world = devnet.start { install = false, sim = { "--with-namespace", devnet.release } }
  local made = http.request { method = "POST", url = world.api .. "/api/v1/namespaces/" .. devnet.release .. "/secrets", who = "test",
    body = json.encode { apiVersion = "v1", kind = "Secret", metadata = { name = "s" }, stringData = { old = traces.secrets.PEM } } }
  t.eq(made.status, 201, made.body)
  t.must { "mkdir", "-p", world.dir .. "/runbooks", world.dir .. "/tmp" }
  local got = {}
  local server = httpd.listen { port = 0, handler = function(request, response)
    got[#got + 1] = request
    response:send(200, { ["X-Echo"] = request.headers.authorization },
      "you sent " .. request.path .. " " .. json.encode(request.query or {}) .. " and " .. request.body)
  end }
  t.defer(function() server:close() end)
  t.write_file(world.dir .. "/runbooks/book.lua", (BOOK:gsub("URL", "http://127.0.0.1:" .. server:port())))
  write_chart(world.dir)
  local words, env = {}, { TMPDIR = world.dir .. "/tmp" }
  for name, text in pairs(traces.secrets) do
    words[#words + 1], env["S_" .. name] = name:lower() .. "=env:S_" .. name, text
  end
  return world, words, { env = env }, got
end

local function with(words, ...)
  return table.move(words, 1, #words, select("#", ...) + 1, { ... })
end

--- Every file below a directory, but those that are the operator's own.
local function files_below(dir)
  local out = {}
  for path in t.must({ "find", dir, "-type", "f" }):gmatch "[^\n]+" do
    local own = path:find "/secret%-values.yaml$" or path:find "/kubeconfig$" or path:find "%-key" or path:find "%.log$"
    if not own then out[#out + 1] = path end
  end
  return out
end

local function check_files(dir)
  local seen = 0
  for _, path in ipairs(files_below(dir)) do
    seen = seen + 1
    traces.lacks(path, t.read_file(path) or "")
  end
  t.ok(seen > 5, "files were looked at")
end

local function check_reports(world, options)
  local looks = { { "status" }, { "log" }, { "log", "--json" }, { "runs" }, { "report", "--format", "json" }, { "show", "book" },
    { "show", "--plan" } }
  for _, words in ipairs(looks) do
    local p = world:spawn(words, options)
    local _, out, err = p:wait(30)
    traces.lacks(table.concat(words, " "), out .. err)
    for line in (words[2] == "--json" and out or ""):gmatch "[^\n]+" do traces.lacks_words("log", json.decode(line)) end
  end
end

t.test("six secrets through everything, killed and resumed: in no artefact, in no form", function()
  local world, words, options, got = start()
  t.write_file(world.dir .. "/mended", "")
  local plan_out, plan_err = world:almanac(2, with(words, "plan", "book", "-o", "plan.json"), options)
  traces.lacks("plan", plan_out .. plan_err)
  traces.lacks_words("plan.json", json.decode(t.read_file(world.dir .. "/plan.json")).plan.effects)

  t.must { "rm", world.dir .. "/mended" }
  local run = world:spawn({ "run", "--plan", "plan.json", "--no-ask", table.unpack(words) }, options)
  run:wait_line "| held"
  run:kill "KILL"
  local _, out, err = run:wait()
  t.must { "kill", "-KILL", (t.read_file(world.dir .. "/pid"):gsub("%s", "")) }
  traces.lacks("run", out .. err)
  t.has(err, "(secret outer)")
  t.has(err, "refused: sh.run: word 2 is a secret")
  check_files(world.dir)
  check_reports(world, options)

  t.write_file(world.dir .. "/go", "")
  local resumed, resume_err = world:almanac(1, { "resume", "--json", "--no-ask" }, options)
  traces.lacks("resume", resumed .. resume_err)
  t.write_file(world.dir .. "/mended", "")
  local again, again_err = world:almanac(0, { "resume", "--json", "--no-ask" }, options)
  traces.lacks("resume again", again .. again_err)
  for line in (resumed .. "\n" .. again):gmatch "[^\n]+" do traces.lacks_words("--json", json.decode(line)) end
  check_files(world.dir)
  check_reports(world, options)

  local methods = {}
  for i, request in ipairs(got) do methods[i] = request.method end
  t.eq(methods, { "GET", "POST", "PUT", "GET" }, "the plan's read, and each of the run's once")
  t.eq(got[2].headers.authorization, "Bearer " .. traces.secrets.OUTER, "the server gets it whole")
  t.eq(json.decode(got[3].body).awkward, traces.secrets.AWKWARD, "a secret text of JSON is sent whole")
  local live = world:get "/api/v1/namespaces/animica-devnet/secrets/s"
  t.eq(require("almanac.base.base64").encode(traces.secrets.PEM), live.data.pem, "and so does the cluster")
end)
