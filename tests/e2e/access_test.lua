-- Each kind of credential, over TLS: a runbook that upgrades with the real helm, follows the rollout and
-- reads a log, as the user that the kubeconfig says.
local access = require "tests.access"
local json = require "native.json"
local project = require "tests.project"
local t = require "tests.harness"

local RUNBOOK = [[
return runbook {
  summary = "Upgrade, follow, read",
  params = { name = param.string { required = true } },
  run = function(p)
    step("upgrade", function()
      return helm.upgrade { release = p.name, namespace = "team", chart = "]] .. access.root .. [[/tests/fixtures/access/chart",
        install = true }
    end)
    step("follow", function() return k8s.rollout("deployment/" .. p.name, { namespace = "team", timeout = "20s" }) end)
    step("read", function() return k8s.logs("deployment/" .. p.name, { namespace = "team", tail = 5 }) end)
  end,
}
]]

-- From the cluster's certificate a plugin of v1beta1 makes its answer.
local CERTIFICATE_PLUGIN = [[
case $KUBERNETES_EXEC_INFO in
*'"server":"https://127.0.0.1:'*'"certificate-authority-data":"LS0'*) ;;
*'"certificate-authority-data":"LS0'*'"server":"https://127.0.0.1:'*) ;;
*) echo "not told about the cluster: $KUBERNETES_EXEC_INFO" >&2; exit 1 ;;
esac
one_line() { sed ':a;N;$!ba;s/\n/\\n/g' "$1"; }
printf '{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","status":{'
printf '"clientCertificateData":"%s","clientKeyData":"%s"}}' "$(one_line DIR/ann.pem)" "$(one_line DIR/ann.key)"
]]

local TOKEN_PLUGIN = [[
printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"token-of-eve"}}'
]]

local function base64_of(world, name)
  return (t.must({ "base64", "-w0", world.dir .. "/" .. name }):gsub("%s", ""))
end

--- The kinds: a name, who the cluster sees, the user, what is special of the cluster's entry, and the
--- helms that go through it: what differs between them is tried with both.
local function kinds(world, url)
  t.write_file(world.dir .. "/token", "token-of-fay\n")
  return {
    { "certificate", "ann", { ["client-certificate-data"] = base64_of(world, "ann.pem"),
      ["client-key-data"] = base64_of(world, "ann.key") }, {}, "helm3", "helm4" },
    { "files", "ann", { ["client-certificate"] = "ann.pem", ["client-key"] = "ann.key" }, {}, "helm3" },
    { "token", "tom", { token = "token-of-tom" }, {}, "helm4" },
    { "token-file", "fay", { tokenFile = "token" }, {}, "helm3" },
    { "password", "bea", { username = "bea", password = "pass:of:bea" }, {}, "helm3" },
    { "plugin", "eve", access.plugin(world, "token-plugin", TOKEN_PLUGIN), {}, "helm3", "helm4" },
    { "old-plugin", "ann", access.plugin(world, "certificate-plugin", (CERTIFICATE_PLUGIN:gsub("DIR", world.dir)),
      { apiVersion = "client.authentication.k8s.io/v1beta1", provideClusterInfo = true }), {}, "helm4" },
    { "socks", "sox", { token = "token-of-sox" }, { ["proxy-url"] = url "socks5" }, "helm4" },
    { "connect", "cod", { token = "token-of-cod" }, { ["proxy-url"] = url "http" }, "helm3" },
    { "impersonation", "zoe", { token = "token-of-ida", as = "zoe", ["as-groups"] = { "dev", "ops" }, ["as-uid"] = "42",
      ["as-user-extra"] = { reason = { "drill" } } }, {}, "helm4" },
    { "server-name", "nan", { token = "token-of-nan" }, { ["tls-server-name"] = "localhost" }, "helm4" },
    { "insecure", "ina", { token = "token-of-ina" },
      { ["insecure-skip-tls-verify"] = true, ["certificate-authority"] = false }, "helm3" },
  }
end

local LOOK = [[
return runbook {
  summary = "Look", params = { name = param.string { required = true } },
  run = function(p) step("look", function() return #k8s.list("configmaps", { namespace = "team", selector = "for=" .. p.name }) end) end,
}
]]

local function run(p, world, kind, runbook, ...)
  local name, _, user, cluster = table.unpack(kind, 1, 4)
  local code, out, err = p:run { "run", runbook, "--kubeconfig", access.kubeconfig(world, name, user, cluster), ... }
  t.eq(code, 0, name .. "\n" .. out .. err)
  local _, warned = (out .. err):gsub("is not verified %(insecure%-skip%-tls%-verify in ", "")
  t.eq(warned, name == "insecure" and 1 or 0, out .. err)
end

t.test("each kind of credential, with helm 3 and helm 4", function()
  local world = access.start()
  local proxy, url = access.proxy()
  local p = project.new { upgrade = RUNBOOK, look = LOOK }
  local wanted = {} -- who asked for what, as the cluster sees it
  for _, kind in ipairs(kinds(world, url)) do
    local name, who = kind[1], kind[2]
    run(p, world, kind, "look", "name=" .. name)
    wanted["for=" .. name] = who
    for i = 5, #kind do
      local object = name .. "-" .. kind[i]
      run(p, world, kind, "upgrade", "name=" .. object, "--helm", access.root .. "/.deps/bin/" .. kind[i])
      wanted["/api/v1/namespaces/team/secrets/sh.helm.release.v1." .. object .. ".v1"] = who -- by helm
      wanted["/apis/apps/v1/namespaces/team/deployments/" .. object] = who -- by almanac
    end
  end
  t.eventually("every request is in the log", function()
    local left = json.decode(json.encode(wanted))
    for _, request in ipairs(access.requests(world)) do
      local what = wanted[request.path] and request.path or request.query.labelSelector
      if what and wanted[what] then
        t.eq(request.user, wanted[what], what)
        left[what] = nil
      end
    end
    return next(left) == nil
  end)
  -- Through the proxies, which were asked for the server as the kubeconfig names it.
  local target = world.api:gsub("^https://", ""):gsub("%p", "%%%0")
  proxy:wait_lines { "^socks5 " .. target .. "$", "^connect " .. target .. "$" }
end)

t.test("who am I: kubectl and the cluster agree, also under impersonation", function()
  local world = access.start()
  local function whoami(name, user)
    local out = t.must({ ".deps/bin/kubectl34", "auth", "whoami", "-o", "json" },
      { env = { KUBECONFIG = access.kubeconfig(world, name, user), HOME = world.dir } })
    return json.decode(out).status.userInfo
  end
  t.eq(whoami("a", { ["client-certificate"] = "ann.pem", ["client-key"] = "ann.key" }),
    { username = "ann", groups = { "ops", "system:authenticated" } })
  t.eq(whoami("b", { token = "token-of-ida", as = "zoe", ["as-groups"] = { "dev", "ops" }, ["as-uid"] = "42",
    ["as-user-extra"] = { ["Reason/Why"] = { "drill" } } }), { username = "zoe", uid = "42",
    groups = { "dev", "ops", "system:authenticated" }, extra = { ["reason/why"] = { "drill" } } })
end)

t.test("in a pod: the service account, and its token when it is replaced during the run", function()
  local world = access.start()
  local p = project.new { upgrade = (RUNBOOK:gsub("step%(\"follow\"", [[
    step("the token is replaced", function()
      return sh.run { argv = { "sh", "-c", [=[echo token-of-tom >"$SECRETS/token"
        echo '[{"name":"tom","token":"token-of-tom"}]' >"$USERS"]=] } }
    end)
    %0]])) }
  t.write_file(p.dir .. "/almanac.yaml", "pass_env: [SECRETS, USERS]\n")
  t.write_file(world.dir .. "/token", "token-of-fay\n")
  local script = [[
secrets=$(readlink -f /var/run)/secrets/kubernetes.io/serviceaccount
mount -t tmpfs none "$(readlink -f /var/run)" && mkdir -p "$secrets" &&
cp "$DIR/token" "$secrets/token" && cp "$DIR/ca.pem" "$secrets/ca.crt" && printf team >"$secrets/namespace" &&
SECRETS=$secrets exec "$@"
]]
  local port = world.api:match ":(%d+)$"
  local argv = { "unshare", "-rm", "sh", "-c", script, "sh", require("native.process").exe(), "run", "upgrade", "name=pod",
    "--helm", access.root .. "/.deps/bin/helm4" }
  local code, out, err = t.run(argv, { cwd = p.dir, env = { HOME = p.dir, KUBECONFIG = false, DIR = world.dir,
    USERS = world.dir .. "/users", KUBERNETES_SERVICE_HOST = "127.0.0.1", KUBERNETES_SERVICE_PORT = port } })
  if err:find "unshare:" then
    print("skipped: this machine lets nobody mount: " .. err:match "unshare:[^\n]*")
    return
  end
  t.eq(code, 0, out .. err)
  t.eventually("first the one, then the other", function()
    local seen = {}
    for _, request in ipairs(access.requests(world)) do
      if request.user then seen[request.user] = true end
    end
    return seen.fay and seen.tom
  end)
end)

t.test("--context and --kubeconfig: an unknown context is refused before anything happens, with those there are", function()
  local world = access.start()
  local p = project.new { upgrade = RUNBOOK }
  local file = access.kubeconfig(world, "tom", { token = "token-of-tom" })
  local code, _, err = p:run { "plan", "upgrade", "name=x", "--kubeconfig", file, "--context", "e" }
  t.eq(code, 1, err)
  t.has(err, 'no context "e" in ' .. file)
  t.has(err, "contexts known: c, d")
end)
