-- The shell of the simulated pods, without a cluster.
local t = require "tests.harness"
local programs = require "almanac.sim.world.programs"
local shell = require "almanac.sim.world.shell"

local function run(script, env)
  local out, err, files = {}, {}, {}
  local io = { env = env or {}, pid = 7, files = files, out = function(s) out[#out + 1] = s end,
    err = function(s) err[#err + 1] = s end, glob = function() return {} end, breathe = function() end,
    read_file = function(path) return files[path] end, write_file = function(path, text) files[path] = text end }
  function io.run(inner, argv)
    local fn = programs.find(argv[1])
    return fn and fn(inner, argv)
  end
  return shell.run(io, script, {}), table.concat(out), table.concat(err)
end

t.test("lists, quotes, variables, loops, redirections", function()
  local cases = {
    { "echo a && false || echo b; exit 3", 3, "a\nb\n" },
    { [[x='a b'; echo "$x" $x 'it''s' "q\"$x"]], 0, 'a b a b its q"a b\n' },
    { "for i in 1 2; do echo $((i * 2)); done", 0, "2\n4\n" },
    { "if test 1 = 2; then echo no; elif [ 1 = 1 ]; then echo yes; fi", 0, "yes\n" },
    { "echo kept >/f; echo more >>/f; cat /f; echo gone >/dev/null", 0, "kept\nmore\n" },
    { "nonsense", 127, "" }, { "echo a | cat", 2, "" }, { "echo $(date)", 2, "" },
  }
  for _, case in ipairs(cases) do
    local code, out = run(case[1])
    t.eq({ code, out }, { case[2], case[3] }, case[1])
  end
end)

t.test("set -e ends at a failure that nobody asks about", function()
  for script, want in pairs {
    ["set -e; false; echo on"] = { 1, "" }, ["set -e; false || echo on"] = { 0, "on\n" },
    ["set -e; if false; then echo no; fi; echo on"] = { 0, "on\n" }, ["set -e; set +e; false; echo on"] = { 0, "on\n" },
    ["set -ex; { false; }; echo on"] = { 1, "" },
  } do
    local code, out = run(script)
    t.eq({ code, out }, want, script)
  end
end)

t.test("what a container's command must be to be run", function()
  local known = { { "sh", "-c", "set -e; echo a; exit 3" }, { "/bin/sh", "-c", "X=1; if test -e /f; then sleep 1; fi" }, { "false" },
    { "sh", "-c", "X=1 echo $X" }, { "/app/scripts/migrate.sh" } }
  local unknown = { { "curl", "x" }, { "sh", "-c", "curl x" }, { "sh", "-c", "echo a | cat" }, { "sh", "-c", "$X" }, { "sh" }, { "find" },
    { "are_known" }, { "sh", "-c", "for i in 1; do psql; done" } }
  for _, argv in ipairs(known) do t.eq(programs.are_known(argv), true, table.concat(argv, " ")) end
  for _, argv in ipairs(unknown) do t.eq(programs.are_known(argv), false, table.concat(argv, " ")) end
end)
