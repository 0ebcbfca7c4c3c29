--- A real PostgreSQL for a test: unpacked, not installed, with its data in a temporary folder, reached by a socket there.
local fs = require "native.fs"
local process = require "native.process"
local t = require "tests.harness"

local M = {}

local root = process.cwd()
local unpacked = root .. "/.deps/postgresql/usr"
local BIN = "/lib/postgresql/15/bin"

--- Whether it is there.
M.is_there = fs.exists(unpacked .. BIN .. "/postgres")

local function environment(dir, home)
  local libraries = fs.list(home .. "/lib/*-linux-gnu")[1] or home .. "/lib"
  return { LD_LIBRARY_PATH = libraries, PATH = home .. BIN .. ":" .. process.getenv "PATH", PGHOST = dir, PGUSER = "postgres", HOME = dir,
    LC_ALL = "C.UTF-8", TZ = "UTC" }
end

--- PostgreSQL does not run as root: then it is nobody's, who may not be able to go where this project lies.
local function as_nobody(argv)
  return { "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", table.unpack(argv) }
end

local function as_it_is(argv) return argv end

--- Starts one; it ends with the case.
---@return { env: table<string, string>, sql: fun(database: string, text: string): string }  env: with which psql, pg_dump
---and pg_restore find it; sql: the rows, a line each
function M.start()
  local dir = t.must { "mktemp", "-d", "/tmp/almanac-postgres.XXXXXX" } -- whose path nobody can go along
  t.defer(function() t.must { "rm", "-rf", dir } end)
  local home, as = unpacked, as_it_is
  if t.must { "id", "-u" } == "0" then
    home, as = dir .. "/usr", as_nobody
    t.must { "cp", "-a", unpacked, home }
    t.must { "chown", "65534:65534", dir }
  end
  local env, bin = environment(dir, home), home .. BIN
  t.must(as { bin .. "/initdb", "-D", dir .. "/data", "-A", "trust", "-U", "postgres", "-N", "-L", home .. "/share/postgresql/15" },
    { cwd = "/tmp", env = env })
  -- Its shared memory is a file of the folder: one in /dev/shm would stay when it is killed.
  local server = t.spawn(as { bin .. "/postgres", "-D", dir .. "/data", "-k", dir, "-c", "listen_addresses=",
    "-c", "fsync=off", "-c", "dynamic_shared_memory_type=mmap" }, { cwd = "/tmp", env = env })
  server:wait_lines { "ready to accept connections" }
  return {
    env = env,
    sql = function(database, text)
      return t.must({ bin .. "/psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", text }, { env = env })
    end,
  }
end

return M
