-- compose: services on a real Docker engine: planned, brought up, recreated, restarted, taken down.
local docker = require "tests.docker"
local project = require "tests.project"
local t = require "tests.harness"

local function file(version)
  return string.format([[
version: "3"
services:
  node: { image: "node:%s", network_mode: none, stop_signal: SIGKILL, volumes: ["state:/state"] }
  miner: { image: "node:v1", network_mode: none, command: ["sleep", "2000"], stop_signal: SIGKILL, depends_on: [node] }
volumes: { state: {} }
]], version)
end

local function book(body)
  return "return runbook { allow = { compose = { 'stack', 'project=x' } }, run = function() step('it', function() " .. body .. " end) end }"
end

t.test("up, recreate, restart, down: as planned, once, also when killed halfway", function()
  local engine, why = docker.start()
  if not engine then
    print("skipped: " .. why)
    return
  end
  engine:make_image("node:v1", "node:v2")
  local p = project.new { up = book [[compose.up { dir = "stack" }]] }
  t.write_file(p.dir .. "/almanac.yaml", "pass_env: [PYTHONPATH, KILL_AFTER]\n")
  t.must { "mkdir", p.dir .. "/stack" }
  t.write_file(p.dir .. "/stack/docker-compose.yml", file "v1")
  -- Stands for docker-compose, and kills almanac when the work is done and it cannot know yet.
  t.must { "mkdir", p.dir .. "/bin" }
  t.write_file(p.dir .. "/bin/docker-compose", string.format([[
#!/bin/sh
%s/usr/bin/docker-compose "$@" || exit
case " $* " in *" $KILL_AFTER "*) kill -9 $PPID;; esac
]], engine.deps))
  t.must { "chmod", "+x", p.dir .. "/bin/docker-compose" }
  local function run(code, words, kill_after)
    local env = { KILL_AFTER = kill_after or "nothing" }
    for name, value in pairs(engine.env) do env[name] = value end
    env.PATH = p.dir .. "/bin:" .. env.PATH
    local got, out, err = p:run(words, env)
    t.eq(got, code, table.concat(words, " ") .. ": " .. out .. err)
    return out, err
  end
  local function ids() return engine:docker("ps", "-aq", "--no-trunc") end

  local out = run(2, { "plan", "up" })
  t.has(out, "+ service miner  created: image node:v1")
  t.has(out, "+ service node  created: image node:v1")
  t.eq(ids(), "", "a plan brings nothing up")

  -- killed with the services up and nothing journalled of it
  run(-1, { "run", "up" }, "up")
  local first = ids()
  run(0, { "resume", p:newest() })
  t.eq(ids(), first, "what was up stays as it is")
  t.eq(select(2, first:gsub("%x+", "")), 2, "two containers")
  local made = p:newest()

  -- another image for one of them
  t.write_file(p.dir .. "/stack/docker-compose.yml", file "v2")
  out = run(2, { "plan", "up" })
  t.has(out, "~ service node  changed: recreated, its configuration is another")
  t.has(out, "~ .image: node:v1 → node:v2")
  t.has(out, "= 1 unchanged")
  run(0, { "run", "up" })
  t.has(engine:docker("ps", "--format", "{{.Names}} {{.Image}}"), "stack_node_1 node:v2")

  -- a restart happens once to each container, also after a kill
  p:edit("restart", book [[compose.restart { dir = "stack", services = "miner" }]])
  run(-1, { "run", "restart" }, "restart")
  local at = engine:docker("inspect", "-f", "{{.State.StartedAt}}", "stack_miner_1")
  local _, said = run(0, { "resume", p:newest() })
  t.has(said, "is done")
  t.eq(engine:docker("inspect", "-f", "{{.State.StartedAt}}", "stack_miner_1"), at, "not twice")

  -- a command once, also where the run is killed when it is over; a failed one is run anew
  p:edit("once", book [[return compose.run { dir = "stack", service = "miner", argv = { "sh", "-c", "exit 3" } }]])
  t.has(run(2, { "plan", "once" }), "+ container of service miner  created: runs once: sh -c exit 3")
  local _, failed = run(1, { "run", "once", "--no-ask" })
  t.has(failed, "exited with code 3")
  p:edit("once", book [[return compose.run { dir = "stack", service = "node", no_deps = true,
    argv = { "sh", "-c", "echo once >>/state/log; echo said" } }]])
  run(-1, { "run", "once" }, "run")
  run(0, { "resume", p:newest() })
  t.has(run(0, { "log", p:newest(), "--json" }), [["stdout":"said\n"]])
  t.eq(engine:docker("exec", "stack_node_1", "/busybox", "cat", "/state/log"), "once")

  p:edit("down", book [[compose.down { dir = "stack", volumes = true }]])
  out = run(2, { "plan", "down" })
  t.has(out, "- container stack_miner_1  deleted: running, image node:v1")
  t.has(out, "- volume stack_state  deleted: with what is in it")

  -- a rollback takes down what was not there before, as compose.down does
  run(0, { "rollback", made })
  t.eq(ids(), "")
  run(0, { "run", "down" })
  t.has(run(0, { "plan", "down" }), "(nothing would change)")

  -- what is wrong is said
  p:edit("wrong", book [[compose.up { dir = "stack", services = "mienr" }]])
  out = run(1, { "plan", "wrong" })
  t.has(out, "WOULD STOP THE RUN: compose.up: the Compose file has no service mienr")
  p:edit("wrong", book [[compose.down { dir = "elsewhere" }]])
  local _, err = run(1, { "run", "wrong" })
  t.has(err, 'compose.down: this runbook may not touch compose "elsewhere"')
end)

t.test("without docker the plan says what is missing", function()
  local p = project.new { up = book [[compose.up { dir = "stack", nothing = 1 }]] }
  local _, _, err = p:run { "run", "up" }
  t.has(err, 'compose.up: no option "nothing"')
  t.has(err, "next:  it has dir, files, project, services, timeout")
  p:edit("up", book [[compose.up { dir = "stack" }]])
  t.must { "mkdir", p.dir .. "/stack" }
  local code, out = p:run({ "plan", "up" }, { PATH = p.dir })
  t.eq(code, 1)
  t.has(out, "there is neither docker compose nor docker-compose on PATH")
end)

t.test("the plugin of docker is called in its own form, before docker-compose", function()
  local p = project.new { all = book [[
    compose.pull { dir = "stack", services = "node" }
    compose.up { dir = "stack", files = "a.yaml", project = "x" }
    compose.run { dir = "stack", service = "node", argv = { "ls", "-l" }, no_deps = true }
    compose.down { dir = "stack", volumes = true }
  ]] }
  t.must { "mkdir", p.dir .. "/stack", p.dir .. "/bin" }
  t.write_file(p.dir .. "/bin/docker", string.format([[
#!/bin/sh
echo "$*" >>%s/called
case "$*" in
*" config") printf 'name: x\nservices: { node: { image: "node:v1" } }\n' ;;
*" config --hash "*) echo "node abc123" ;;
"image inspect "*) echo sha256:1 ;;
inspect*) exit 1 ;;
esac
]], p.dir))
  t.write_file(p.dir .. "/bin/docker-compose", "#!/bin/sh\nexit 9\n")
  t.must { "chmod", "+x", p.dir .. "/bin/docker", p.dir .. "/bin/docker-compose" }
  local code, _, err = p:run({ "run", "all" }, { PATH = p.dir .. "/bin:" .. t.getenv "PATH" })
  t.eq(code, 0, err)
  local changes = {}
  for _, line in ipairs(p:lines "called") do
    for _, verb in ipairs { "pull", "up", "run", "down" } do
      if line:find(" " .. verb .. " ", 1, true) then changes[#changes + 1] = (line:gsub("almanac%-%S+", "NAME")) end
    end
  end
  t.eq(changes, {
    "compose --ansi never pull --quiet node", "compose --ansi never -f a.yaml -p x up --detach",
    "compose --ansi never run -T --name NAME --no-deps node ls -l", "compose --ansi never down --volumes",
  })
end)
