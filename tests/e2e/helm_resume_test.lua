-- almanac killed with SIGKILL in a helm upgrade, rollback, install or uninstall, then resumed: it takes
-- place once, whether its helm was killed with it or went on alone. With the real helm 3 and helm 4.
local json = require "native.json"
local k8s_client = require "almanac.k8s.client"
local native = require "native.sh"
local process = require "native.process"
local records = require "almanac.helm.records"
local settings = require "almanac.config.settings"
local t = require "tests.harness"

local build = process.cwd() .. "/" .. (t.getenv "ALMANAC_BUILD" or "build") .. "/almanac"
local bin = t.getenv "ALMANAC_TEST_BIN" or ".deps/bin"
local NS = "animica-devnet"
local CHART = process.cwd() .. "/tests/fixtures/devnet/ops/helm/animica-devnet"
local OLD, NEW = "v0.5.0-a1b2c3d", "v0.5.1-b2c3d4e"
local target = { release = NS, namespace = NS }

local BOOK = string.format([[
return runbook {
  summary = "upgrade",
  params = { tag = param.string { required = true } },
  run = function(p)
    local was = step("look", function() return helm.current { release = %q } end)
    step("upgrade", function()
      return helm.upgrade { release = %q, chart = %q, set = { ["global.imageTag"] = p.tag } }
    end)
    step("after", function() return was.revision end)
  end,
}
]], NS, NS, CHART)

--- A runbook with one effect of helm's.
local function book_of(call)
  return 'return runbook { run = function() step("act", function() ' .. call .. " end) end }"
end

--- A cluster with the release at its first revision, and a directory to run almanac in.
local function world(binary)
  local w = { dir = t.tmpdir() }
  local sim = t.spawn { build, "sim", "--kubeconfig", w.dir .. "/kubeconfig", "--with-namespace", NS }
  sim:wait_line "^api="
  settings.kubeconfig = w.dir .. "/kubeconfig"
  k8s_client.forget()
  t.defer(function() settings.kubeconfig = nil end)
  w.real = process.cwd() .. "/" .. bin .. "/" .. binary
  w.env = { KUBECONFIG = w.dir .. "/kubeconfig" }
  t.must({ w.real, "upgrade", "--install", NS, CHART, "--namespace", NS, "--set", "global.imageTag=" .. OLD },
    { env = w.env })
  -- The real helm; what it changes, while `slow` is there, at a pace that lets a test step in.
  t.write_file(w.dir .. "/helm", string.format([[#!/bin/sh
case $1 in upgrade|rollback|uninstall) [ -e "%s/slow" ] && set -- "$@" --qps 5 --burst-limit 1 ;; esac
exec "%s" "$@"
]], w.dir, w.real))
  t.must { "chmod", "+x", w.dir .. "/helm" }
  t.write_file(w.dir .. "/upgrade.lua", BOOK)
  function w.almanac(...)
    local argv = { build, ... }
    for _, word in ipairs { "--kubeconfig", w.dir .. "/kubeconfig", "--helm", w.dir .. "/helm", "--plain" } do
      argv[#argv + 1] = word
    end
    return argv
  end
  function w.history()
    return json.decode(t.must({ w.real, "history", NS, "--namespace", NS, "--output", "json" }, { env = w.env }))
  end
  return w
end

--- Runs the runbook and kills almanac, with its helm or not, while the new revision is pending.
local function kill_in_upgrade(w, with_helm)
  t.write_file(w.dir .. "/slow", "")
  local p = t.spawn(w.almanac("run", "./upgrade.lua", "tag=" .. NEW), { cwd = w.dir })
  p:wait_line "▶ upgrade$" -- the step
  local record
  t.eventually("the new revision is pending", function()
    local list = records.list(target)
    record = list[2]
    return record and record.status:find "^pending"
  end)
  local id = record.labels["almanac-effect"]
  p:kill "KILL"
  if with_helm then
    for _, pid in ipairs(native.find_by_env("ALMANAC_EFFECT", id)) do
      native.exec { argv = { "kill", "-KILL", tostring(pid) } }
    end
  end
  p:wait()
  require("native.fs").remove(w.dir .. "/slow")
  return id
end

local function check_end(w, id)
  local code, out, err = t.run(w.almanac "resume", { cwd = w.dir })
  t.eq(code, 0, out .. "\n" .. err)
  local list = w.history()
  t.eq(#list, 2)
  t.eq({ list[1].status, list[2].status }, { "superseded", "deployed" })
  t.eq(list[2].description, "Upgrade complete [almanac " .. id .. "]")
  t.has(t.must({ w.real, "get", "manifest", NS, "--namespace", NS }, { env = w.env }), NEW)
  t.eq(native.find_by_env("ALMANAC_EFFECT", id), {})
  return out .. "\n" .. err
end

--- Runs a runbook with one effect and kills it and its helm when the newest revision has that status.
local function kill_in(w, call, status)
  t.write_file(w.dir .. "/act.lua", book_of(call))
  t.write_file(w.dir .. "/slow", "")
  local p = t.spawn(w.almanac("run", "./act.lua"), { cwd = w.dir })
  t.eventually("a revision is " .. status, function()
    local list = records.list(target)
    return list[#list] and list[#list].status == status
  end)
  p:kill "KILL"
  for _, pid in ipairs(native.find_by_env("ALMANAC_EFFECT", json.decode(t.must({ build, "log", "--json" }, { cwd = w.dir })
    :match '[^\n]*"kind":"effect.intent"[^\n]*').data.id)) do
    native.exec { argv = { "kill", "-KILL", tostring(pid) } }
  end
  p:wait()
  require("native.fs").remove(w.dir .. "/slow")
  local code, out, err = t.run(w.almanac "resume", { cwd = w.dir })
  t.eq(code, 0, out .. "\n" .. err)
end

local function statuses(w)
  local out = {}
  for i, revision in ipairs(w.history()) do out[i] = revision.status .. ": " .. revision.description:gsub(" %[.*", "") end
  return out
end

for _, binary in ipairs { "helm3", "helm4" } do
  t.test(binary .. ": killed in a rollback, an uninstall and an install: each takes place once", function()
    local w = world(binary)
    t.must({ w.real, "upgrade", NS, CHART, "--namespace", NS, "--set", "global.imageTag=" .. NEW }, { env = w.env })
    kill_in(w, string.format("helm.rollback { release = %q, revision = 1 }", NS), "pending-rollback")
    t.eq(statuses(w), { "superseded: Install complete", "superseded: Upgrade complete", "deployed: Rollback to 1" })
    kill_in(w, string.format("helm.uninstall { release = %q }", NS), "uninstalling")
    t.eq(records.list(target), {})
    kill_in(w, string.format("helm.upgrade { release = %q, chart = %q, install = true }", NS, CHART), "pending-install")
    t.eq(statuses(w), { "deployed: Install complete" })
  end)

  t.test(binary .. ": killed with its helm: resume repairs, shows it and upgrades once", function()
    local w = world(binary)
    local id = kill_in_upgrade(w, true)
    local text = check_end(w, id)
    t.has(text, "repair release " .. NS .. ": remove revision 2")
    local run = t.ok(text:match "upgrade%-%d+%-%d+%-%x+", "the run's id")
    t.has(t.must({ build, "log", run }, { cwd = w.dir }), "helm.repair")
  end)

  t.test(binary .. ": killed alone: resume waits for the helm that goes on, and upgrades no second time", function()
    local w = world(binary)
    local id = kill_in_upgrade(w, false)
    local text = check_end(w, id)
    t.lacks(text, "repair release")
  end)
end
