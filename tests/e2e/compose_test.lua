-- compose: services on a real Docker engine: planned, brought up, recreated, restarted, taken down.
local docker = require "tests.docker"
local images = require "tests.images"
local project = require "tests.project"
local t = require "tests.harness"

if t.left_to_plain_run "a Docker engine is worked with" then return end

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
  return "return runbook { allow = { compose = { 'stack', 'pulled', 'project=x' } }, run = function() step('it', function() "
    .. body .. " end) end }"
end

---@class tests.Compose  a project, and an engine that it is brought up on
local World = {}
World.__index = World

--- Puts a program before the real one, which kills almanac when the work is done and it cannot know yet.
local function put_killer(dir, form, engine)
  local program = form:match "^%S+"
  t.must { "mkdir", dir .. "/bin" }
  t.write_file(dir .. "/bin/" .. program, string.format([[
#!/bin/sh
%s/usr/bin/%s "$@" || exit
case " $* " in *" compose "*" $KILL_AFTER "*|*" --ansi "*" $KILL_AFTER "*) kill -9 $PPID;; esac
]], engine.deps, program))
  t.must { "chmod", "+x", dir .. "/bin/" .. program }
end

local function new_world(form, engine)
  engine:make_image("node:v1", "node:v2")
  local w = setmetatable({ engine = engine, project = project.new {}, sep = form == "docker compose" and "-" or "_" }, World)
  t.write_file(w.project.dir .. "/almanac.yaml", "pass_env: [PYTHONPATH, KILL_AFTER]\n")
  t.must { "mkdir", w.project.dir .. "/stack" }
  t.write_file(w.project.dir .. "/stack/docker-compose.yml", file "v1")
  put_killer(w.project.dir, form, engine)
  return w
end

--- almanac WORDS…, which must end with this code (-1: killed).
function World:run(code, words, kill_after)
  local env = { KILL_AFTER = kill_after or "nothing" }
  for name, value in pairs(self.engine.env) do env[name] = value end
  env.PATH = self.project.dir .. "/bin:" .. env.PATH
  local got, out, err = self.project:run(words, env)
  t.eq(got, code, table.concat(words, " ") .. ": " .. out .. err)
  return out, err
end

function World:edit(name, body) self.project:edit(name, book(body)) end

function World:ids() return self.engine:docker("ps", "-aq", "--no-trunc") end

function World:container(service) return "stack" .. self.sep .. service .. self.sep .. "1" end

--- Up, killed with the services up and nothing journalled of it; then another image for one of them.
---@return string run
local function brings_up(w)
  w:edit("up", [[compose.up { dir = "stack" }]])
  local out = w:run(2, { "plan", "up" })
  t.has(out, "+ service miner  created: image node:v1")
  t.has(out, "+ service node  created: image node:v1")
  t.eq(w:ids(), "", "a plan brings nothing up")
  w:run(-1, { "run", "up" }, "up")
  local first = w:ids()
  w:run(0, { "resume", w.project:newest() })
  t.eq(w:ids(), first, "what was up stays as it is")
  t.eq(select(2, first:gsub("%x+", "")), 2, "two containers")
  local made = w.project:newest()
  t.write_file(w.project.dir .. "/stack/docker-compose.yml", file "v2")
  out = w:run(2, { "plan", "up" })
  t.has(out, "~ service node  changed: recreated, its configuration is another")
  t.has(out, "~ .image: node:v1 → node:v2")
  t.has(out, "= 1 unchanged")
  w:run(0, { "run", "up" })
  t.has(w.engine:docker("ps", "--format", "{{.Names}} {{.Image}}"), w:container "node" .. " node:v2")
  return made
end

--- A restart happens once to each container, also after a kill.
local function restarts_once(w)
  w:edit("restart", [[compose.restart { dir = "stack", services = "miner" }]])
  w:run(-1, { "run", "restart" }, "restart")
  local function started() return w.engine:docker("inspect", "-f", "{{.State.StartedAt}}", w:container "miner") end
  local at = started()
  local _, said = w:run(0, { "resume", w.project:newest() })
  t.has(said, "is done")
  t.eq(started(), at, "not twice")
end

--- A command once, also where the run is killed when it is over; a failed one is run anew.
local function runs_once(w)
  w:edit("once", [[return compose.run { dir = "stack", service = "miner", argv = { "sh", "-c", "exit 3" } }]])
  t.has(w:run(2, { "plan", "once" }), "+ container of service miner  created: runs once: sh -c exit 3")
  local _, failed = w:run(1, { "run", "once", "--no-ask" })
  t.has(failed, "exited with code 3")
  w:edit("once", [[return compose.run { dir = "stack", service = "node", no_deps = true,
    argv = { "sh", "-c", "echo once >>/state/log; echo said" } }]])
  w:run(-1, { "run", "once" }, "run")
  w:run(0, { "resume", w.project:newest() })
  t.has(w:run(0, { "log", w.project:newest(), "--json" }), [["stdout":"said\n"]])
  t.eq(w.engine:docker("exec", w:container "node", "/busybox", "cat", "/state/log"), "once")
end

--- From a real registry; one that does not have it is named.
local function pulls(w)
  local address = images.registry(w.project.dir)
  local name = address .. "/node:v1"
  t.must { "mkdir", w.project.dir .. "/pulled" }
  local function wants(image)
    t.write_file(w.project.dir .. "/pulled/docker-compose.yml", 'version: "3"\nservices: { node: { image: "' .. image .. '" } }\n')
  end
  w.engine:docker("tag", "node:v1", name)
  w.engine:docker("push", "--quiet", name)
  w.engine:docker("rmi", name)
  wants(name)
  w:edit("pull", [[return compose.pull { dir = "pulled" }]])
  t.has(w:run(2, { "plan", "pull" }), "+ image " .. name .. "  created: it is not there yet")
  w:run(-1, { "run", "pull" }, "pull")
  w:run(0, { "resume", w.project:newest() })
  t.has(w:run(0, { "log", w.project:newest(), "--json" }), w.engine:docker("image", "inspect", "-f", "{{.Id}}", name))
  wants(address .. "/node:v9")
  local _, err = w:run(1, { "run", "pull", "--no-ask" })
  t.has(err, address .. "/node:v9")
end

--- A rollback takes down what was not there before; compose.down with the volumes, too.
local function takes_down(w, made)
  w:edit("down", [[compose.down { dir = "stack", volumes = true }]])
  local out = w:run(2, { "plan", "down" })
  t.has(out, "- container " .. w:container "miner" .. "  deleted: running, image node:v1")
  t.has(out, "deleted: ran once, exited, image node:v")
  t.has(out, "- volume stack_state  deleted: with what is in it")
  w:run(0, { "rollback", made })
  t.eq(w:ids(), "")
  t.eq(w.engine:docker("volume", "ls", "-q"), "stack_state", "what is stored stays")
  w:run(-1, { "run", "down" }, "down")
  w:run(0, { "resume", w.project:newest() })
  t.eq(w.engine:docker("volume", "ls", "-q"), "")
  t.has(w:run(0, { "plan", "down" }), "(nothing would change)")
end

local function says_what_is_wrong(w)
  w:edit("wrong", [[compose.up { dir = "stack", services = "mienr" }]])
  t.has(w:run(1, { "plan", "wrong" }), "WOULD STOP THE RUN: compose.up: the Compose file has no service mienr")
  w:edit("wrong", [[compose.down { dir = "elsewhere" }]])
  local _, err = w:run(1, { "run", "wrong" })
  t.has(err, 'compose.down: this runbook may not touch compose "elsewhere"')
end

for _, form in ipairs { "docker-compose", "docker compose" } do
  t.test(form .. ": up, restart, run, pull, down: as planned, once, also when killed halfway", function()
    local engine, why = docker.start(form)
    if not engine then
      print("skipped, " .. form .. ": " .. why)
      return
    end
    local w = new_world(form, engine)
    local made = brings_up(w)
    restarts_once(w)
    runs_once(w)
    pulls(w)
    takes_down(w, made)
    says_what_is_wrong(w)
  end)
end

t.test("without docker the plan says what is missing", function()
  local p = project.new { up = book [[compose.up { dir = "stack", nothing = 1 }]] }
  local _, _, err = p:run { "run", "up" }
  t.has(err, 'compose.up: no option "nothing"')
  t.has(err, "next:    it has dir, env, files, project, services, timeout")
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
