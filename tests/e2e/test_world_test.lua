-- The world of a test: up when its time begins, whatever almanac.yaml says of the operator's clusters and colleagues.
local projects = require "tests.project"
local t = require "tests.harness"

local SCALE = [[
return runbook {
  summary = "Scales in two steps, with a question between",
  allow = { k8s = { "shop" } },
  run = function()
    step("three", { undo = function() if var.broken then error "the way back is closed" end end }, function()
      k8s.scale("deployment/web", 3, { namespace = "shop" })
    end)
    confirm("go on?")
    step("four", function() k8s.scale("deployment/web", 4, { namespace = "shop" }) end)
  end,
}
]]

local WORLD = [[
local web = {
  apiVersion = "apps/v1", kind = "Deployment", metadata = { name = "web", namespace = "shop" },
  spec = { replicas = 2, selector = { matchLabels = { app = "web" } },
    template = { metadata = { labels = { app = "web" } }, spec = { containers = { { name = "web", image = "web:1" } } } } },
}
local queue = {
  apiVersion = "apps/v1", kind = "StatefulSet", metadata = { name = "mq", namespace = "shop" },
  spec = { replicas = 3, serviceName = "mq", selector = { matchLabels = { app = "mq" } },
    template = { metadata = { labels = { app = "mq" } }, spec = { containers = { { name = "mq", image = "mq:1" } } } } },
}
local spec = { objects = { web, queue }, namespaces = { "shop" }, ready_time = 20 }
]]

local function project_of(cases)
  local project = projects.new { scale = SCALE:gsub("var%.broken", "false") }
  t.must { "mkdir", project.dir .. "/runbooks/tests" }
  project:edit("tests/scale_test", WORLD .. cases)
  return project
end

local function passes(project)
  local code, out = project:run { "test" }
  t.eq(code, 0, out)
end

t.test("what a world has is up when its time begins; what a fault keeps down is not waited for", function()
  passes(project_of [[
    it("is up", function()
      local w = world(spec)
      assert.equal(2, w:get("deployment/web", "shop").status.readyReplicas)
      assert.equal(3, w:get("statefulset/mq", "shop").status.readyReplicas)
      assert.near(0, w:seconds(), 1)
    end)
    it("is down", function()
      local w = world { objects = { web, queue }, namespaces = { "shop" }, faults = { "crash=web" } }
      assert.is_nil(w:get("deployment/web", "shop").status.readyReplicas)
      assert.equal(3, w:get("statefulset/mq", "shop").status.readyReplicas)
    end)
  ]])
end)

local GOES_ON = [[
  it("goes on", function()
    local run = world(spec):run("scale")
    assert.equal("waiting", run.status, run.output)
    run:approve()
    run:resume()
    assert.equal("done", run.status, run.output)
    assert.is_nil(run.error)
  end)
]]

t.test("contexts of almanac.yaml lead to the world, also one of the simulator's name", function()
  local project = project_of(GOES_ON)
  t.write_file(project.dir .. "/almanac.yaml",
    "context: sim\nenvironment: far\nenvironments: { far: { context: prod, kubeconfig: /nowhere } }\n")
  passes(project)
end)

t.test("nobody signs, and nobody is told, whatever almanac.yaml says; a test that wants it says so", function()
  local project = project_of(GOES_ON .. [[
    it("keeps to a plan", function()
      local config = { approval = { plan_required = true } }
      local run = world { objects = { web }, namespaces = { "shop" }, config = config }:run("scale")
      assert.equal("refused", run.status)
    end)
  ]])
  t.write_file(project.dir .. "/almanac.yaml",
    "approval: { quorum: 2, allowed_signers: nowhere, runner_may_approve: false, plan_required: true }\n"
    .. "hooks: { on_start: ops, on_wait: ops }\nchannels: { ops: { kind: slack, url: 'env:SLACK' } }\n")
  passes(project)
end)

t.test("a run that is asked in its middle is killed at the effects behind the question, too", function()
  passes(project_of [[
    it("happens once", function()
      local seen = {}
      local killed = kill_at_every_effect(world { objects = { web }, namespaces = { "shop" } }, "scale", nil, {
        approve = true,
        prepare = function(fresh) seen[#seen + 1] = fresh:get("deployment/web", "shop").spec.replicas end,
      })
      assert.equal(8, killed.kills)
      assert.same({ 2, 2, 2, 2, 2, 2, 2, 2, 2 }, seen)
    end)
  ]])
end)

t.test("a question with choices is answered in its kills, and one without an answer is told; functions keep what they know", function()
  local project = projects.new { move = [[return runbook { summary = "Moves", run = function()
    ask("all of it?", { choices = { "go", "not now" } })
    step("move", function() sh.run { "ops/move.sh" } end)
  end }]] }
  t.must { "mkdir", project.dir .. "/runbooks/tests" }
  project:edit("tests/move_test", [[
    local count = 0
    local w
    before_each(function() w = world { sh = { ["ops/*"] = function() count = count + 1 return count > 1 and { code = 1 } or "" end } } end)
    it("has no answer", function() kill_at_every_effect(w, "move", nil, { approve = true }) end)
    it("goes", function()
      local given = { answers = { ["all of*"] = "go" }, prepare = function() count = 0 end }
      assert.equal(4, kill_at_every_effect(w, "move", nil, given).kills)
    end)
    it("remembers", function()
      count = 0
      kill_at_every_effect(w, "move", nil, { answers = { ["all of*"] = "go" } })
    end)
  ]])
  local code, out = project:run { "test" }
  t.eq(code, 1)
  t.has(out, "the run waits for an answer that the test does not give: all of it?")
  t.has(out, 'answers = { ["all of it?"] = "go" }')
  t.has(out, "✓ goes")
  t.has(out, "(sh answers by a function: what it keeps from run to run is forgotten in prepare = function() … end)")
end)

t.test("an answer of one word is a text, or a list of it", function()
  local project = projects.new { move = [[return runbook { summary = "Moves", run = function()
    ask("all of it?", { choices = { "go", "not now" } })
  end }]] }
  t.must { "mkdir", project.dir .. "/runbooks/tests" }
  project:edit("tests/move_test", [[
    for _, words in ipairs { "go", { "go" } } do
      it("goes", function()
        local run = world {}:run("move")
        run:answer(words)
        run:resume()
        assert.equal("done", run.status)
      end)
    end
  ]])
  passes(project)
end)

t.test("what a run asks its cluster and Prometheus takes none of its time", function()
  local project = project_of [[
    it("looks", function()
      local w = world { objects = { web }, namespaces = { "shop" }, prom = { up = 1 } }
      local run = w:run("look")
      assert.equal("done", run.status, run.output)
      assert.is_not.contains("no answer", run.output)
      assert.is_true(run.seconds < 1)
    end)
  ]]
  project:edit("look", [[return runbook { summary = "Looks", run = function()
    step("look", function()
      for _ = 1, 40 do
        k8s.get("deployment/web", { namespace = "shop" })
        prom.query "up"
      end
    end)
  end }]])
  passes(project)
end)

t.test("a rollback that fails is explained by its own error, and its run by its own", function()
  local project = project_of [[
    it("goes back", function()
      local run = world { objects = { web }, namespaces = { "shop" } }:run("scale")
      run:rollback()
      assert.equal("undone", run.status)
    end)
  ]]
  project:edit("scale", (SCALE:gsub("var%.broken", "true")))
  local code, out = project:run { "test" }
  t.eq(code, 1)
  t.has(out, "scale: its rollback stopped: the way back is closed\n")
end)

local ORDERS = [[
return runbook {
  summary = "A generation of the database's user", allow = { k8s = { "shop" } },
  run = function()
    local where = { namespace = "shop" }
    local function env() return k8s.exec_read("env", { pod = "deployment/orders", namespace = "shop" }).stdout end
    step("before", env)
    step("turn", function() k8s.patch("secret/db", { stringData = { generation = "v2" } }, where) end)
    step("not yet", env)
    step("restart", function() k8s.restart("deployment/orders", where) end)
    step("ready", function() k8s.rollout("deployment/orders", where) end)
    step("after", env)
  end,
}
]]

t.test("a container has the variables of Secrets, ConfigMaps and its pod, as they were when it started", function()
  local p = projects.new { orders = ORDERS }
  t.must { "mkdir", p.dir .. "/runbooks/tests" }
  p:edit("tests/orders_test", [[
    it("sees the new one behind a restart alone", function()
      local ref = { name = "db", key = "generation" }
      local w = world { namespaces = { "shop" }, objects = {
        { apiVersion = "v1", kind = "Secret", metadata = { name = "db", namespace = "shop" }, data = { generation = "djE=" } },
        { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "shop", namespace = "shop" }, data = { CITY = "Bern" } },
        { apiVersion = "apps/v1", kind = "Deployment", metadata = { name = "orders", namespace = "shop" }, spec = {
          selector = { matchLabels = { app = "orders" } }, template = { metadata = { labels = { app = "orders" } }, spec = {
            containers = { { name = "orders", image = "orders:1",
              envFrom = { { configMapRef = { name = "shop" }, prefix = "SHOP_" } }, env = {
              { name = "GENERATION", valueFrom = { secretKeyRef = ref } },
              { name = "WHERE", valueFrom = { fieldRef = { fieldPath = "metadata.namespace" } } },
            } } } } } } },
      } }
      local run = w:run("orders")
      assert.equal("done", run.status, run.output)
      local function has(step, text) assert.contains(text, run.steps[step].result) end
      has("before", "GENERATION=v1\n") has("before", "WHERE=shop\n") has("before", "SHOP_CITY=Bern\n")
      has("not yet", "GENERATION=v1\n")
      has("after", "GENERATION=v2\n")
    end)
  ]])
  local code, out = p:run { "test" }
  t.eq(code, 0, out)
end)

t.test("a run that is taken back at once is the test's own run, with its error; what took it back stands beside it", function()
  local project = projects.new { scale = [[
return runbook { on_failure = "undo", run = function()
  step("three", function() k8s.scale("deployment/web", 3, { namespace = "shop" }) end)
  step("look", function() error "it does not do" end)
end }]] }
  t.must { "mkdir", project.dir .. "/runbooks/tests" }
  project:edit("tests/scale_test", WORLD .. [[
    it("is undone", function()
      local w = world(spec)
      local run = w:run("scale")
      assert.equal("undone", run.status)
      assert.equal(4, run.code)
      assert.matches("it does not do", run.error.message)
      assert.equal("failed", run.steps.look.status)
      assert.equal("scale", run.runbook)
      assert.equal(1, #run.effects)
      assert.equal(1, #run.rollbacks)
      assert.equal("done", run.rollbacks[1].status)
      assert.equal(1, #run.rollbacks[1].effects)
      assert.equal(2, w:get("deployment/web", "shop").spec.replicas)
    end)
  ]])
  passes(project)
end)
