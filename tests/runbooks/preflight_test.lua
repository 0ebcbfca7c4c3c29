-- runbooks/preflight.lua: real git, a real registry, GitHub as its documentation has it, the simulated cluster.
local devnet_release = require "tests.devnet_release"
local httpd = require "native.httpd"
local json = require "native.json"
local killed = require "tests.killed"
local process = require "native.process"
local t = require "tests.harness"

local function preflight(d, code, words, env)
  local argv = { "run", "preflight", "tag=" .. d.new, "--no-ask" }
  for _, word in ipairs(words or {}) do argv[#argv + 1] = word end
  local out, err = d.world:almanac(code, argv, { env = env })
  return out .. err
end

--- How often the services' database was migrated.
local function migrations(d)
  local pods = d.world:get "/api/v1/namespaces/animica-devnet/pods".items
  for _, pod in ipairs(pods) do
    if pod.metadata.name:find "^animica%-services" then
      local kubectl = process.cwd() .. "/.deps/bin/kubectl34"
      local _, out = t.run({ kubectl, "-n", "animica-devnet", "exec", pod.metadata.name, "--", "cat", "/var/lib/animica/migrated" },
        { env = d.world.env })
      local _, count = out:gsub("migrated", "")
      return count
    end
  end
end

t.test("all is well: the seeds are made anew, the database is migrated once", function()
  local d = devnet_release.start()
  local plan, shown = d.world:almanac(2, { "plan", "preflight", "tag=" .. d.new })
  t.has(plan .. shown, "gen_bootstrap_list.py")
  local said = preflight(d, 0)
  t.has(said, d.new .. " comes after " .. d.old)
  t.has(said, "3 bootstrap nodes")
  t.has(t.read_file(d.world.dir .. "/ops/seeds/bootstrap_nodes.json"), "seed-3.example")
  t.eq(migrations(d), 1)
  preflight(d, 0)
  t.eq(migrations(d), 1, "what is migrated is not migrated again")
  local out, err = d.world:almanac(0, { "rollback", d.world:last_run(), "--plain" })
  t.has(out .. err, "make the seeds anew")
end)

t.test("CI that is red, silent or without a check that is required refuses", function()
  local d = devnet_release.start()
  d.github.runs = { devnet_release.check("gates", "failure"), devnet_release.check("baselines", "success") }
  t.has(preflight(d, 1), "CI is red for")
  d.github.runs = {}
  t.has(preflight(d, 1), "nothing says that it is green")
  d.github.runs = { devnet_release.check("gates", "success") }
  devnet_release.configure(d, { ci_required = { "gates", "baselines" } })
  t.has(preflight(d, 1), "the check baselines is not among the green ones")
  d.github.runs = { devnet_release.check("gates") }
  devnet_release.configure(d, { ci_wait = "1s" })
  t.has(preflight(d, 1), "CI is not over: gates")
end)

t.test("CI that is not over is waited for", function()
  local d = devnet_release.start()
  devnet_release.configure(d, { ci_poll = "100ms", ci_wait = "1m" })
  d.github.runs = { devnet_release.check("gates") }
  local p = d.world:spawn { "run", "preflight", "tag=" .. d.new, "--no-ask" }
  p:wait_line "CI is not over: gates"
  d.github.runs = { devnet_release.check("gates", "success") }
  local code, _, err = p:wait(60)
  t.eq(code, 0, err)
end)

t.test("a tag that no registry has, and one without a platform", function()
  local d = devnet_release.start()
  d.repo:git("commit", "-q", "--allow-empty", "-m", "not pushed")
  local new = d.new
  d.repo:git("tag", "v0.5.1")
  d.new = "v0.5.1-" .. d.repo:git("rev-parse", "--short", "HEAD")
  t.has(preflight(d, 1), d.new .. " is not as it must be: the registry does not have it")
  d.repo:push(d.new, "linux/amd64")
  t.has(preflight(d, 1), "linux/arm64 is not in it")
  d.new = new
  preflight(d, 0)
end)

t.test("a change of the chain needs the devnet's name", function()
  local d = devnet_release.start({}, function(repo)
    repo:commit("ops/k8s/configmaps/genesis.json", '{ "chainId": 1337, "alloc": { "0x1": 5 } }\n')
    repo:commit("ops/k8s/configmaps/chain-params.yaml",
      (t.read_file(repo.dir .. "/ops/k8s/configmaps/chain-params.yaml"):gsub('"6"', '"5"')))
  end)
  local said = preflight(d, 1)
  t.has(said, "ops/k8s/configmaps/chain-params.yaml data.block-target-seconds: 6 → 5")
  t.has(said, "ops/k8s/configmaps/genesis.json alloc.0x1: (absent) → 5")
  t.has(said, "reset=animica-devnet")
  preflight(d, 1, { "reset=yes" })
  preflight(d, 0, { "reset=animica-devnet" })
end)

t.test("breaking changes of the RPC are named, and somebody answers for them", function()
  local d = devnet_release.start({}, function(repo)
    local document = json.decode(t.read_file(repo.dir .. "/spec/openrpc.json"))
    document.components.schemas.Head.properties.height.type = "string"
    repo:commit("spec/openrpc.json", json.encode(document))
  end)
  local said = preflight(d, 3)
  t.has(said, "breaks chain.getHead result.height: type integer → string")
  d.world:almanac(0, { "approve", d.world:last_run() })
  d.world:almanac(0, { "resume", "--no-ask" })
end)

t.test("killed behind the seeds and behind the migration, and gone on with: migrated once", function()
  killed.everywhere({ "sh.run", "k8s.exec" }, devnet_release.start,
    function(d) return { "run", "preflight", "tag=" .. d.new, "--no-ask" } end,
    function(d, where)
      t.eq(migrations(d), 1, where)
      d.world:almanac(0, { "rollback", d.world:last_run(), "--plain" })
      t.has(t.read_file(d.world.dir .. "/ops/seeds/bootstrap_nodes.json"), "2026-01-01T00:00:00Z", where)
    end)
end)

t.test("a tag that is another commit's, or none of git's, is refused", function()
  local d = devnet_release.start()
  d.repo:git("tag", "-d", "v0.5.0")
  t.has(preflight(d, 1), "git's tag v0.5.0 is not here, and not the")
  d.repo:git("tag", "v0.5.0", "HEAD~1")
  t.has(preflight(d, 1), "git's tag v0.5.0 is at " .. d.repo:git("rev-parse", "--short", "HEAD~1"))
end)

t.test("nothing is deployed: there is nothing to compare with, nor to migrate", function()
  local d = devnet_release.start { empty = true }
  t.has(preflight(d, 0), "nothing is deployed")
end)

t.test("an image that was set by hand is what is compared with", function()
  local d = devnet_release.start()
  local kubectl = process.cwd() .. "/.deps/bin/kubectl34"
  t.must({ kubectl, "-n", "animica-devnet", "set", "image", "statefulset/animica-node", "node=ghcr.io/animica/animica-node:" .. d.new },
    { env = d.world.env })
  local said = preflight(d, 0)
  t.has(said, "the node is set to " .. d.new .. ", though its release says " .. d.old)
  t.has(said, d.new .. " comes after " .. d.new)
end)

t.test("CI that is another's answers by an URL", function()
  local d = devnet_release.start()
  local answer, asked = 500, nil
  local server = httpd.listen { port = 0, handler = function(request, response)
    asked = request.path
    response:send(answer, {}, "")
  end }
  t.defer(function() server:close() end)
  devnet_release.configure(d, { ci_url = "http://127.0.0.1:" .. server:port() .. "/ci/{commit}", repository = json.null })
  t.has(preflight(d, 1), "CI is not green for " .. d.repo:git("rev-parse", "HEAD"))
  t.eq(asked, "/ci/" .. d.repo:git("rev-parse", "HEAD"))
  answer = 200
  preflight(d, 0)
end)

t.test("seeds that stay old are refused", function()
  local d = devnet_release.start()
  devnet_release.configure(d, { seeds_command = { "python3", "-c", "pass" } })
  t.has(preflight(d, 1), "ops/seeds/bootstrap_nodes.json is ")
end)
