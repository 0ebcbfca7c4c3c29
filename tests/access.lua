--- The world of the tests of access: a simulated cluster over TLS with users of each kind, and
--- kubeconfigs that reach it.
local json = require "native.json"
local process = require "native.process"
local t = require "tests.harness"

local M = {}

local almanac = t.getenv "ALMANAC_BUILD" .. "/almanac"

-- Certificates beside those that `almanac sim --tls` makes: of another authority, and out of date.
local MORE_CERTIFICATES = [[
set -e
cd "$1"
new='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
openssl req -x509 $new -keyout stranger.key -out stranger.pem -subj /CN=stranger
: >index
echo 01 >serial
cat >ca.conf <<END
[ca]
default_ca = all
[all]
database = index
serial = serial
new_certs_dir = .
policy = any
default_md = sha256
[any]
commonName = supplied
organizationName = optional
END
sign() { # name subject
  openssl req $new -keyout "$1.key" -out "$1.csr" -subj "$2" -addext subjectAltName=IP:127.0.0.1
  openssl ca -batch -config ca.conf -cert ca.pem -keyfile ca.key -in "$1.csr" -out "$1.pem" -notext -startdate "$3" \
    -enddate "$4"
}
sign ann /O=ops/CN=ann 20200101000000Z 20490101000000Z
sign late /O=ops/CN=late 20200101000000Z 20210101000000Z
]]

local USERS = json.encode {
  { name = "tom", groups = { "ops" }, token = "token-of-tom" }, { name = "fay", token = "token-of-fay" },
  { name = "bea", password = "pass:of:bea" }, { name = "eve", token = "token-of-eve" },
  { name = "sox", token = "token-of-sox" }, { name = "cod", token = "token-of-cod" },
  { name = "ida", token = "token-of-ida" }, { name = "nan", token = "token-of-nan" },
  { name = "ina", token = "token-of-ina" }, { name = "roy", token = "token-of-roy", read_only = true },
}

--- A cluster over TLS; everything is in `world.dir`.
function M.start(...)
  local world = { dir = t.tmpdir() }
  t.write_file(world.dir .. "/users", USERS)
  world.sim = t.spawn { almanac, "sim", "--tls", world.dir, "--users", world.dir .. "/users", "--with-namespace", "team",
    "--ready-time", "0.05", "--request-log", world.dir .. "/requests", ... }
  local _
  _, world.api = world.sim:wait_line "^api=(%S+)"
  t.must { "sh", "-c", MORE_CERTIFICATES, "sh", world.dir }
  return world
end

--- Starts the proxy; its URL is URL(scheme).
function M.proxy()
  local proxy = t.spawn { "perl", "tests/fixtures/access/proxy.pl" }
  local _, port = proxy:wait_line "^port=(%d+)"
  return proxy, function(scheme) return scheme .. "://127.0.0.1:" .. port end
end

--- Writes a kubeconfig with this user, and with `cluster` over what reaches the cluster.
function M.kubeconfig(world, name, user, cluster)
  local file = world.dir .. "/" .. name .. ".kubeconfig"
  local server = { server = world.api, ["certificate-authority"] = "ca.pem" }
  for key, value in pairs(cluster or {}) do server[key] = value or nil end
  t.write_file(file, json.encode {
    ["current-context"] = "c", clusters = { { name = "devnet", cluster = server } }, users = { { name = name, user = user } },
    contexts = { { name = "c", context = { cluster = "devnet", user = name, namespace = "team" } },
      { name = "d", context = { cluster = "devnet", user = name } } },
  })
  return file
end

--- A credential plugin that is a shell script.
function M.plugin(world, name, script, more)
  t.write_file(world.dir .. "/" .. name, script)
  local exec = { apiVersion = "client.authentication.k8s.io/v1", command = "sh", args = { world.dir .. "/" .. name },
    interactiveMode = "IfAvailable" }
  for key, value in pairs(more or {}) do exec[key] = value end
  return { exec = exec }
end

--- The requests the cluster saw: { method, path, user, … }.
function M.requests(world)
  local out = {}
  for line in (t.read_file(world.dir .. "/requests") or ""):gmatch "[^\n]+" do out[#out + 1] = json.decode(line) end
  return out
end

M.root = process.cwd()

return M
