--- A Docker engine of a test's own: on a socket in a temporary directory, without networks, so that it
--- touches nothing else on the machine. Programs from .deps/docker (tests/deps/deps.sh).
local fs = require "native.fs"
local process = require "native.process"
local t = require "tests.harness"

local M = {}

---@class tests.Docker
---@field env table<string, string>  by which docker and Compose find it

local PLUGIN = "/.deps/compose/usr/libexec/docker/cli-plugins/docker-compose"

--- Starts one; nil and why where that cannot be (no programs, not root, no mounts).
---@param form "docker compose"|"docker-compose"  the plugin, or the program of version 1
---@return tests.Docker?
---@return string? why
function M.start(form)
  local root = process.cwd and process.cwd() or (t.must { "pwd" }):gsub("%s+$", "")
  local deps = root .. "/.deps/docker"
  if not t.read_file(deps .. "/usr/bin/docker-compose") then return nil, "there is no .deps/docker; make deps fetches it" end
  local dir = t.tmpdir()
  if form == "docker compose" then
    if not fs.exists(root .. PLUGIN) then return nil, "there is no .deps/compose; make deps fetches it from Debian 13" end
    t.must { "mkdir", "-p", dir .. "/.docker/cli-plugins" }
    t.must { "ln", "-s", root .. PLUGIN, dir .. "/.docker/cli-plugins/docker-compose" }
  end
  local env = {
    PATH = deps .. "/usr/bin:" .. deps .. "/usr/sbin:" .. t.getenv "PATH", HOME = dir,
    PYTHONPATH = deps .. "/usr/lib/python3/dist-packages", DOCKER_HOST = "unix://" .. dir .. "/docker.sock",
  }
  local engine = t.spawn({
    "dockerd", "--data-root", dir .. "/data", "--exec-root", dir .. "/exec", "-H", env.DOCKER_HOST, "--iptables=false",
    "--bridge=none", "--storage-driver=vfs", "-p", dir .. "/pid",
  }, { env = env })
  t.defer(function() -- before the harness kills what is left: it unmounts what it mounted
    engine:kill "TERM"
    pcall(engine.wait, engine, 20)
  end)
  local ok = pcall(engine.wait_line, engine, "API listen on", 20)
  if not ok then return nil, "the engine does not start here: " .. (engine.err[#engine.err] or "it said nothing") end
  return setmetatable({ env = env, dir = dir, deps = deps }, { __index = M })
end

--- docker WORDS…; it must succeed.
function M:docker(...)
  return (t.must({ "docker", ... }, { env = self.env }):gsub("%s+$", ""))
end

--- An image with a shell and nothing else, under each of the names.
function M:make_image(...)
  t.must({ "sh", "-c", "tar -C " .. self.deps .. "/bin -c busybox | docker import -c 'ENTRYPOINT [\"/busybox\"]' " ..
    "-c 'CMD [\"sleep\",\"1000\"]' - base:latest" }, { env = self.env })
  for _, name in ipairs { ... } do self:docker("tag", "base:latest", name) end
end

return M
