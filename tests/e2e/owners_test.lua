-- A plan names who keeps what it changes, and would take it back; on_owner = "refuse" stops there, and so does the run.
local process = require "native.process"
local project = require "tests.project"
local t = require "tests.harness"

local KEPT = [[
return runbook { run = function()
  step("make", function()
    k8s.apply {
      apiVersion = "v1", kind = "ConfigMap", data = { color = "red" }, metadata = {
        name = "settings", namespace = "team", annotations = { ["argocd.argoproj.io/tracking-id"] = "shop:/ConfigMap:team/settings" },
      },
    }
  end)
end }]]

local CHANGE = [[
return runbook { %s run = function()
  step("before", { undo = function() end }, function() sh.run { argv = { "sh", "-c", "echo before >> log" } } end)
  step("paint", function()
    k8s.patch("configmap/settings", { data = { color = "green" } }, { namespace = "team" })
  end)
end }]]

local WORDS = "configmap/settings: kept by Argo CD application shop, which would take this back"

local function new()
  local p = project.new { kept = KEPT, change = CHANGE:format "", strict = CHANGE:format 'on_owner = "refuse",' }
  local sim = t.spawn { process.exe(), "sim", "--kubeconfig", p.dir .. "/kubeconfig", "--with-namespace", "team" }
  sim:wait_line "^api="
  local function must(words, want)
    local code, out, err = p:run(words, { KUBECONFIG = p.dir .. "/kubeconfig" })
    t.eq(code, want, out .. err)
    return out, err
  end
  must({ "run", "kept" }, 0)
  return p, must
end

t.test("a change to what Argo CD keeps is a warning of the plan, and is made", function()
  local _, must = new()
  t.has(must({ "plan", "change" }, 2), "WARNING " .. WORDS)
  must({ "run", "change" }, 0)
  t.lacks(must({ "plan", "change" }, 2), WORDS, "what is so already is taken back by nobody")
end)

t.test('on_owner = "refuse": the plan fails, and the run stops before the change', function()
  local p, must = new()
  local out = must({ "plan", "strict" }, 1)
  t.has(out, WORDS)
  local _, err = must({ "run", "strict" }, 1)
  t.has(err, WORDS)
  t.has(err, 'on_owner = "warn"')
  t.eq(p:lines "log", { "before" })
  must({ "rollback", p:newest() }, 0)
end)

t.test("on_owner is warn or refuse", function()
  local p = project.new { odd = CHANGE:format 'on_owner = "ask",' }
  local code, _, err = p:run { "run", "odd" }
  t.eq(code, 2)
  t.has(err, "on_owner")
end)
