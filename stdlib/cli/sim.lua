--- almanac sim: a simulated Kubernetes cluster, its devnet and Loki, on three loopback ports.
local errors = require "almanac.base.errors"
local options = require "almanac.cli.options"
local kinds = require "almanac.sim.world.faults"
local server = require "almanac.sim.server"
local snapshot_file = require "almanac.snapshot.file"

local M = {}

M.usage = [[sim [options]

Serves a simulated Kubernetes API, what the devnet's pods would serve (metrics, JSON-RPC,
health), and Loki, until Ctrl-C. helm and kubectl work against it with the kubeconfig it writes.
When everything listens it prints one line: the URLs.

Faults: crash, oomkill, notready, missing, unschedulable, refuse, slow, log-errors, unobserved
(each =WORKLOAD, or =WORKLOAD:TAG for one image), no-data and series (each =METRIC), and:
  ]] .. table.concat(kinds.SERVED, " "):gsub("(" .. ("."):rep(80) .. "%S*) ", "%1\n  ") .. [[


Put on and off while it runs:
  curl -d '{"add":["crash=animica-node"],"remove":[]}' URL/sim/faults]]

local PORT = { 0, 65535, whole = true }

M.options = {
  { "--port", "N", "the API's port (default 0: any free one)", number = PORT },
  { "--devnet-port", "N", "the devnet's port (default 0)", number = PORT },
  { "--loki-port", "N", "Loki's port (default 0)", number = PORT },
  { "--kubeconfig", "FILE", "write a kubeconfig for it" },
  { "--token", "TOKEN", "only requests with this bearer token are served" },
  { "--users", "FILE", "only these users are served (YAML: name, groups, token, password, read_only)" },
  { "--tls", "DIR", "serve the API over TLS; makes the certificates in DIR with openssl" },
  { "--cert", "FILE", "serve the API over TLS with this certificate (PEM), its own authority" },
  { "--key", "FILE", "the certificate's key (PEM)" },
  { "--client-ca", "FILE", "accept client certificates this authority (PEM) signed" },
  { "--fault", "KIND[=VALUE]", "make something go wrong (repeatable)", many = true, values = kinds.names },
  { "--objects", "FILE", "have these objects beforehand: a snapshot, or manifests (YAML or JSON)" },
  { "--with-namespace", "NAME", "make this namespace beforehand (repeatable)", many = true },
  { "--ready-time", "SECONDS", "from a container's start to its being ready (default 0.5)", number = { 0 } },
  { "--backoff", "SECONDS", "the first back-off of a crash loop (default 10)", number = { 0 } },
  {
    "--clock", "SECONDS", "the cluster's clock is ahead of this computer's by so much (-N: behind)",
    number = { -math.huge },
  },
  { "--block-time", "SECONDS", "between two blocks of the devnet (default 6)", number = { 0.01 } },
  { "--rpc-rate", "N", "JSON-RPC requests that the devnet, and each copy of it, gets a second (default 42)", number = { 0 } },
  { "--devnet-ready", nil, "the devnet serves whatever the cluster holds" },
  { "--devnet-namespace", "NAME", "whose workloads the devnet's are (default animica-devnet)" },
  { "--latency", "SECONDS", "the API answers that much later, as one across a network (default 0)", number = { 0 } },
  { "--request-log", "FILE", "write one JSON line for each request of the API" },
}

-- An authority, and a certificate of its for the server and for a client.
local MAKE_CERTIFICATES = [[
set -e
umask 077
cd "$1"
new='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
openssl req -x509 $new -days 30 -keyout ca.key -out ca.pem -subj /CN=almanac-sim
sign() {
  openssl req $new -keyout "$1.key" -out "$1.csr" -subj "$2"
  printf '%s\n' "$3" >"$1.ext"
  openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile "$1.ext" -out "$1.pem"
  rm -f "$1.csr" "$1.ext"
}
sign server /CN=almanac-sim-api 'subjectAltName=IP:127.0.0.1,DNS:localhost'
sign client /O=system:masters/CN=operator 'extendedKeyUsage=clientAuth'
]]

local MADE = { "ca.pem", "ca.key", "server.pem", "server.key", "client.pem", "client.key" }

--- The TLS files that the options ask for: { cert, key, ca, client_ca, client_cert, client_key } or nil.
local function tls_of(given)
  if given.tls then
    local fs, sh = require "native.fs", require "native.sh"
    local held <close> = require("native.scratch").open()
    local dir = held:keep("dir", ""):match "^(.*)/"
    local made = sh.exec { argv = { "sh", "-c", MAKE_CERTIFICATES, "sh", dir }, who = "almanac sim" }
    if made.code ~= 0 then
      errors.raise { kind = "command", message = "openssl could not make certificates in " .. given.tls,
        hint = made.stderr, stderr = made.stderr }
    end
    -- openssl writes through links, and we do not.
    fs.keep_directory(given.tls)
    for _, name in ipairs(MADE) do fs.keep(given.tls .. "/" .. name, fs.read(dir .. "/" .. name)) end
    local function file(name) return given.tls .. "/" .. name end
    return { cert = file "server.pem", key = file "server.key", ca = file "ca.pem", client_ca = file "ca.pem",
      client_cert = file "client.pem", client_key = file "client.key" }
  end
  if not given.cert and not given.key and not given.client_ca then return nil end
  if not given.cert or not given.key then errors.usage("--cert and --key go together, and --client-ca needs them") end
  return { cert = given.cert, key = given.key, ca = given.cert, client_ca = given.client_ca }
end

--- A function that notes each request, and one that writes what was noted; or nil. A file is written
--- whole, so that happens a few times a second at most.
local function request_log(given)
  if not given.request_log then return nil end
  local json, fs, lines, written = require "native.json", require "native.fs", {}, -1
  local function flush()
    if written == #lines then return end
    written = #lines
    fs.keep(given.request_log, table.concat(lines, "\n") .. (lines[1] and "\n" or ""))
  end
  return function(method, path, query, status, user)
    lines[#lines + 1] = json.encode { method = method, path = path, query = query, status = status, user = user }
  end, flush
end

--- A function that gives the users of a file, read again for each request: they change while it runs.
--- A file that has become wrong lets nobody in.
local function users_of(given)
  if not given.users then return nil end
  local fs, yaml, identity = require "native.fs", require "native.yaml", require "almanac.sim.api.identity"
  local function load()
    local list = yaml.decode(fs.read(given.users), { name = given.users })
    local ok, why = identity.check(list)
    if not ok then errors.usage("%s: %s", given.users, why) end
    return list
  end
  load()
  return function()
    local ok, list = pcall(load)
    return ok and list or {}
  end
end

local function say(text) require("native.terminal").write(2, "almanac sim: " .. text .. "\n") end

local function listen(given, note)
  local task = require "native.task"
  local ahead = given.clock or 0
  local wanted = {
    now = function() return task.wall_ms() / 1000 + ahead end, report = say, faults = given.fault,
    namespaces = given.with_namespace, ready_time = given.ready_time,
    backoff = given.backoff, block_time = given.block_time, rpc_rate = given.rpc_rate,
    devnet_ready = given.devnet_ready, devnet_namespace = given.devnet_namespace,
    tokens = given.token and { [given.token] = "operator" } or nil, users = users_of(given),
    request_log = note, tls = tls_of(given), latency = given.latency, open = true,
    ports = { api = given.port, devnet = given.devnet_port, loki = given.loki_port },
  }
  if given.objects then
    local objects, header = snapshot_file.read(given.objects)
    wanted.objects = objects
    wanted.resources, wanted.unread = snapshot_file.cluster_options(header)
  end
  local served, why = server.start(wanted)
  if not served then errors.usage("%s%s", given.objects and given.objects .. ": " or "", why) end
  for _, left in ipairs(served.cluster.restored.left_out) do say(("%s is left out: %s"):format(left.object, left.why)) end
  return served
end

local function serve(given, operator)
  local note, flush = request_log(given)
  local served = listen(given, note)
  if given.kubeconfig then
    local text = require("native.json").encode(served:kubeconfig(given.token)) .. "\n"
    require("native.fs").keep(given.kubeconfig, text)
  end
  operator:result(("api=%s devnet=%s loki=%s kubeconfig=%s\n"):format(served.api, served.devnet, served.loki,
    given.kubeconfig or "-"))
  local function flush_often()
    flush()
    served.cluster.agenda:after(0.3, "request log", flush_often)
  end
  if flush then flush_often() end
  local _, err = pcall(served.run, served)
  served:close()
  if flush then flush() end
  error(err, 0)
end

--- Serves until SIGINT or SIGTERM.
---@param words string[] what follows `sim`
---@return integer exit code
function M.run(words, operator)
  local given, rest = options.parse(M.usage, M.options, words, operator)
  if not given then return 0 end
  if rest[1] then errors.usage("it takes no %s", rest[1]) end
  local task, signals = require "native.task", require "native.signals"
  local serving = task.spawn(serve, given, operator)
  signals.guard(serving)
  local _, err = serving:join()
  err = errors.wrap(err)
  if errors.is_interrupt(err) then return 0 end
  errors.raise(err)
end

return M
