-- Prometheus, Loki, Alertmanager, GitHub, a registry, docker and helm's records that answer in a form that none of them writes: each
-- value of each answer taken away, or replaced. It is refused in words, or taken; it is no error of Almanac's own.
local alerts = require "almanac.observe.alerts"
local api = require "almanac.observe.api"
local base64 = require "almanac.base.base64"
local checks = require "almanac.http.github.checks"
local client = require "almanac.http.client"
local compose = require "almanac.host.compose_project"
local errors = require "almanac.base.errors"
local json = require "native.json"
local k8s_errors = require "almanac.k8s.errors"
local loki = require "almanac.observe.loki"
local mutations = require "tests.mutations"
local prom = require "almanac.observe.prom"
local records = require "almanac.helm.records"
local registry = require "almanac.http.registry.registry"
local t = require "tests.harness"
local tool = require "almanac.host.tool"

--- Reads an answer in each of its malformed forms.
---@param what string
---@param answer table
---@param read fun(text: string)
local function attack(what, answer, read)
  local ok, err = errors.try(read, json.encode(answer))
  t.ok(ok, what .. ": " .. (ok and "" or tostring(err.message)))
  local faults = {}
  mutations.each(answer, function(text, how)
    local fault = mutations.fault(errors.try(read, text))
    if fault then faults[#faults + 1] = how .. ": " .. fault end
  end)
  t.eq(faults, {}, what)
end

local LABELS = { __name__ = "up", instance = "a" }
local HISTOGRAM = { count = "2", sum = "3", buckets = json.array { json.array { 0, "1", "2", "2" } } }

local function success(kind, result)
  return { status = "success", warnings = json.array { "w" }, infos = json.array { "i" }, data = { resultType = kind, result = result } }
end

t.test("Prometheus", function()
  for kind, result in pairs {
    vector = json.array { { metric = LABELS, value = json.array { 1.5, "2" } } },
    matrix = json.array { { metric = LABELS, values = json.array { json.array { 1, "2" } },
      histograms = json.array { json.array { 1, HISTOGRAM } } } },
    scalar = json.array { 1, "2" }, string = json.array { 1, "x" },
  } do
    attack("a " .. kind, success(kind, result), function(text)
      local answer = prom.result(api.parse("prom", "prom.query", 200, text))
      api.note("Prometheus warns: ", answer.warnings)
      api.note("Prometheus says: ", answer.infos)
      local ok, err = errors.try(prom.only, answer, "up")
      if not ok and err.kind ~= "no_data" and err.kind ~= "several_series" and err.kind ~= "prom" then error(err, 0) end
    end)
  end
  attack("a refusal", { status = "error", errorType = "bad_data", error = "parse error" }, function(text)
    local ok, err = errors.try(api.parse, "prom", "prom.query", 400, text)
    t.eq(type(err.error_type), "string")
    if not ok and err.kind ~= "prom" then error(err, 0) end
  end)
end)

t.test("Loki", function()
  local answer = success("streams", json.array { { stream = { app = "a" }, values = json.array {
    json.array { "1700000000000000000", "line" }, json.array { "1700000000000000001", "line" } } } })
  attack("streams", answer, function(text)
    local parsed = api.parse("loki", "loki.query", 200, text)
    local result = loki.result(parsed, "backward", 10)
    api.note("Loki warns: ", parsed.warnings or {})
    for _, entry in ipairs(result.entries or {}) do t.eq(type(entry.line) .. type(entry.time_ns), "stringstring") end
  end)
end)

t.test("alerts", function()
  local function read(list)
    for _, alert in ipairs(list) do local _ = alert.name .. alert.severity .. tostring(alert.since) end
  end
  attack("Prometheus' alerts", { status = "success", data = { alerts = json.array {
    { labels = { alertname = "a", severity = "page" }, annotations = { summary = "s" }, state = "firing",
      activeAt = "2026-01-01T00:00:00Z" },
    { labels = { alertname = "b" }, annotations = {}, state = "firing", activeAt = "2026-01-01T00:00:00Z" },
  } } }, function(text) read(alerts.result(api.parse("prom", "alerts.firing", 200, text))) end)
  attack("Alertmanager's alerts", json.array {
    { labels = { alertname = "a", severity = "page" }, annotations = { summary = "s" }, status = { state = "active" }, startsAt = "2026" },
    { labels = { alertname = "b" }, annotations = {}, status = { state = "active" }, startsAt = "2026" },
  }, function(text) read(alerts.active_of(json.decode(text, { null = "absent" }))) end)
end)

--- Has each request of http answered by this.
local function answered(answer)
  local read = client.read
  client.read = function(_, _, request) return answer(request) end
  t.defer(function() client.read = read end)
end

t.test("GitHub", function()
  local said, odd = {
    ["check-runs"] = json.encode { total_count = 1, check_runs = json.array { { name = "a", status = "completed", conclusion = "success",
      head_sha = "abc" } } },
    status = json.encode { state = "success", total_count = 1, statuses = json.array { { context = "c", state = "success" } } },
  }, {}
  answered(function(request)
    local name = request.url:match "([%w-]+)$"
    return { status = 200, headers = {}, body = odd[name] or said[name] }
  end)
  for name, text in pairs(said) do
    attack(name, json.decode(text), function(malformed)
      odd = { [name] = malformed }
      checks.checks { repo = "o/r", ref = "main" }
    end)
  end
end)

t.test("a registry", function()
  local digest = "sha256:" .. ("a"):rep(64)
  local manifest = { schemaVersion = 2, mediaType = "application/vnd.oci.image.index.v1+json", annotations = { a = "b" },
    manifests = json.array { { digest = digest, size = 5, mediaType = "application/vnd.oci.image.manifest.v1+json",
      platform = { os = "linux", architecture = "amd64" } } } }
  local image = { schemaVersion = 2, mediaType = "application/vnd.oci.image.manifest.v1+json",
    config = { digest = digest, size = 2, mediaType = "application/vnd.oci.image.config.v1+json" },
    layers = json.array { { digest = digest, size = 3, mediaType = "x" } } }
  local body, config
  answered(function(request)
    if request.url:find "/tags/" then return { status = 200, headers = {}, body = body } end
    if request.url:find "/blobs/" then return { status = 200, headers = {}, body = config } end
    return { status = 200, headers = { ["content-type"] = "application/json" }, body = body }
  end)
  for what, answer in pairs { index = manifest, manifest = image } do
    attack(what, answer, function(text)
      body, config = text, "{}"
      local ok, err = errors.try(registry.manifest, "reg.example/o/i:v1")
      if not ok and err.kind ~= "registry" then error(err, 0) end
    end)
  end
  attack("tags", { name = "o/i", tags = json.array { "v1", "v2" } }, function(text)
    body = text
    registry.tags "reg.example/o/i"
  end)
end)

t.test("docker's containers", function()
  local container = { Id = "abc", Name = "/x-web-1", Image = "sha256:1", State = { Status = "exited", ExitCode = 3, StartedAt = "t",
    Health = { Status = "healthy" } }, Config = { Image = "web:v1", Labels = { ["com.docker.compose.service"] = "web",
    ["com.docker.compose.config-hash"] = "h", ["com.docker.compose.oneoff"] = "False" } } }
  local read, text = tool.read, nil
  tool.read = function(_, words) return words.words[1] == "inspect" and text or "abc" end
  t.defer(function() tool.read = read end)
  attack("inspect", json.array { container }, function(malformed)
    text = malformed
    compose.rows(compose.containers { dir = ".", project = "x" })
  end)
end)

t.test("a record of helm, and the refusals of an API server", function()
  attack("a release", { name = "r", namespace = "n", version = 3, manifest = "a: b", apply_method = "ssa",
    info = { status = "deployed", description = "d", notes = "n", first_deployed = "t", last_deployed = "t" },
    chart = { metadata = { name = "c", version = "1", appVersion = "2" }, values = { a = 1 } }, config = { a = 2 },
    hooks = json.array { { name = "h", kind = "Job", path = "p", manifest = "m", events = json.array { "pre-install" } } } },
    function(text) records.revision_of(records.unpack(base64.encode(text), false)) end)
  attack("a Status", { kind = "Status", apiVersion = "v1", metadata = {}, status = "Failure",
    message = "x is forbidden: User \"u\" cannot get", reason = "Conflict", code = 409,
    details = { name = "x", kind = "pods",
      causes = json.array { { reason = "FieldManagerConflict",
        message = 'conflict with "kubectl" using v1', field = ".spec.replicas" } } } },
    function(text)
      for _, code in ipairs { 403, 409, 429, 500 } do
        errors.lines(k8s_errors.of({ who = "k8s.get", method = "GET", path = "/api/v1/pods", object = "pods" }, code, text, {}))
      end
    end)
end)
