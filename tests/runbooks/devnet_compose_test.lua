-- The Compose devnet on a real Docker engine: canary strategy=compose, its way back, and rollback with=compose.
local docker = require "tests.docker"
local project = require "tests.project"
local runbook = require "almanac.script.runbook"
local sandbox = require "almanac.script.sandbox"
local t = require "tests.harness"

if t.left_to_plain_run "a Docker engine is worked with" then return end

local OLD, NEW, SICK = "v0.4.2-0f9e8d7", "v0.5.0-a1b2c3d", "v0.5.1-bad0001"

local FILE = [[
version: "3"
services:
  node: { image: "node:${IMAGE_TAG:?}", network_mode: none, stop_signal: SIGKILL }
  miner: { image: "miner:${IMAGE_TAG:?}", network_mode: none, stop_signal: SIGKILL }
]]

t.test("a database beside the release tells no tag, and a lock is that of what is changed", function()
  local loaded = sandbox.load("runbooks/any.lua", 'return { stack = require "lib.devnet_compose" }').result
  t.eq(loaded.stack.standing {}, { running = false, tags = {} })
  t.eq(loaded.stack.standing { { image = "postgres:16" }, { image = "r:5000/node:" .. OLD }, { image = "r:5000/miner:" .. OLD } },
    { running = true, tags = { OLD } })
  t.eq(loaded.stack.standing { { image = "node@sha256:0123" } }, { running = true, tags = {} })
  local canary = runbook.load "canary"
  t.eq(canary.lock { strategy = "surge" }, "release/animica-devnet")
  t.eq(canary.lock { strategy = "shadow" }, "release/animica-canary")
  t.eq(runbook.load("rollback").lock { namespace = "animica-canary" }, "release/animica-canary")
end)

for _, form in ipairs { "docker compose", "docker-compose" } do
  t.test(form .. ": brought to a tag and seen healthy; a sick one is taken back; back to a tag; to nothing where nothing ran", function()
    local engine, why = docker.start(form)
    if not engine then
      print("skipped, " .. form .. ": " .. why)
      return
    end
    engine:make_image("node:" .. OLD, "miner:" .. OLD, "node:" .. NEW, "miner:" .. NEW, "node:" .. SICK)
    t.must({ "sh", "-c", "tar -C " .. engine.deps .. "/bin -c busybox | docker import -c 'ENTRYPOINT [\"/busybox\"]' "
      .. "-c 'CMD [\"false\"]' - miner:" .. SICK }, { env = engine.env })
    local p = project.new {}
    t.must { "mkdir", "-p", p.dir .. "/ops/docker" }
    t.write_file(p.dir .. "/ops/docker/docker-compose.devnet.yml", FILE)
    t.write_file(p.dir .. "/almanac.yaml", "pass_env: [PYTHONPATH]\nvars: { devnet: { compose_pull: false, compose_patience: 4s } }\n")
    local function run(code, ...)
      local got, out, err = p:run({ ... }, engine.env)
      t.eq(got, code, out .. err)
      return out .. err
    end
    local function images() return engine:docker("ps", "--format", "{{.Image}}") end

    t.has(run(2, "plan", "canary", "strategy=compose", "tag=" .. OLD), "image node:" .. OLD)
    run(0, "run", "canary", "strategy=compose", "tag=" .. OLD)
    t.has(images(), "miner:" .. OLD)
    local first = p:newest()
    t.has(run(4, "run", "canary", "strategy=compose", "tag=" .. SICK), "miner is ")
    t.lacks(images(), SICK)
    t.has(images(), "miner:" .. OLD)
    run(0, "run", "canary", "strategy=compose", "tag=" .. NEW)
    t.has(images(), "node:" .. NEW)
    t.has(run(1, "run", "rollback", "with=compose"), "with=compose needs the tag to go back to")
    run(0, "run", "rollback", "with=compose", "to=" .. OLD)
    t.has(images(), "node:" .. OLD)

    -- Of several tags none was the one before: what runs is left alone, and somebody says which.
    t.write_file(p.dir .. "/ops/docker/docker-compose.devnet.yml", (FILE:gsub("node:%${IMAGE_TAG:%?}", "node:" .. OLD)))
    run(0, "run", "canary", "strategy=compose", "tag=" .. NEW)
    t.has(images(), "miner:" .. NEW)
    local said = run(1, "run", "canary", "strategy=compose", "tag=" .. SICK)
    t.has(said, "before was of several: " .. OLD .. ", " .. NEW)
    t.has(images(), "node:" .. OLD)
    run(0, "abandon", said:match "almanac abandon (%S+)", "--reason", "it goes on by hand")
    t.write_file(p.dir .. "/ops/docker/docker-compose.devnet.yml", FILE)
    run(0, "run", "rollback", "with=compose", "to=" .. OLD)
    t.has(images(), "miner:" .. OLD)

    run(0, "rollback", first)
    t.eq(images(), "", "nothing ran before it")
  end)
end
