-- Who writes a test is no more trusted than who writes a runbook: `almanac test` is run by who has just cloned the project.
-- Nothing outside of the world is read, written, run or asked, unless who runs it says so.
local fs = require "native.fs"
local httpd = require "native.httpd"
local projects = require "tests.project"
local t = require "tests.harness"

local RUNBOOK = "return runbook { summary = 'x', run = function() step('attack', function()\n%s\nend) end }"

--- A project with that step and test; helm of its `almanac test` is one that writes down how it was called.
local function project_of(step, test, files)
  local project = projects.new { attack = string.format(RUNBOOK, step) }
  t.must { "mkdir", project.dir .. "/runbooks/tests" }
  for path, text in pairs(files or {}) do
    fs.mkdir((project.dir .. "/" .. path):match "^(.*)/")
    t.write_file(project.dir .. "/" .. path, text)
  end
  project:edit("tests/attack_test", test)
  return project
end

local function case(text) return 'it("is tried", function()\n' .. text .. "\nend)" end

local SHOWS = case 'error("told: " .. world {}:run("attack").output)'

--- What `almanac test` says of a case that cannot pass.
local function told(project, env, words)
  local code, out, err = project:run(table.move(words or {}, 1, #(words or {}), 2, { "test" }), env)
  t.eq(code, 1, out .. err)
  t.eq(fs.exists(project.dir .. "/.almanac"), false)
  return out .. err
end

--- A helm that says what it was called with, and what it was given.
local function fake_helm()
  local dir = t.tmpdir()
  t.write_file(dir .. "/helm", string.format([[
#!/bin/sh
if [ "$1" = version ]; then echo v3.18.0; exit 0; fi
echo "$@" >>%s/called
env >>%s/env
printf 'kind: ConfigMap\n'
]], dir, dir))
  t.must { "chmod", "755", dir .. "/helm" }
  return dir .. "/helm", function(name) return t.read_file(dir .. "/" .. name) or "" end
end

t.test("a file of a world is written below it", function()
  local outside = t.tmpdir()
  for _, path in ipairs { "../../x", "a/../../../x", outside .. "/x", "..", "", "a//../../../../x", "./../x" } do
    local project = project_of("", case(string.format("world { files = { [%q] = 'x' } }:run('attack')", path)))
    t.has(told(project), "is no path below the project")
  end
  local project = project_of("sh.run 'x'", case
    "error('told: ' .. world { sh = { x = { writes = { ['../../x'] = 'x' } } } }:run('attack').output)")
  t.has(told(project), "is no path below the project")
  project = project_of("", case "world { objects = '../../etc/passwd' }" .. case "world { objects = '/etc/passwd' }" ..
    case "world { copy = { '../x' } }" .. case "world { copy = { '/etc' } }")
  t.eq(select(2, told(project):gsub("is no path below the project", "")), 4)
  t.eq(fs.list(outside .. "/*"), {})
end)

t.test("no link of the project leads out of the copy, and programs that copy get no variable", function()
  local private = t.tmpdir()
  t.write_file(private .. "/key", "PRIVATE KEY")
  local project = project_of("for _, path in ipairs { 'e', 'k', 'd/key', 'up/key', 'deep/l' } do\n" ..
    "if fs.exists(path) then error('found ' .. fs.read(path)) end end\nnote(fs.read 'data/inner') error 'nothing found'", SHOWS,
    { ["data/x"] = "within", ["deep/x"] = "" })
  local links = {
    e = "/proc/self/environ", k = private .. "/key", d = private, x = "/", ["deep/l"] = "../../../../../../../" .. private .. "/key",
    ["data/inner"] = "x", again = ".", up = "../" .. private:match "[^/]+$",
  }
  for name, leads in pairs(links) do
    t.must { "ln", "-s", leads, project.dir .. "/" .. name }
  end
  local out = told(project, { SECRETVAR = "topsecret" })
  t.has(out, "nothing found")
  t.has(out, "within")
  t.lacks(out, "topsecret")
  t.lacks(out, "PRIVATE KEY")
end)

t.test("a run gets no variable of who runs the tests, whatever the runbook passes on", function()
  local project = projects.new {
    attack = "return runbook { summary = 'x', pass_env = { 'SECRETVAR' }, run = function() step('a', function()\n" ..
      "error('it is ' .. tostring(os.getenv 'SECRETVAR')) end) end }",
  }
  t.must { "mkdir", project.dir .. "/runbooks/tests" }
  project:edit("tests/attack_test", SHOWS)
  t.has(told(project, { SECRETVAR = "topsecret" }), "it is nil")
end)

--- Several steps of one runbook, each tried and told by itself.
local function each_of(steps)
  local out = {}
  for i, step in ipairs(steps) do
    out[i] = string.format("do local ok, why = pcall(function() %s end) note((ok and 'PASSED %d ' or '') .. tostring(why)) end", step, i)
  end
  return table.concat(out, "\n") .. "\nerror 'all tried'"
end

t.test("no file outside is read or written by a run, by its path, a pattern, or a link", function()
  local steps = {
    "fs.read '/etc/passwd'", "fs.list '/etc/*'", "fs.list '../../../*'", "fs.list 'x/*/../../../../*'", "fs.digest '/etc/passwd'",
    "fs.exists '/etc/passwd'", "fs.stat '/etc'", "fs.write('../kubeconfig', 'x')", "fs.write('../bin/helm', 'x')",
    "fs.remove '../bin/helm'", "fs.write('../seat-1.json', 'x')", "fs.mkdir '../helm/plugins'",
  }
  for i, step in ipairs(steps) do steps[i] = "step('s" .. i .. "', function() " .. step .. " end)" end
  local project = projects.new { attack = "return runbook { summary = 'x', run = function()\n" .. each_of(steps) .. " end }" }
  t.must { "mkdir", project.dir .. "/runbooks/tests" }
  project:edit("tests/attack_test", SHOWS)
  local out = told(project)
  t.lacks(out, "PASSED")
  local _, refused = out:gsub("✗ s%d+  a test touches no file outside of its own directory", "")
  t.eq(refused, #steps, out)
end)

t.test("a program runs for real where who runs the tests says so", function()
  local mark = t.tmpdir() .. "/ran"
  local project = project_of(string.format("sh.run('touch', %q)", mark), case 'world { real_sh = { "touch" } }:run("attack")')
  t.has(told(project), "no program runs for real unless who runs the tests says so")
  t.eq(fs.exists(mark), false)
  local code, out = project:run { "test", "--real", "sh" }
  t.eq(code, 0, out)
  t.eq(fs.exists(mark), true)
  t.has(select(3, project:run { "test", "--real", "http" }), "--real http")
end)

t.test("no helm of the project, and no variable that has a program run code of it", function()
  local mark = t.tmpdir() .. "/ran"
  local evil = "#!/bin/sh\ntouch " .. mark .. "\n"
  local project = project_of("", case 'world { helm = "bin/evil" }', { ["bin/evil"] = evil })
  t.must { "chmod", "755", project.dir .. "/bin/evil" }
  t.has(told(project), "helm")
  local cases, names = "", { "PATH", "LD_PRELOAD", "HOME", "KUBECONFIG", "https_proxy", "HELM_PLUGINS", "OPENSSL_CONF", "ALMANAC_FAULT" }
  for _, name in ipairs(names) do
    cases = cases .. case(string.format('world { env = { %s = "x" } }:run("attack")', name)) ..
      case(string.format('world {}:run("attack", {}, { env = { %s = "x" } })', name))
  end
  project:edit("tests/attack_test", cases)
  t.eq(select(2, told(project):gsub("a test does not set ", "")), 2 * #names)
  project = project_of("sh.run { 'x', env = { LD_PRELOAD = '/nowhere/evil.so', LD_DEBUG = 'all' } }", case [[
    local run = world { sh = { x = "" } }:run("attack")
    assert.equal("done", run.status, run.output)
    error("told: " .. run.output)]])
  t.lacks(told(project), "calling init") -- what the loader says to LD_DEBUG
  t.eq(fs.exists(mark), false)
end)

t.test("words of the command line lead nowhere else", function()
  local store, cases = t.tmpdir() .. "/journal", { 'local w = world {} local run = w:run("attack")' }
  local lists = {
    { "--store", store }, { "--store=" .. store }, { "--config", "/x" }, { "--kubeconfig", "/x" }, { "--helm", "/x" }, { "--params", "/x" },
    { "--context", "x" }, { "-e", "x" }, { "--plan", "/etc/passwd" }, { "--help" }, { "--anyway=x" },
    { "--override-freeze", "x", "--store", store },
  }
  for _, words in ipairs(lists) do
    local quoted = {}
    for i, word in ipairs(words) do quoted[i] = string.format("%q", word) end
    local list = "{ " .. table.concat(quoted, ", ") .. " }"
    for _, call in ipairs { 'w:run("attack", {}, { words = %s })', 'w:plan("attack", {}, { words = %s })', "run:resume(%s)",
      'kill_at_every_effect(w, "attack", {}, { words = %s })' } do
      cases[#cases + 1] = "assert.has_error(function() " .. call:format(list) .. " end, 'a test does not say')"
    end
  end
  for _, name in ipairs { "--store=" .. store, "/etc/x.lua", "../../x.lua", "-x" } do
    cases[#cases + 1] = string.format("assert.has_error(function() w:run(%q) end, 'is no name of a runbook')", name)
  end
  local code, out = project_of("", case(table.concat(cases, "\n"))):run { "test" }
  t.eq(code, 0, out)
  t.eq(fs.exists(store), false)
end)

t.test("helm of a test works on charts of the project, and asks no server", function()
  local asked = {}
  local server = httpd.listen { port = 0, handler = function(request, response)
    asked[#asked + 1] = request.path
    response:send(404, {}, "")
  end }
  t.defer(function() server:close() end)
  local url = "http://127.0.0.1:" .. server:port()
  local helm, read = fake_helm()
  local chart = {
    ["c/Chart.yaml"] = "apiVersion: v2\nname: c\nversion: 0.1.0\n", ["c/templates/a.yaml"] = "", ["bin/pr"] = "#!/bin/sh\ncat\n",
    ["s/Chart.yaml"] = "apiVersion: v2\nname: s\nversion: 0.1.0\n", ["s/values.schema.json"] = '{"$ref":"' .. url .. '/x"}',
  }
  local steps = {}
  for _, fields in ipairs {
    "chart = '" .. url .. "/x.tgz'", "chart = 'oci://127.0.0.1/x'", "chart = 'repo/x'", "chart = '/etc'", "chart = 's'",
    "chart = 'c', values = '" .. url .. "/x?leak=1'", "chart = 'c', values = '/etc/passwd'", "chart = 'c', values = { '../kubeconfig' }",
  } do
    steps[#steps + 1] = "step('" .. #steps .. "', function() helm.template { release = 'w', " .. fields .. " } end)"
  end
  for _, words in ipairs {
    "'plugin', 'install', 'x'", "'template', 'w', 'c', '--post-renderer', './bin/pr'", "'repo', 'add', 'x', '" .. url .. "'",
    "'template', 'w', 'c', '--kubeconfig=/x'", "'template', '--repo=" .. url .. "', 'w', 'c'", "'template', 'w', 'c', '-f', '/etc/passwd'",
    "'template', 'w', 'c', '--values', 'c/Chart.yaml,/etc/passwd'", "'template', 'w', 'c', '--set-file', 'a=/etc/passwd'",
    "'template', '--', 'w', 'c'", "'upgrade', 'w', '-i', 'c'",
  } do
    local program = "fs.read('almanac.yaml'):match '\"helm\": \"(.-)\"'"
    steps[#steps + 1] = string.format("step('%d', function() sh.run(%s, %s) end)", #steps, program, words)
  end
  local book = "return runbook { summary = 'x', run = function()\n" .. each_of(steps) .. " end }"
  local attacks = project_of("", SHOWS, chart)
  attacks:edit("attack", book)
  local said = told(attacks, nil, { "--helm", helm })
  t.lacks(said, "PASSED")
  t.has(said, "all tried")
  t.eq(read "called", "")
  local project = project_of("helm.template { release = 'w', chart = 'c', post_renderer = 'bin/pr' }", SHOWS, chart)
  t.lacks(told(project, { SECRETVAR = "topsecret" }, { "--helm", helm }), "a test's helm")
  t.has(read "called", "template")
  t.lacks(read "called", "post-renderer")
  t.has(read "env", "HELM_NO_PLUGINS=1")
  t.lacks(read "env", "topsecret")
  t.eq(#asked, 0, table.concat(asked, " "))
end)

t.test("scripts that others can write are not run: a test, a library of it, a runbook that it runs", function()
  local project = project_of("", case 'require "lib.late" world {}:run("attack")', { ["runbooks/tests/lib/late.lua"] = "return 1" })
  t.eq((project:run { "test" }), 0)
  for _, path in ipairs { "runbooks/tests/attack_test.lua", "runbooks/tests/lib/late.lua", "runbooks/attack.lua" } do
    t.must { "chmod", "666", project.dir .. "/" .. path }
    t.has(told(project), path .. " is not run: it can be written by others")
    t.must { "chmod", "644", project.dir .. "/" .. path }
  end
  t.must { "chmod", "777", project.dir .. "/runbooks" }
  t.has(told(project), "is not run: runbooks can be written by others")
end)

t.test("a link in the place of a test or of almanac.yaml is not read", function()
  local private = t.tmpdir() .. "/private"
  t.write_file(private, "SECRETLINE=hush1234\n")
  local project = project_of("", SHOWS)
  t.must { "ln", "-s", private, project.dir .. "/runbooks/tests/link_test.lua" }
  local out = told(project)
  t.has(out, "which is no Lua file")
  t.lacks(out, "hush1234")
  t.lacks(select(3, project:run { "test", "--list" }), "hush1234")
  t.must { "rm", project.dir .. "/runbooks/tests/link_test.lua" }
  t.must { "ln", "-sf", private, project.dir .. "/almanac.yaml" }
  out = told(project)
  t.lacks(out, "hush1234")
  t.has(out, "almanac.yaml")
end)
