-- The runbooks one after the other, each with what the one before it made: from a repository to an announced release.
local devnet = require "tests.devnet"
local devnet_release = require "tests.devnet_release"
local httpd = require "native.httpd"
local json = require "native.json"
local killed = require "tests.killed"
local t = require "tests.harness"

t.test("release, preflight, rollout by helm, images, announce", function()
  local told = {}
  local server = httpd.listen { port = 0, handler = function(request, response)
    told[#told + 1] = json.decode(request.body).text
    response:send(200, {}, "ok")
  end }
  t.defer(function() server:close() end)
  local d = devnet_release.start()
  d.world.env.SLACK_WEBHOOK = "http://127.0.0.1:" .. server:port() .. "/hook"
  d.repo:commit("core/work.py", "x = 1\n", "feat: more work")
  devnet_release.configure(d, {}, { channels = { devnet = { kind = "slack", url = "env:SLACK_WEBHOOK" } } })

  d.world:almanac(0, { "run", "release", "version=v0.6.0", "change_owner=ada", "--no-ask" })
  local tag = "v0.6.0-" .. d.repo:git("rev-parse", "--short", "v0.6.0^{commit}")
  local _, checked = d.world:almanac(0, { "run", "preflight", "tag=" .. tag, "--no-ask" })
  t.has(checked, tag .. " comes after " .. d.old)
  d.world:run_helm { "upgrade", devnet.release, "ops/helm/animica-devnet", "--set", "global.imageTag=" .. tag }
  d.world:wait_ready()
  local _, images = d.world:almanac(0, { "run", "images" })
  t.has(images, "animica-node:" .. tag)
  d.world:almanac(0, { "run", "announce", "tag=" .. tag, "change_owner=ada", "only=notes,channel", "--no-ask" })
  t.has(told[1], "*animica-devnet: " .. tag .. "* (was " .. d.old .. ")")
  t.has(told[1], "- feat: more work")
  t.has(d.repo:git("--git-dir=origin.git", "show", "main:CHANGELOG.md"), "## v0.6.0 (")
  local runs = d.world:almanac(0, { "runs" })
  for _, name in ipairs { "release", "preflight", "images", "announce" } do t.has(runs, name) end
end)

local WHOLE = [[
return runbook {
  params = { version = param.string { required = true } },
  run = function(p)
    local made = runbook.call("release", { version = p.version, change_owner = "ada" })
    return runbook.call("preflight", { tag = made.tag })
  end,
}]]

t.test("called by another runbook: planned, killed in the middle, gone on with, and taken back", function()
  local d = devnet_release.start()
  t.write_file(d.world.dir .. "/whole.lua", WHOLE)
  t.write_file(d.world.dir .. "/.git/info/exclude", "whole.lua\n")
  local plan = d.world:almanac(2, { "plan", "whole.lua", "version=v0.6.0" })
  t.has(plan, "git tag v0.6.0")
  t.has(plan, "run preflight")
  d.world:almanac(-1, { "run", "whole.lua", "version=v0.6.0", "--no-ask" }, { env = killed.at(50) })
  local _, said = d.world:almanac(0, { "resume", d.world:almanac(0, { "runs" }):match "(whole%S+)", "--no-ask" })
  t.has(said, "-" .. d.repo:git("rev-parse", "--short", "v0.6.0^{commit}") .. " comes after " .. d.old)
  t.eq(d.repo:git("log", "--format=%s", "--grep=bump to"), "chore(release): bump to v0.6.0")
  d.world:almanac(0, { "rollback", d.world:almanac(0, { "runs" }):match "(whole%S+)", "--plain" })
  t.lacks(d.repo:git "tag", "v0.6.0")
  t.has(t.read_file(d.world.dir .. "/core/version.py"), "0.4.2")
end)
