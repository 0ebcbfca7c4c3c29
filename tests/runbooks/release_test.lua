-- runbooks/release.lua: with a real git repository and a real registry.
local killed = require "tests.killed"
local repository = require "tests.repository"
local t = require "tests.harness"

local RELEASE = { "run", "release", "version=v0.5.0", "change_owner=ada", "--no-ask" }

local function made(more)
  local r = repository.make(t.tmpdir())
  r:configure { vars = r:vars(more) }
  return r
end

t.test("a release: planned as a diff, made, pushed, found whole, and taken back", function()
  local r = made()
  local before = r:git("rev-parse", "HEAD")
  local code, plan, said = r:almanac { "plan", "release", "version=v0.5.0", "change_owner=ada" }
  t.has(plan .. said, '-__version__ = "0.4.2"')
  t.has(plan, '+__version__ = "0.5.0"')
  t.has(plan, "git tag v0.5.0")
  t.has(plan, "at the commit that is made before")
  t.eq(code, 2, plan .. said)
  t.eq(r:git("rev-parse", "HEAD"), before)

  local ran, _, err = r:almanac(RELEASE)
  t.eq(ran, 0, err)
  local tag = "v0.5.0-" .. r:git("rev-parse", "--short", "HEAD")
  t.has(err, "change owner ada, backout owner ada, window: any time, at low traffic")
  t.has(err, "v0.5.0 is " .. tag)
  t.eq(r:git("cat-file", "-t", "v0.5.0"), "tag", "it is annotated")
  t.eq(r:git("log", "-1", "--format=%s"), "chore(release): bump to v0.5.0")
  t.eq(r:git("--git-dir=origin.git", "rev-parse", "main", "v0.5.0^{commit}"), r:git("rev-parse", "HEAD", "HEAD"))
  for _, path in ipairs { "core/version.py", "rpc/version.py", "wallet-extension/package.json", "studio-web/package.json",
    "sdk/python/version", "ops/helm/animica-devnet/values.yaml" } do
    t.has(t.read_file(r.dir .. "/" .. path), "0.5.0", path)
  end
  t.eq(r:pushes(), 1)

  local again, nothing = r:almanac { "plan", "release", "version=v0.5.0", "change_owner=ada" }
  t.eq(again, 0, nothing)
  local back, _, why = r:almanac { "rollback", "--plain" }
  t.eq(back, 0, why)
  t.eq(r:git "tag", "")
  t.eq(r:git("log", "-1", "--format=%s"), 'Revert "chore(release): bump to v0.5.0"')
  t.has(t.read_file(r.dir .. "/core/version.py"), "0.4.2")
  t.eq(r:git("status", "--porcelain", "--untracked-files=no"), "")
end)

t.test("a platform that is missing, and an image that is not there, are named", function()
  local r = made()
  r:pushes_by "PUSH linux/amd64,linux/arm64 animica-node; PUSH linux/amd64 animica-explorer"
  local code, _, err = r:almanac(RELEASE)
  t.eq(code, 1, err)
  t.has(err, "linux/arm64 is not in it (it has linux/amd64)")
  r = made()
  r:pushes_by "PUSH linux/amd64,linux/arm64 animica-node"
  code, _, err = r:almanac(RELEASE)
  t.eq(code, 1, err)
  t.has(err, "animica-explorer:v0.5.0-" .. r:git("rev-parse", "--short", "HEAD"))
  t.has(err, "the registry does not have it")
end)

t.test("commits of others at the remote are seen before anything is made", function()
  local r = made()
  r:git("commit", "-q", "--allow-empty", "-m", "others'")
  r:git("push", "-q", "origin", "main")
  r:git("reset", "-q", "--hard", "HEAD~1")
  local code, _, err = r:almanac(RELEASE)
  t.eq(code, 1, err)
  t.has(err, "main of origin has commits that are not here")
  t.eq(r:git "tag", "")
  r:git("pull", "-q", "--ff-only", "origin", "main")
  code, _, err = r:almanac { "resume", "--no-ask" }
  t.eq(code, 0, err)
end)

t.test("a push that fails halfway is gone on with, and nothing before it happens again", function()
  local r = made()
  r:pushes_by("[ -e built ] || { touch built; PUSH linux/amd64,linux/arm64 animica-node; echo 'no space left' >&2; exit 28; }\n"
    .. "PUSH linux/amd64,linux/arm64 animica-node animica-explorer")
  local code, _, err = r:almanac(RELEASE)
  t.eq(code, 1, err)
  t.has(err, "no space left")
  code, _, err = r:almanac { "resume", "--no-ask" }
  t.eq(code, 0, err)
  t.eq({ r:pushes(), r:git "tag" }, { 2, "v0.5.0" })
  t.eq(r:git("log", "--format=%s", "--grep=bump to"), "chore(release): bump to v0.5.0")
end)

t.test(":latest-dev must be the release", function()
  local r = made()
  r:pushes_by [[PUSH linux/amd64,linux/arm64 animica-node animica-explorer
TAG=v0.0.1-abc PUSH linux/s390x animica-node]]
  local code, _, err = r:almanac(RELEASE)
  t.eq(code, 1, err)
  t.has(err, "animica-node:latest-dev")
  t.has(err, "its digest is sha256:")
end)

t.test("what is edited is not taken along, and a file without a version is named", function()
  local r = made()
  t.write_file(r.dir .. "/core/version.py", '__version__ = "9.9.9"\n')
  local code, _, err = r:almanac(RELEASE)
  t.eq(code, 1, err)
  t.has(err, "files were edited and not committed: core/version.py")
  r:git("checkout", "-q", "core/version.py")
  r:configure { vars = r:vars { version_files = { ["*/version.py"] = 'VERSION = "{version}"' } } }
  code, _, err = r:almanac(RELEASE)
  t.eq(code, 1, err)
  t.has(err, 'core/version.py has no VERSION = "{version}"')
  r:configure { vars = r:vars { version_files = { ["*/version.txt"] = "{version}" } } }
  code, _, err = r:almanac(RELEASE)
  t.eq(code, 1, err)
  t.has(err, "no file is */version.txt")
  r:configure { vars = r:vars { imges = { "x" } } }
  code, _, err = r:almanac(RELEASE)
  t.eq(code, 2, err) -- what the runbook declares is checked before it begins
  t.has(err, 'no key "imges" in vars.devnet; did you mean images?')
end)

t.test("killed behind each of its effects, and gone on with: one commit, one tag, one push of each, and whole images", function()
  killed.everywhere({ "git.commit", "git.tag", "git.push", "images.push" }, made, RELEASE, function(r, where)
    t.eq(r:git("rev-list", "--count", "HEAD"), "3", where)
    t.eq(r:git "tag", "v0.5.0", where)
    t.eq(r:git("--git-dir=origin.git", "rev-parse", "main", "v0.5.0^{commit}"), r:git("rev-parse", "HEAD", "HEAD"), where)
    t.eq(r:pushes(), 1, where)
  end)
end)

t.test("the release that was planned is the one that runs", function()
  local r = made()
  local planned, out, err = r:almanac { "plan", "release", "version=v0.5.0", "change_owner=ada", "-o", "plan.json" }
  t.eq(planned, 2, out .. err)
  local code, _, why = r:almanac { "run", "release", "--plan", "plan.json", "--no-ask" }
  t.eq(code, 0, why)
end)
