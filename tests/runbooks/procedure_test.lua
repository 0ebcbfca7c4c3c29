-- The runbooks one after the other, each with what the one before it made: from a repository to an announced release.
local devnet = require "tests.devnet"
local devnet_release = require "tests.devnet_release"
local httpd = require "native.httpd"
local json = require "native.json"
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
