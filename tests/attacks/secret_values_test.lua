-- What a script takes out of a Secret of the cluster is a secret from then on: decoded by itself or by a program, handed
-- on, printed, returned, in an error. A resume reads it again.
local base64 = require "almanac.base.base64"
local cluster = require "tests.attacks.cluster"
local fs = require "native.fs"
local json = require "native.json"
local project = require "tests.project"
local t = require "tests.harness"

local PASSWORD, KEY = "correct-horse-battery", "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEF\n-----END KEY-----\n"

local function world(book)
  local p = project.new { book = book }
  p.api, p.env = cluster.start(p, { "ns1" })
  cluster.create(p.api, "secrets", { kind = "Secret", metadata = { name = "db", namespace = "ns1" }, type = "Opaque",
    data = { password = base64.encode(PASSWORD), key = base64.encode(KEY), port = base64.encode "5432" } })
  return p
end

local BOOK = [[
local function decoded(text)
  return sh.read { argv = { "base64", "-d" }, stdin = text }.stdout
end

return runbook { run = function()
  step("by a program", function()
    local data = k8s.get("secret/db", { namespace = "ns1" }).data
    note("the password is " .. decoded(data.password) .. ", the key " .. decoded(data.key) .. ", encoded " .. data.password)
    sh.run { argv = { "sh", "-c", 'printf "%s\n" "$P" "$K" | tee /dev/stderr; printf "%s" "$P" | od -An -tx1' },
      env = { P = decoded(data.password), K = decoded(data.key) } }
    return { said = "the password is " .. decoded(data.password), port = decoded(data.port) }
  end)
  step("of a list", function()
    for _, object in ipairs(k8s.list("secrets", { namespace = "ns1" })) do print(object.data.password, decoded(object.data.key)) end
  end)
  step("used", function()
    local password = decoded(k8s.get("secret/db", { namespace = "ns1" }).data.password)
    sh.run { argv = { "sh", "-c", 'test "$P" = correct-"horse-battery"' }, env = { P = password } }
    sh.run { argv = { "cat" }, stdin = "password=" .. password }
    k8s.apply { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "copy", namespace = "ns1" }, data = { url = "db:" .. password } }
  end)
  step("fails", function()
    local password = decoded(k8s.get("secret/db", { namespace = "ns1" }).data.password)
    if not fs.exists "go" then error("cannot log in with " .. password) end
    return true
  end)
end }
]]

t.test("in no artefact of a plan, a run and a resume; and the run resumes", function()
  local p = world(BOOK)
  local all = {}
  local function run(words, want)
    local code, out, err = p:run(words, p.env)
    t.eq(code, want, out .. err)
    all[table.concat(words, " ")] = out .. err
  end
  run({ "plan", "book", "-o", "plan.json" }, 1) -- it fails, as the run does
  run({ "run", "book", "--no-ask" }, 1)
  run({ "status" }, 0)
  run({ "log" }, 0)
  run({ "log", "--json" }, 0)
  t.write_file(p.dir .. "/go", "")
  run({ "resume", "--json" }, 0)
  run({ "plan", "book", "-o", "plan.json" }, 2)
  all.plan = t.read_file(p.dir .. "/plan.json")
  for _, path in ipairs(fs.list(p.dir .. "/.almanac/*")) do all[path] = t.read_file(path) end
  for what, text in pairs(all) do
    for _, hidden in ipairs { PASSWORD, base64.encode(PASSWORD):sub(1, -5), "MIIEvQIBADANBgkqhkiG9w0BAQEF", base64.encode(KEY):sub(1, 40),
      "63 6f 72 72 65 63 74" } do
      t.lacks(text, hidden, what)
    end
  end
  t.has(all["run book --no-ask"], "the password is (secret db/password), the key (secret db/key)")
  t.has(all["log --json"], '"port":"5432"', "what is short is a number or a word, and stays")
end)

t.test("a step that returns one is refused: whoever used the result would have its name in its place", function()
  for _, result in ipairs { "data", "{ deep = { data.password } }" } do
    local p = world([[return runbook { run = function()
      local it = step("look", function()
        local data = k8s.get("secret/db", { namespace = "ns1" }).data
        return ]] .. result .. [[ end)
      step("use", function()
        k8s.apply { apiVersion = "v1", kind = "Secret", metadata = { name = "copy", namespace = "ns1" }, data = it }
      end)
    end }]])
    for _, words in ipairs { { "plan", "book" }, { "run", "book", "--no-ask" } } do
      local code, out, err = p:run(words, p.env)
      t.eq(code, 1, out .. err)
      t.has(out .. err, 'step "look" returned a secret at .')
      t.has(out .. err, "read it in the step that uses it")
    end
    t.lacks(select(2, p:run({ "log" }, p.env)), "secrets/copy")
  end
end)

t.test("in a release's record, by helm.manifest, helm.values and helm.status: of its objects and of its hooks", function()
  local p = world [[
return runbook { run = function()
  step("read", function()
    local where = { release = "web", namespace = "ns1" }
    note(helm.manifest(where))
    note(json.encode(helm.values(where)))
    note(json.encode(helm.status(where)))
    return json.encode(helm.values(where)) .. helm.manifest(where)
  end)
end }]]
  local function secret(name, fields)
    return string.format("---\n# Source: web/x.yaml\napiVersion: v1\nkind: Secret\nmetadata: { name: %s }\n%s\n", name, fields)
  end
  local release = {
    name = "web", namespace = "ns1", version = 1, config = { pw = "values-password-1", hook = "hook-password-3" },
    info = { status = "deployed", notes = "your password is values-password-1", description = "Install complete" },
    chart = { metadata = { name = "web", version = "1.0.0" }, values = { pw2 = "packed-password-2" } },
    manifest = secret("a", "stringData: { pw: values-password-1 }")
      .. secret("b", "data: { pw: " .. base64.encode "packed-password-2" .. " }"),
    hooks = { { name = "h", kind = "Secret", path = "web/h.yaml", events = { "pre-install" },
      manifest = secret("h", "stringData: { pw: hook-password-3 }") } },
  }
  cluster.create(p.api, "secrets", { kind = "Secret", type = "helm.sh/release.v1",
    metadata = { name = "sh.helm.release.v1.web.v1", namespace = "ns1",
      labels = { owner = "helm", name = "web", version = "1", status = "deployed" } },
    data = { release = base64.encode(base64.encode(json.encode(release))) } })
  local code, out, err = p:run({ "run", "book", "--no-ask" }, p.env)
  t.eq(code, 0, out .. err)
  t.has(out .. err, "(secret a/pw)")
  local all = { shown = out .. err, log = select(2, p:run({ "log", "--json" }, p.env)) }
  for _, path in ipairs(fs.list(p.dir .. "/.almanac/*")) do all[path] = t.read_file(path) end
  for what, text in pairs(all) do
    for _, value in ipairs { "values-password-1", "packed-password-2", base64.encode "packed-password-2", "hook-password-3" } do
      t.lacks(text, value, what)
    end
  end
end)

--- Runs a script that shows values, and gives all that it left.
local function shown(p)
  local code, out, err = p:run({ "run", "book", "--no-ask" }, p.env)
  t.eq(code, 0, out .. err)
  local all = { shown = out .. err, log = select(2, p:run({ "log", "--json" }, p.env)) }
  for _, path in ipairs(fs.list(p.dir .. "/.almanac/*")) do all[path] = t.read_file(path) end
  return all
end

--- Bytes that nothing else has, so many, of which no part repeats.
local function bytes(count)
  local out = {}
  for i = 1, count // 8 do out[i] = string.format("%08x", i * 2654435761 % 4294967296) end
  return table.concat(out)
end

t.test("helm's record as an object: as it is, decoded once, twice and unpacked, and within a list", function()
  local p = world [[
return runbook { run = function()
  local function through(text, ...) return sh.read { argv = { ... }, stdin = text }.stdout end
  step("read", function()
    local release = k8s.get("secret/sh.helm.release.v1.web.v1", { namespace = "ns1" }).data.release
    note("once " .. release)
    note("packed " .. through(release, "base64", "-d"))
    note("list " .. json.encode((k8s.list("secret", { namespace = "ns1" }))))
    note("map " .. k8s.get("configmap/web.v1", { namespace = "ns1" }).data.release)
    sh.run { argv = { "sh", "-c", "base64 -d | base64 -d | gunzip" }, stdin = release }
  end)
end }]]
  local release = json.encode { name = "web", version = 1, info = { status = "deployed" }, config = { pw = "values-password-1" },
    filler = bytes(40000), manifest = "---\napiVersion: v1\nkind: Secret\nmetadata: { name: a }\nstringData: { pw: values-password-1 }\n" }
  local packed = t.must({ "sh", "-c", "printf %s \"$1\" | gzip -c | base64 -w0", "sh", release })
  local labels = { owner = "helm", name = "web", version = "1", status = "deployed" }
  cluster.create(p.api, "secrets", { kind = "Secret", type = "helm.sh/release.v1",
    metadata = { name = "sh.helm.release.v1.web.v1", namespace = "ns1", labels = labels }, data = { release = base64.encode(packed) } })
  cluster.create(p.api, "configmaps", { kind = "ConfigMap", metadata = { name = "web.v1", namespace = "ns1", labels = labels },
    data = { release = packed } })
  local all = shown(p)
  t.has(all.shown, "once (secret sh.helm.release.v1.web.v1/release)")
  t.has(all.shown, "packed (secret sh.helm.release.v1.web.v1/release)")
  t.has(all.shown, "map (secret sh.helm.release.v1.web.v1/release)")
  for what, text in pairs(all) do
    for _, hidden in ipairs {
      "values-password-1", packed:sub(1, 60), packed:sub(-60), packed:sub(9001, 9100), base64.encode(packed):sub(1, 60),
    } do
      t.lacks(text, hidden, what)
    end
  end
end)

t.test("a value of more than 64 KiB, whole and in pieces", function()
  local p = world [[
return runbook { run = function()
  step("read", function()
    local value = k8s.get("secret/big", { namespace = "ns1" }).data.value
    note("whole " .. value)
    note("half " .. value:sub(1, #value // 2))
    sh.run { argv = { "sh", "-c", "base64 -d" }, stdin = value }
  end)
end }]]
  local value = bytes(150000)
  cluster.create(p.api, "secrets",
    { kind = "Secret", metadata = { name = "big", namespace = "ns1" }, data = { value = base64.encode(value) } })
  local all = shown(p)
  t.has(all.shown, "whole (secret big/value)")
  for what, text in pairs(all) do
    for at = 1, 64000, 4000 do
      t.lacks(text, base64.encode(value):sub(at, at + 80), what)
      t.lacks(text, value:sub(at, at + 60), what)
    end
  end
end)

t.test("a password within a value: of a URL, of JSON, of docker's configuration; not one that is the name of something there", function()
  local p = world [[
return runbook { run = function()
  step("read", function()
    k8s.list("secrets", { namespace = "ns1" })
    sh.run("cat", "passwords")
    note("image postgres:17.2 of registry.example")
  end)
end }]]
  local data = {
    url = "postgres://app:Url-Passw0rd-1@db.shop/x", encoded = "amqp://u:Url%2FPassw0rd%402@mq/",
    plain = "postgres://postgres:postgres@postgres/x",
    [".dockerconfigjson"] = json.encode { auths = { ["registry.example"] = { auth = base64.encode "ci:Docker-Passw0rd-3" } } },
    config = json.encode { db = { host = "registry.example", dbPassword = "Json-Passw0rd-4" },
      list = { { dsn = "x://y:Deep-Passw0rd-5@z" } } },
  }
  local encoded = {}
  for key, value in pairs(data) do encoded[key] = base64.encode(value) end
  cluster.create(p.api, "secrets", { kind = "Secret", metadata = { name = "parts", namespace = "ns1" }, data = encoded })
  local hidden = { "Url-Passw0rd-1", "Url%2FPassw0rd%402", "Url/Passw0rd@2", "Docker-Passw0rd-3", "Json-Passw0rd-4", "Deep-Passw0rd-5" }
  t.write_file(p.dir .. "/passwords", table.concat(hidden, "\n") .. "\n")
  local all = shown(p)
  t.has(all.shown, "image postgres:17.2 of registry.example")
  for what, text in pairs(all) do
    for _, one in ipairs(hidden) do t.lacks(text, one, what) end
  end
end)

t.test("what names something is no secret by its text: an image and a step are called as it is", function()
  local p = project.new { book = [[return runbook { run = function()
    local said = step("read both", function()
      local data = k8s.get("secret/db", { namespace = "ns1" }).data
      note("the password is " .. sh.read { argv = { "base64", "-d" }, stdin = data.password }.stdout)
      return "postgres:17.2"
    end)
    step("restart postgres", function() fs.write("image", said) end)
  end }]] }
  local api, env = cluster.start(p, { "ns1" })
  cluster.create(api, "secrets", { kind = "Secret", metadata = { name = "db", namespace = "ns1" }, type = "Opaque",
    data = { username = base64.encode "postgres", password = base64.encode "postgres-of-old",
      POSTGRES_HOST = base64.encode "db.shop.svc" } })
  local code, out, err = p:run({ "run", "book", "--plain" }, env)
  t.eq(code, 0, out .. err)
  t.eq(fs.read(p.dir .. "/image"), "postgres:17.2")
  t.has(err, "the password is (secret db/password)")
end)
