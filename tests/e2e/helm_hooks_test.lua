-- Hooks of helm are followed as rollouts are: why one fails is said in words, and early.
local calls = require "tests.helm_calls"
local helm = require "almanac.helm.release"
local http = require "native.http"
local json = require "native.json"
local t = require "tests.harness"
local task = require "native.task"

local NS = calls.release
local target = { release = "hooked", namespace = NS }

local function upgrade(set, more)
  local options = { release = "hooked", namespace = NS, chart = "tests/fixtures/charts/hooked", install = true, timeout = "5m", set = set }
  for key, value in pairs(more or {}) do options[key] = value end
  return function() return helm.upgrade(options) end
end

local function fault(api, name)
  local answer = http.request { url = api .. "/sim/faults", method = "POST", who = "test",
    body = json.encode { add = json.array { name }, remove = json.array {} } }
  t.eq(answer.status, 200)
end

local function seconds(fn)
  local began = task.now()
  local seen = calls.in_step(fn)
  return seen, task.now() - began
end

local function kubectl(words)
  t.must({ calls.bin .. "/kubectl34", "-n", NS, table.unpack(words) },
    { env = { KUBECONFIG = require("almanac.config.settings").kubeconfig } })
end

local function text_of(api)
  local answer = http.request { url = api .. "/api/v1/namespaces/" .. NS .. "/configmaps/settings", who = "test" }
  return json.decode(answer.body).data.text
end

for _, kind in ipairs { "Job", "Pod" } do
  local hook = kind:lower() .. "/migrate"

  --- The values of a hook of this kind.
  local function with(set)
    set.kind = kind
    return set
  end

  calls.both("a " .. kind .. " whose image cannot be pulled ends helm early, and the release is as it was", function(_, _, api)
    calls.must(upgrade(with {}))
    local seen, took = seconds(upgrade(with { image = "ghcr.io/animica/migrate:v1-404404", text = "two" }))
    t.eq({ seen.err.kind, seen.err.hook, seen.err.reason, seen.err.in_doubt }, { "helm", hook, "ImagePullBackOff", false })
    t.has(seen.err.message, "helm upgrade hooked failed in a hook: " .. hook .. " cannot become ready: ")
    t.has(seen.err.message, "migrate:v1-404404")
    t.has(seen.err.message, "; helm was stopped; it left the release at revision 2 (failed)")
    t.has(seen.err.hint, "is the tag right")
    t.has(seen.err.hint, 'helm.rollback { release = "hooked", revision = 1 } goes back')
    t.ok(took < 60, "it took " .. took .. " s of helm's 5 minutes")
    t.eq(text_of(api), "one")
    -- helm 4 does not wait for the old one to be gone.
    if kind == "Pod" then kubectl { "delete", "pod", "migrate", "--ignore-not-found" } end
    t.eq(calls.must(upgrade(with { text = "three" })).revision, 3)
    t.eq(text_of(api), "three")
  end)

  calls.both("a " .. kind .. " that fails says its exit code and its last lines", function(_, _, api)
    calls.must(upgrade(with {}))
    fault(api, "crash=migrate")
    local seen = seconds(upgrade(with { text = "two" }))
    t.eq({ seen.err.kind, seen.err.hook, seen.err.exit_code, seen.err.in_doubt }, { "helm", hook, 1, false }, seen.err.message)
    t.has(seen.err.message, "failed in a hook: " .. hook .. " ")
    t.has(seen.err.message, "code 1")
    t.has(seen.err.message, "it left the release at revision 2 (failed)")
    t.ok(seen.err.logs and seen.err.logs ~= "", "its last lines")
    t.eq(calls.must(function() return helm.current(target) end).status, "failed")
  end)

  calls.both("a " .. kind .. " that is deleted as it fails says them all the same", function(_, _, api)
    calls.must(upgrade(with {}))
    fault(api, "crash=migrate")
    local seen = seconds(upgrade(with { text = "two", delete = "before-hook-creation,hook-failed" }))
    t.eq({ seen.err.kind, seen.err.exit_code }, { "helm", 1 }, seen.err.message)
    t.has(seen.err.message, "failed in a hook")
    t.ok(seen.err.logs and seen.err.logs ~= "", "its last lines")
  end)

  calls.both("a " .. kind .. " that ends well, and those of others, stop nothing", function(_, _, api)
    calls.must(upgrade(with { hook = "pre-install,pre-upgrade" }))
    fault(api, "crash=other")
    local words = kind == "Job" and { "create", "job", "other" } or { "run", "other", "--restart=Never" }
    kubectl { "--image=ghcr.io/x/other:v1", table.unpack(words) }
    t.eq(calls.must(upgrade(with { hook = "post-upgrade", delete = "before-hook-creation,hook-succeeded" })).revision, 2)
    t.eq(calls.must(upgrade(with { hook = "post-upgrade" })).revision, 3)
  end)
end
