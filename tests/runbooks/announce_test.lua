-- runbooks/announce.lua: real git, a webhook receiver, GitHub and Grafana as their documentation has them, the simulated cluster.
local devnet_release = require "tests.devnet_release"
local fake_grafana = require "tests.fake_grafana"
local httpd = require "native.httpd"
local json = require "native.json"
local killed = require "tests.killed"
local t = require "tests.harness"

local CHANNELS = { devnet = { kind = "slack", url = "env:SLACK_WEBHOOK" } }

--- A devnet on which the newer release is out, and all who are told of it.
local function announced(change)
  local d = devnet_release.start({}, change or function(repo) repo:commit("core/work.py", "x = 1\n", "feat: more work") end)
  d.grafana, d.told = fake_grafana.start(), {}
  local server = httpd.listen { port = 0, handler = function(request, response)
    local status = d.slack_answers or 200
    if status == 200 then d.told[#d.told + 1] = json.decode(request.body).text end
    response:send(status, {}, "ok")
  end }
  t.defer(function() server:close() end)
  d.world.env.SLACK_WEBHOOK = "http://127.0.0.1:" .. server:port() .. "/services/T0/hook"
  d.world:run_helm { "upgrade", "animica-devnet", "ops/helm/animica-devnet", "--set", "global.imageTag=" .. d.new }
  function d:configure(vars, endpoints)
    local all = { dashboards = { Node = "node", Mempool = "mempool" }, tell_again = "10ms" }
    for key, value in pairs(vars or {}) do all[key] = value end
    devnet_release.configure(self, all, { channels = CHANNELS, endpoints = endpoints or {
      github = { url = self.github.url, token = "t0ken" }, grafana = { url = self.grafana.url, token = "t0ken" } } })
  end
  d:configure()
  return d
end

local function words_of(d, ...)
  return { "run", "announce", "tag=" .. d.new, "change_owner=ada", "backout_owner=bob", "knobs=Θ 0.8 → 0.7",
    "todos=raise the AICF quota,tune the mempool floor", "--no-ask", ... }
end

local function announce(d, code, ...)
  local out, err = d.world:almanac(code, words_of(d, ...))
  return out .. err
end

local function notes_of(d) return d.repo:git("show", "HEAD:CHANGELOG.md") end

local function check_once(d, where)
  t.eq(#d.told, 1, where)
  t.eq(#d.github.issues, 2, where)
  t.eq(d.grafana.made, 1, where)
  t.eq(d.repo:git("log", "--format=%s", "--grep=release notes"), "docs: release notes of v0.5.0", where)
  t.eq(d.repo:git("--git-dir=origin.git", "rev-parse", "main"), d.repo:git("rev-parse", "HEAD"), where)
end

t.test("notes, channel, issues and mark; and taken back, but for what was said", function()
  local d = announced()
  local words = words_of(d)
  words[1] = "plan"
  table.remove(words, 8)
  local plan, more = d.world:almanac(2, words)
  t.has(plan .. more, "+- feat: more work")
  t.eq(#d.told, 0, "a plan tells nobody")
  announce(d, 0)
  check_once(d, "announced")
  t.has(notes_of(d), "# Changelog\n\n## Unreleased\n\n## v0.5.0 (")
  t.has(notes_of(d), "- feat: more work")
  local text = d.told[1]
  t.has(text, "*animica-devnet: " .. d.new .. "* (was " .. d.old .. ")")
  t.has(text, "Change owner ada, backout owner bob")
  t.has(text, "Knobs changed: Θ 0.8 → 0.7")
  t.ok(text:find "/d/node%?from=%d+&to=%d+&var%-namespace=animica%-devnet|Node>", text)
  t.ok(text:find "\n2 +%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d +deployed", text)
  t.eq(d.github.issues[1].title, "raise the AICF quota")
  local mark = d.grafana.annotations[1]
  t.ok(mark.timeEnd >= mark.time, "a window")
  d.world:almanac(0, { "rollback", d.world:last_run(), "--plain" })
  t.lacks(notes_of(d), "v0.5.0")
  t.eq({ d.github.issues[1].state, d.github.issues[2].state, #d.grafana.annotations }, { "closed", "closed", 0 })
end)

t.test("Slack, GitHub and Grafana down: nothing fails, and what was not told is said and told later", function()
  local d = announced()
  local nowhere = { url = "http://127.0.0.1:9", token = "t0ken" }
  d:configure({ tell_tries = 2 }, { github = nowhere, grafana = nowhere })
  d.slack_answers = 503
  local said = announce(d, 0)
  t.has(said, "not done: devnet was not told")
  t.has(said, "not done: open an issue: raise the AICF quota")
  t.has(said, "not done: mark the window in Grafana")
  t.has(said, "change_owner=ada only=mark")
  t.has(said, "only=issues 'todos=raise the AICF quota'")
  t.eq({ #d.told, #d.github.issues, d.grafana.made }, { 0, 0, 0 })
  t.has(notes_of(d), "v0.5.0")
  d:configure()
  d.slack_answers = 200
  announce(d, 0, "only=channel,issues,mark")
  check_once(d, "later")
end)

t.test("a devnet without Grafana, and a tag before that nobody knows: said, and no failure", function()
  local d = announced()
  d:configure({ dashboards = json.null }, { github = { url = d.github.url, token = "t0ken" } })
  local said = announce(d, 0, "from=v0.1.0-abcdef0")
  t.has(said, "what changed since v0.1.0-abcdef0 is not known")
  t.has(said, "no window is marked")
  t.eq({ #d.told, #d.github.issues, d.grafana.made }, { 1, 2, 0 })
end)

t.test("a channel that is back at the second try is told once", function()
  local d = announced()
  d:configure { tell_again = "1s" }
  d.slack_answers = 503
  local p = d.world:spawn(words_of(d))
  p:wait_line "tell devnet  devnet was not told"
  d.slack_answers = 200
  local code, _, err = p:wait(60)
  t.eq(code, 0, err)
  check_once(d, "second try")
end)

t.test("a conflict in CHANGELOG.md: a merge that nobody finished, an edit, and commits of others", function()
  local d = announced()
  local fine = t.read_file(d.world.dir .. "/CHANGELOG.md")
  d.repo:commit("CHANGELOG.md", (fine:gsub("## Unreleased\n", "## Unreleased\n\n<<<<<<< ours\n- a\n=======\n- b\n>>>>>>> theirs\n")))
  t.has(announce(d, 1), "CHANGELOG.md holds a merge that nobody finished: lines 5, 7, 9")
  t.eq(#d.told, 0)
  t.write_file(d.world.dir .. "/CHANGELOG.md", (fine:gsub("## Unreleased\n", "## Unreleased\n\n- merged\n")))
  local _, edited = d.world:almanac(1, { "resume", "--no-ask" })
  t.has(edited, "CHANGELOG.md was edited and not committed")
  d.repo:git("commit", "-q", "-am", "merged")
  -- Somebody else was quicker at the remote: people are told, and the push is refused until it is merged.
  local other = t.tmpdir()
  t.must { "git", "clone", "-q", d.world.dir .. "/origin.git", other }
  t.write_file(other .. "/CHANGELOG.md", fine .. "\n- theirs\n")
  t.must({ "git", "-c", "user.name=o", "-c", "user.email=o@x", "commit", "-qam", "theirs" }, { cwd = other })
  t.must({ "git", "push", "-q", "origin", "HEAD:main" }, { cwd = other })
  local _, refused = d.world:almanac(1, { "resume", "--no-ask" })
  t.has(refused, "git fetch and merge them first")
  t.eq(#d.told, 1)
  d.repo:git("pull", "-q", "--no-rebase", "--no-edit", "-X", "ours", "origin", "main")
  d.world:almanac(0, { "resume", "--no-ask" })
  check_once(d, "merged")
  t.has(notes_of(d), "- merged")
  t.has(notes_of(d), "- theirs")
end)

t.test("killed behind each of its effects, and gone on with: everything once", function()
  killed.everywhere({ "git.commit", "notify.send", "github.issue", "grafana.annotate", "git.push" }, announced, words_of, check_once)
end)
