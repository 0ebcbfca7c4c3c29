-- What once got past `allow`, each in more spellings than escapes/ has of it: programs, files, URLs, Compose, git, and what is
-- asked for under a name that nothing has.
local escapes = require "tests.attacks.escapes"
local httpd = require "native.httpd"
local project = require "tests.project"
local t = require "tests.harness"
local walls = require "tests.attacks.walls"

local SET_UP = [[
  export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
  mkdir -p ops/scripts bin stack other allowed api
  for at in bin/x bin/true bin/ok.sh; do printf '#!/bin/sh\ntouch DIR/pwned\n' > $at; chmod +x $at; done
  printf '#!/bin/sh\n' > ops/scripts/ok.sh; chmod +x ops/scripts/ok.sh
  ln -s ../../bin/x ops/scripts/alias; ln -s alias ops/scripts/again; ln -s DIR/bin/x ops/scripts/whole; ln -s ../../bin ops/scripts/dir
  ln -s bin here; ln -s ../other/compose.yaml stack/alias.yaml; ln -s /proc/self allowed/self
  git init -q -b main .; git -c user.name=x -c user.email=x@x commit -q --allow-empty -m first
  git init -q --bare evil.git; git remote add origin https://git.invalid/org/app; git remote add up ssh://git@git.invalid/org/up
  cat > bin/docker <<'END'
#!/bin/sh
case "$*" in "compose version") ;; *" config") echo 'name: stack';; *) touch DIR/pwned;; esac
END
  echo 'services: {}' > other/compose.yaml
  chmod +x bin/docker
]]

--- A list of cases: what is called, under which allow, and the words.
local function cases_of(allow, list)
  local out = {}
  for _, entry in ipairs(list) do out[#out + 1] = { tried = entry[1], call = entry[1], allow = entry.allow or allow, words = entry[2] } end
  return out
end

local function world()
  local p, reached = project.new {}, {}
  local server = httpd.listen { handler = function(request, response)
    reached[#reached + 1] = request.raw_path
    response:send(200, {}, escapes.SECRET)
  end }
  t.defer(function() server:close() end)
  local port = tostring(server:port())
  local function fill(text) return (text:gsub("DIR", p.dir):gsub("PORT", port)) end
  t.must({ "sh", "-ec", fill(SET_UP) }, { cwd = p.dir })
  return p, fill, { PATH = p.dir .. "/bin:" .. t.getenv "PATH", GIT_CONFIG_GLOBAL = "/dev/null" }, reached
end

local function try(allow, list, with_bin)
  local p, fill, env, reached = world()
  escapes.try(p, cases_of(allow, list), fill, with_bin and env or { GIT_CONFIG_GLOBAL = "/dev/null" })
  t.eq(reached, {}, "the server was reached")
end

local RUN = [[sh.run: this runbook may not touch shell "bin/x"]]

t.test("programs: dots, links, working directories", function()
  try([[{ shell = { "ops/scripts/*", "true" } }]], {
    { [[sh.run { "ops/scripts/../../bin/x" }]], RUN }, { [[sh.run { "./ops/scripts/../../bin/x" }]], RUN },
    { [[sh.run { "ops/scripts//.././../bin/x" }]], RUN }, { [[sh.run { "DIR/ops/scripts/../../bin/x" }]], RUN },
    { [[sh.run { "ops/scripts/dir/../bin/x" }]], RUN }, { [[sh.run { "ops/scripts/alias" }]], RUN },
    { [[sh.run { "ops/scripts/again" }]], RUN }, { [[sh.run { "ops/scripts/whole" }]], RUN },
    { [[sh.run { "ops/scripts/dir/x" }]], RUN },
    { [[sh.run { "bash", "ops/scripts/alias" }]], [[this runbook may not touch shell "bash"]] },
    { [[sh.run { argv = { "./x" }, cwd = "bin" }]], RUN }, { [[sh.run { argv = { "./x" }, cwd = "here" }]], RUN },
    { [[sh.run { argv = { "./x" }, cwd = "ops/scripts/dir" }]], RUN }, { [[sh.run { argv = { "./x" }, cwd = "DIR/bin" }]], RUN },
    { [[sh.run { argv = { "../../bin/x" }, cwd = "ops/scripts" }]], RUN },
  })
end)

t.test("programs: PATH, variables of the loader, check and reads", function()
  local TRUE, PATH = [[sh.run: this runbook may not touch shell "bin/true"]], [[sh.run: this runbook may not touch env "PATH"]]
  local function env(name) return { string.format([[sh.run { "true", env = { %s = "x" } }]], name),
    string.format('sh.run: this runbook may not touch env "%s"', name) } end
  try([[{ shell = { "ops/scripts/*", "true" } }]], {
    { [[sh.run { argv = { "true" }, env = { PATH = "DIR/bin" } }]], TRUE },
    { [[sh.run { argv = { "true" }, env = { PATH = "DIR/bin:/usr/bin:/bin" } }]], TRUE },
    { [[sh.run { argv = { "true" }, env = { PATH = "bin" } }]], PATH },
    { [[sh.run { argv = { "true" }, env = { PATH = "" }, cwd = "bin" }]], PATH },
    { [[sh.run { argv = { "true" }, env = { PATH = "DIR/here" } }]], TRUE },
    env "LD_PRELOAD", env "LD_LIBRARY_PATH", env "LD_AUDIT", env "GCONV_PATH", env "BASH_ENV", env "PYTHONPATH", env "GIT_SSH",
    { [[sh.run { argv = { "true" }, check = { "bin/x" } }]], [[sh.run: this runbook may not read shell "bin/x"]] },
    { [[sh.run { argv = { "true" }, check = { argv = { "./x" }, cwd = "bin" } }]], [[sh.run: this runbook may not read shell "bin/x"]] },
    { [[sh.run { argv = { "true" }, check = { "bash", "-c", "touch pwned" } }]], [[sh.run: this runbook may not read shell "bash"]] },
    { [[sh.run { argv = { "true" }, check = { "ops/scripts/alias" } }]], [[sh.run: this runbook may not read shell "bin/x"]] },
    { [[sh.read { "ops/scripts/../../bin/x" }]], [[sh.read: this runbook may not read shell "bin/x"]] },
    { [[sh.read { argv = { "./x" }, cwd = "bin" }]], [[sh.read: this runbook may not read shell "bin/x"]] },
    { [[sh.read { "sh", "-c", "touch pwned" }]], [[sh.read: this runbook may not read shell "sh"]] },
  })
end)

t.test("files: every function that changes one", function()
  local function fs(call, path) return { call, string.format('this runbook may not touch fs "%s"', path) } end
  try([[{ fs = { "allowed/*" } }]], {
    fs([[fs.write("pwned", "x")]], "pwned"), fs([[fs.mkdir("pwned")]], "pwned"), fs([[fs.remove("bin/x")]], "bin/x"),
    fs([[fs.write("allowed/../pwned", "x")]], "pwned"), fs([[fs.write("./allowed/.././pwned", "x")]], "pwned"),
    fs([[fs.write("DIR/pwned", "x")]], "pwned"), fs([[fs.write("allowedx/y", "x")]], "allowedx/y"),
    { [[fs.read("allowed/self/environ")]], [[fs.read: this runbook may not read fs "/proc/]] },
  })
end)

t.test("URLs: a socket, a proxy, dots, another host", function()
  local function socket(path) return string.format('this runbook may not read http "unix=%s"', path) end
  local DOTS = [[http "http://127.0.0.1:PORT/admin"]]
  try([[{ http = { "http://127.0.0.1:PORT/api/**" } }]], {
    { [[http.get("http://127.0.0.1:PORT/api/x", { unix_socket = "/opt/none/docker.sock" })]], socket "/opt/none/docker.sock" },
    { [[http.get("http://127.0.0.1:PORT/api/x", { unix_socket = "allowed/../other/sock" })]], socket "other/sock" },
    { [[http.post("http://127.0.0.1:PORT/api/x", { unix_socket = "other/sock" })]], [[http "unix=other/sock"]] },
    { [[http.post("http://127.0.0.1:PORT/api/x", { check = { url = "http://127.0.0.1:PORT/api/x", unix_socket = "other/sock" } })]],
      [[check: no option "unix_socket"]] },
    { [[http.get("http://127.0.0.1:PORT/api/x", { proxy = "http://127.0.0.1:PORT" })]], "proxy=http://127.0.0.1:PORT" },
    { [[http.post("http://127.0.0.1:PORT/api/x", { proxy = "http://127.0.0.1:PORT" })]], "proxy=http://127.0.0.1:PORT" },
    { [[http.get("http://127.0.0.1:PORT/api/x", { proxy = "socks5h://127.0.0.1:PORT" })]], [[http "proxy=socks5h://127.0.0.1:PORT"]] },
    { [[http.get("http://127.0.0.1:PORT/api/x", { proxy = "127.0.0.1:PORT" })]], [[http "proxy=127.0.0.1:PORT"]] },
    { [[http.get "http://127.0.0.1:PORT/api/../admin"]], DOTS }, { [[http.get "http://127.0.0.1:PORT/api/./../admin"]], DOTS },
    { [[http.delete "http://127.0.0.1:PORT/api/.%2e/admin"]], DOTS }, { [[http.put("http://127.0.0.1:PORT/api/a/../../admin", {})]], DOTS },
    { [[http.get("http://127.0.0.1:PORT/api/x", { headers = { Host = "admin.local" } })]], "http://admin.local/api/x" },
    { [[http.get("http://127.0.0.1:PORT/api/x", { headers = { HOST = "admin.local:80" } })]], "http://admin.local" },
    { [[http.post("http://127.0.0.1:PORT/api/x", { headers = { host = "admin.local" } })]], "http://admin.local/api/x" },
    { [[http.get("http://127.0.0.1:PORT/api/x", { headers = { ["x-forwarded-host"] = "admin.local" } })]], "http://admin.local/api/x" },
    { [[http.get "http://127.0.0.1.:PORT/api/x"]], [[may not read http "http://127.0.0.1.:PORT/api/x"]] },
    { [[http.get "http://2130706433:PORT/api/x"]], [[may not read http "http://2130706433:PORT/api/x"]] },
    { [[http.get "http://0x7f.1:PORT/api/x"]], [[may not read http "http://0x7f.1:PORT/api/x"]] },
  })
end)

t.test("Compose: other files and projects", function()
  local function file(call) return { call, [[this runbook may not touch compose "other/compose.yaml"]] } end
  local function name(call, words) return { call, [[this runbook may not touch compose "project=]] .. words .. '"' } end
  try([[{ compose = { "stack" }, env = { "*" } }]], {
    file [[compose.up { dir = "stack", files = { "../other/compose.yaml" } }]],
    file [[compose.up { dir = "stack", files = { "compose.yaml", "../stack/../other/compose.yaml" } }]],
    file [[compose.down { dir = "stack", files = "DIR/other/compose.yaml" }]],
    file [[compose.restart { dir = "stack", files = "alias.yaml" }]],
    name([[compose.down { dir = "stack", project = "production" }]], "production"),
    name([[compose.up { dir = "stack", project = "other" }]], "other"),
    name([[compose.restart { dir = "stack", project = "stack2" }]], "stack2"),
    name([[compose.pull { dir = "stack", project = "production" }]], "production"),
    { [[compose.down { dir = "stack", env = { COMPOSE_PROJECT_NAME = "production" } }]], "env may not set COMPOSE_PROJECT_NAME" },
    { [[compose.down { dir = "stack", env = { COMPOSE_FILE = "../other/compose.yaml" } }]], "env may not set COMPOSE_FILE" },
    { [[compose.up { dir = "stack", services = { "-x" } }]], "services must not begin with a dash" },
    { [[compose.up { dir = "stack", services = { "--", "web" } }]], "services must not begin with a dash" },
    { [[compose.pull { dir = "stack", services = "--file=../other/compose.yaml" }]], "services must not begin with a dash" },
    { [[compose.restart { dir = "stack", services = { "web", "-t0" } }]], "services must not begin with a dash" },
  }, true)
end)

t.test("git: every remote that allow does not name", function()
  local function remote(call, name) return { call, string.format('git.push: this runbook may not touch git "%s"', name) } end
  try([[{ git = { ".", "remote=origin", "https://git.invalid/org/app" } }]], {
    remote([[git.push { ref = "main", remote = "up" }]], "remote=up"),
    remote([[git.push { ref = "main", remote = "https://git.invalid/org/app2" }]], "https://git.invalid/org/app2"),
    remote([[git.push { ref = "main", remote = "git@git.invalid:org/app" }]], "git@git.invalid:org/app"),
    remote([[git.push { ref = "main", remote = "DIR/evil.git" }]], "evil.git"),
    remote([[git.push { ref = "main", remote = "./other/../evil.git" }]], "evil.git"),
  })
end)

t.test("a category that no effect asks, or what is no pattern, is an error when the script loads, for everybody who looks", function()
  local cases = {}
  for allow, words in pairs {
    ["{ k8 = { 'ns1' } }"] = [[no effect asks allow for "k8"]], ["{ pagers = { 'x' } }"] = [[no effect asks allow for "pagers"]],
    ["{ read = { shel = { 'x' } } }"] = [[no effect asks allow for "shel"]],
    ["{ ['helm.upgrade'] = { 'x' } }"] = [[no effect asks allow for "helm.upgrade"]],
    ["{ Shell = { 'x' } }"] = [[no effect asks allow for "Shell"]],
    ["{ read = { fs = { 'x', ('**a'):rep(40) .. 'b' } } }"] = "allow.read.fs[2] has more than 64 * and ?",
    ["{ fs = 'x' }"] = "allow.fs must be a list of patterns", ["{ 'fs' }"] = "allow must be a table of names and values",
  } do
    cases[#cases + 1] = { walls.step("fs.write('pwned', 'x')", "allow = " .. allow .. ","), words, commands = { "show", "plan", "run" } }
  end
  walls.try(project.new {}, cases)
end)
