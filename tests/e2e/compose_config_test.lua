-- What a Compose program says of a file that holds nothing, or nothing of use: refused in words, and no error of ours.
local project = require "tests.project"
local t = require "tests.harness"

--- A project whose Compose program prints this as its configuration.
local function new_project(config)
  local p = project.new { book = [[
local calls = { up = compose.up, restart = compose.restart, pull = compose.pull, config = compose.config, ps = compose.ps }
return runbook { params = { call = param.string { required = true } }, run = function(p)
  step("it", function() return calls[p.call] { dir = "stack" } and true end)
end }]] }
  t.must({ "mkdir", "stack", "bin" }, { cwd = p.dir })
  t.write_file(p.dir .. "/stack/docker-compose.yml", "")
  t.write_file(p.dir .. "/config", config)
  t.write_file(p.dir .. "/bin/docker", string.format([[
#!/bin/sh
case " $* " in *" version"*) echo 2.26.1;; *" --hash"*) ;; *" config"*) cat %s/config;; esac
]], p.dir))
  t.must({ "chmod", "+x", "bin/docker" }, { cwd = p.dir })
  return p
end

t.test("an empty configuration, and one without services", function()
  for _, config in ipairs { "", "null\n", "# nothing\n", "just words\n", "services:\n", "services: null\nname: x\n", "{}\n" } do
    local p = new_project(config)
    for _, call in ipairs { "up", "restart", "pull", "config", "ps" } do
      for _, command in ipairs { "plan", "run" } do
        local what = string.format("%s %s of %q", command, call, config)
        local _, out, err = p:run({ command, "book", "call=" .. call }, { PATH = p.dir .. "/bin:/usr/bin:/bin" })
        for _, text in ipairs { "attempt to", "a bug in", "stdlib/host" } do t.lacks(out .. err, text, what) end
      end
    end
  end
end)

t.test("what is none says so, and where to look", function()
  local p = new_project ""
  local code, _, err = p:run({ "run", "book", "call=restart", "--no-ask" }, { PATH = p.dir .. "/bin:/usr/bin:/bin" })
  t.eq(code, 1, err)
  t.has(err, "says nothing of the Compose file in stack")
  t.has(err, "docker compose config")
end)

t.test("a service that came since the plan is not started with the planned ones", function()
  local p = new_project "services: { web: { image: w } }\n"
  local env = { PATH = p.dir .. "/bin:/usr/bin:/bin" }
  t.write_file(p.dir .. "/bin/docker", string.format([[
#!/bin/sh
case " $* " in
  *" version"*) echo 2.26.1;;
  *" --hash"*) cat %s/hashes;;
  *" config"*) cat %s/config;;
  *" up "*) echo up >>%s/upped;;
esac
]], p.dir, p.dir, p.dir))
  t.write_file(p.dir .. "/hashes", "web aaaa\n")
  local code, out, err = p:run({ "plan", "book", "call=up", "-o", "plan.json" }, env)
  t.eq(code, 2, out .. err)
  t.write_file(p.dir .. "/hashes", "web aaaa\nevil bbbb\n")
  t.write_file(p.dir .. "/config", "services: { web: { image: w }, evil: { image: e } }\n")
  code, out, err = p:run({ "run", "--plan", "plan.json", "--no-ask" }, env)
  t.eq(code, 3, out .. err)
  t.has(err, "service evil in stack is not in the plan")
  t.eq(t.read_file(p.dir .. "/upped"), nil)
end)
