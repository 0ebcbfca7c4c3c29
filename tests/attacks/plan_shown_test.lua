-- What a plan prints is what a reviewer judges and signs: what a program is handed, what a request carries and what is created stands
-- there, or it says that there is more, and --full and `approve PLAN.json` print it all.
local cluster = require "tests.attacks.cluster"
local project = require "tests.project"
local t = require "tests.harness"

local MORE = "Not all is shown of what is given and created"

local function planned(p, env, ...)
  local code, out, err = p:run({ "plan", "book", ... }, env)
  t.eq(code, 2, out .. err)
  return out
end

t.test("standard input and environment of a program, behind a title and without one", function()
  local p = project.new { book = [[return runbook { params = { pw = param.secret {} }, run = function(p)
    step("a", function() sh.run { "sh", title = "count the pods", stdin = "touch EVIL-INPUT" } end)
    step("b", function() sh.run { "bash", "-c", "true", title = "look", env = { BASH_ENV = "EVIL-FILE", HOME = false, PW = p.pw } } end)
    step("c", function() sh.run { "sh", stdin = "first line\n" .. ("# nothing\n"):rep(40) .. "touch EVIL-END\n" } end)
    step("d", function() sh.bash("echo ok\n" .. ("# nothing\n"):rep(40) .. "touch EVIL-BASH\n") end)
    step("e", function() fs.write("text", ("nothing\n"):rep(60) .. "EVIL-TEXT\n") end)
  end }]] }
  local env = { PW = "Tr0ub4dor-Zebra" }
  local text = planned(p, env, "pw=env:PW", "-o", "plan.json")
  for _, line in ipairs { "stdin: touch EVIL-INPUT", "env: BASH_ENV=EVIL-FILE", "env: without HOME", "env: PW=(secret pw)",
    'stdin: "first line\\n' } do
    t.has(text, "\n    " .. line)
  end
  t.has(text, MORE)
  local full = planned(p, env, "pw=env:PW", "--full")
  local approved = select(2, p:run { "approve", "plan.json" })
  for where, shown in pairs { plan = full, approve = approved } do
    for _, word in ipairs { "EVIL-INPUT", "EVIL-FILE", "EVIL-END", "EVIL-BASH", "EVIL-TEXT" } do t.has(shown, word, where) end
    t.lacks(shown, MORE)
    t.lacks(shown, "Tr0ub4dor")
    for line in shown:gmatch "[^\n]+" do
      t.ok(not line:find "EVIL%-%u+" or line:find "^ +| ", "what others wrote stands behind a sign of ours: " .. line)
    end
  end
end)

t.test("headers of a request, and where it goes in truth", function()
  local p = project.new { book = [[return runbook { run = function()
    step("a", function()
      http.post("http://127.0.0.1:1/x", { json = { a = 1 }, headers = { ["X-Evil"] = "do it" }, unix_socket = "/run/EVIL.sock",
        insecure = true })
    end)
    step("b", function()
      http.post("http://127.0.0.1:1/x", { body = ("x"):rep(500) .. "EVIL-BODY", proxy = "http://evil.example:3128" })
    end)
  end }]] }
  local text = planned(p, nil)
  for _, line in ipairs { "header: X-Evil: do it", "unix_socket: /run/EVIL.sock", "insecure: true", "proxy: http://evil.example:3128" } do
    t.has(text, "\n    " .. line)
  end
  t.lacks(text, "Content-Type")
  t.has(planned(p, nil, "--full"), "EVIL-BODY")
end)

t.test("an object that is created", function()
  local p = project.new { book = [[return runbook { run = function()
    step("a", function() k8s.create { apiVersion = "v1", kind = "Pod", metadata = { name = "priv", namespace = "ns1" },
      spec = { hostPID = true,
        containers = { { name = "c", image = "evil/x", command = { "nsenter" }, securityContext = { privileged = true } } } } } end)
    step("b", function() k8s.apply { { apiVersion = "rbac.authorization.k8s.io/v1", kind = "ClusterRoleBinding",
      metadata = { name = "harmless" }, roleRef = { apiGroup = "rbac.authorization.k8s.io", kind = "ClusterRole", name = "cluster-admin" },
      subjects = { { kind = "User", name = "mallory", apiGroup = "rbac.authorization.k8s.io" } } } } end)
    step("c", function() k8s.create { apiVersion = "v1", kind = "Secret", metadata = { name = "s", namespace = "ns1" },
      stringData = { password = "Tr0ub4dor-Zebra" } } end)
  end }]] }
  local _, env = cluster.start(p, { "ns1" })
  t.has(planned(p, env, "-o", "plan.json"), MORE)
  for _, shown in ipairs { planned(p, env, "--full"), (select(2, p:run { "approve", "plan.json" })) } do
    for _, word in ipairs { "hostPID: true", "image: evil/x", "privileged: true", "nsenter", "name: cluster-admin", "name: mallory" } do
      t.has(shown, word)
    end
    t.lacks(shown, "Tr0ub4dor")
    t.has(shown, "(secret s/password ")
  end
end)

t.test("what a chart creates, and its hooks", function()
  local p = cluster.world { "ns1" }
  cluster.add_charts(p)
  t.must({ "sh", "-ec", [[
    mkdir -p shown/templates
    printf 'apiVersion: v2\nname: shown\nversion: 1.0.0\n' >shown/Chart.yaml
    printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: made}\ndata: {x: EVIL-DATA}\n' >shown/templates/a.yaml
    printf 'apiVersion: v1\nkind: Secret\nmetadata: {name: sec}\nstringData: {x: Tr0ub4dor-Zebra}\n' >shown/templates/s.yaml
    printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: hook, annotations: {"helm.sh/hook": pre-install}}\nspec: {restartPolicy: Never, ' \
      >shown/templates/h.yaml
    printf 'containers: [{name: x, image: evil/hook}]}\n' >>shown/templates/h.yaml
  ]] }, { cwd = p.dir })
  t.write_file(p.dir .. "/runbooks/book.lua", [[return runbook { run = function()
    step("a", function() helm.upgrade { release = "shown", namespace = "ns1", chart = "shown", install = true } end)
  end }]])
  t.has(planned(p, p.env), MORE)
  local full = planned(p, p.env, "--full")
  t.has(full, "x: EVIL-DATA")
  t.has(full, "image: evil/hook")
  t.lacks(full, "Tr0ub4dor")
end)

t.test("what an effect of the script's own hands on, and a command behind a title whose check passes", function()
  local p = project.new { book = [[
    effect.define("ops.look", { input = function(raw) return raw end, title = function() return "look" end,
      preview = function() return { summary = "looks only" } end,
      apply = function()
        sh.run { "sh", "-c", "touch EVIL-PART", title = "count the pods" }
        http.post("http://127.0.0.1:9/", { body = "EVIL-BODY" })
        return {}
      end })
    return runbook { run = function()
      step("a", function() effect.perform("ops.look", {}) end)
      step("b", function() sh.run { "touch", "EVIL-COMMAND", title = "count the pods", check = { "true" } } end)
    end }]] }
  local text = planned(p)
  for _, words in ipairs { "touch EVIL-PART", "EVIL-BODY", "touch EVIL-COMMAND: already done: true says so" } do t.has(text, words) end
end)
