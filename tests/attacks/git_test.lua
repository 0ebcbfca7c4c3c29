-- A repository that somebody else made: what its configuration, its hooks and the repositories within it would have git
-- run, or reach, when it is looked at and when it is changed.
local fs = require "native.fs"
local git_project = require "tests.git_project"
local t = require "tests.harness"

local CALLS = [[
    local calls = {
      head = function() return git.head { dir = "theirs" } end,
      status = function() return git.status { dir = "theirs" } end,
      log = function() return git.log("HEAD", { dir = "theirs" }) end,
      file = function() return git.file("a", { dir = "theirs" }) end,
      remote = function() return git.remote("main", { dir = "theirs" }) end,
    }]]

--- A runbook that calls everything that looks; %s: what stands before and behind.
local function looks(allow)
  return string.format([[return runbook { %s run = function() step("look", function() %s
    local said = {}
    for name, call in pairs(calls) do
      local ok, err = pcall(call)
      said[#said + 1] = name .. ": " .. (ok and "fine" or tostring(err.message))
    end
    error(table.concat(said, "; "))
  end) end }]], allow or "", CALLS)
end

--- A project with a repository of somebody's, which does `evil` when a program of it is run.
local function theirs(script)
  local p = git_project.new { book = script }
  p.evil = p.dir .. "/evil.sh"
  t.write_file(p.evil, "#!/bin/sh\ntouch " .. p.dir .. "/pwned\ncat\n")
  t.must { "chmod", "+x", p.evil }
  t.must { "mkdir", "-p", p.dir .. "/theirs" }
  function p:at(...) return self:git("-C", "theirs", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", ...) end
  p:at("init", "-q", "-b", "main")
  t.write_file(p.dir .. "/theirs/a", "text\n")
  p:at("add", "."); p:at("commit", "-q", "-m", "theirs")
  p:at("remote", "add", "origin", "../origin.git")
  return p
end

local function never(p, what) t.eq(fs.exists(p.dir .. "/pwned"), false, what .. " ran something") end

--- Touched since, so that git status reads the file again, through the filter that .gitattributes names.
local function stale(p)
  t.write_file(p.dir .. "/theirs/.gitattributes", "* filter=x diff=x merge=x\n")
  t.must { "touch", "-d", "2020-01-01", p.dir .. "/theirs/a" }
end

local HARMFUL = {
  ["filter.x.clean"] = "EVIL", ["filter.x.process"] = "EVIL", ["filter.x.smudge"] = "EVIL", ["core.sshCommand"] = "EVIL",
  ["core.gitProxy"] = "EVIL", ["core.askPass"] = "EVIL", ["credential.helper"] = "EVIL", ["remote.origin.uploadpack"] = "EVIL",
  ["remote.origin.vcs"] = "evil", ["protocol.ext.allow"] = "always", ["diff.external"] = "EVIL", ["diff.x.textconv"] = "EVIL",
  ["merge.x.driver"] = "EVIL", ["gpg.program"] = "EVIL", ["core.pager"] = "EVIL", ["core.editor"] = "EVIL",
  ["core.alternateRefsCommand"] = "EVIL", ["http.proxy"] = "http://evil.invalid", ["core.attributesFile"] = "EVIL",
}

t.test("a key that runs a program is refused by name, whatever is called, in the plan and in the run", function()
  local p = theirs(looks())
  stale(p)
  for key, value in pairs(HARMFUL) do
    local before = t.read_file(p.dir .. "/theirs/.git/config")
    p:at("config", key, (value:gsub("EVIL", p.evil)))
    local code, out, err = p:run({ "plan", "book" }, git_project.env)
    local said = (out .. err):gsub("\n%s*", " ")
    t.eq(code, 1, said)
    for _, call in ipairs { "head", "status", "log", "file", "remote" } do
      t.has(said:lower(), call .. ": git: the configuration of the repository in theirs sets " .. key:lower(), key)
    end
    never(p, key)
    t.write_file(p.dir .. "/theirs/.git/config", before)
  end
end)

t.test("so is one that is included, by the repository or by a condition, and one of a worktree", function()
  local p = theirs(looks())
  stale(p)
  t.write_file(p.dir .. "/more", "[filter \"x\"]\n\tclean = " .. p.evil .. "\n")
  local plain = t.read_file(p.dir .. "/theirs/.git/config")
  local ways = {
    { "include.path", p.dir .. "/more" }, { "includeIf.onbranch:main.path", p.dir .. "/more" },
    { "includeIf.gitdir:**.path", p.dir .. "/more" }, { "extensions.worktreeConfig", "true" },
  }
  t.write_file(p.dir .. "/theirs/.git/config.worktree", t.read_file(p.dir .. "/more"))
  for _, way in ipairs(ways) do
    p:at("config", way[1], way[2])
    local code, out, err = p:run({ "plan", "book" }, git_project.env)
    t.eq(code, 1, out .. err)
    t.has((out .. err):gsub("\n%s*", " "), "status: git: the configuration of the repository in theirs sets filter.x.clean", way[1])
    never(p, way[1])
    t.write_file(p.dir .. "/theirs/.git/config", plain)
  end
end)

t.test("a submodule is a repository, too, and one in it", function()
  local p = theirs(looks())
  local inner = p.dir .. "/theirs/sub"
  t.must { "cp", "-a", p.dir .. "/theirs/.git", p.dir .. "/copy" }
  t.must { "mkdir", inner }
  t.must { "mv", p.dir .. "/copy", inner .. "/.git" }
  p:git("-C", "theirs/sub", "checkout", "-q", ".")
  p:at("add", "sub"); p:at("commit", "-q", "-m", "with a submodule")
  t.write_file(inner .. "/.gitattributes", "* filter=x\n")
  t.must { "touch", "-d", "2020-01-01", inner .. "/a" }
  p:git("-C", "theirs/sub", "config", "filter.x.clean", p.evil)
  local code, out, err = p:run({ "plan", "book" }, git_project.env)
  t.eq(code, 1, out .. err)
  t.has((out .. err):gsub("\n%s*", " "), "theirs/sub sets filter.x.clean")
  never(p, "the submodule")
  p:git("-C", "theirs", "status")
  t.ok(fs.exists(p.dir .. "/pwned"), "git by itself runs it")
end)

t.test("what almanac sets above it does nothing: watchers, hooks of a look, aliases, signatures, replaced objects", function()
  local p = theirs(looks())
  p:at("config", "core.fsmonitor", p.evil)
  p:at("config", "core.hooksPath", p.dir)
  for _, command in ipairs { "status", "log", "rev-parse", "ls-remote", "config" } do p:at("config", "alias." .. command, "!" .. p.evil) end
  p:at("config", "log.showSignature", "true")
  for _, hook in ipairs { "post-index-change", "post-checkout", "reference-transaction" } do
    t.must { "cp", p.evil, p.dir .. "/" .. hook }
  end
  local real = p:at("rev-parse", "HEAD")
  p:at("commit", "-q", "--allow-empty", "-m", "what is shown")
  p:at("replace", real, p:at("rev-parse", "HEAD")); p:at("reset", "-q", "--hard", real)
  local code, out, err = p:run({ "plan", "book" }, git_project.env)
  t.eq(code, 1, out .. err)
  for _, call in ipairs { "head", "status", "log", "file", "remote" } do t.has(out .. err, call .. ": fine") end
  never(p, "it")
end)

t.test("what almanac.yaml names may be there", function()
  local p = theirs(looks())
  p:at("config", "filter.x.clean", "cat")
  t.write_file(p.dir .. "/almanac.yaml", "git_config: [filter.x.*]\n")
  local code, out, err = p:run({ "plan", "book" }, git_project.env)
  t.eq(code, 1, out .. err)
  t.has(out .. err, "status: fine")
end)

t.test("objects that are not there are not fetched from elsewhere by a look", function()
  local p = theirs(looks())
  p:at("config", "remote.origin.promisor", "true")
  p:at("config", "extensions.partialClone", "origin")
  p:at("config", "remote.origin.url", "file://" .. p.dir .. "/elsewhere")
  t.must { "cp", "-a", p.dir .. "/theirs/.git", p.dir .. "/elsewhere" }
  local object = p:at("rev-parse", "HEAD:a")
  t.must { "rm", "-f", p.dir .. "/theirs/.git/objects/" .. object:sub(1, 2) .. "/" .. object:sub(3) }
  local _, out, err = p:run({ "plan", "book" }, git_project.env)
  t.has((out .. err):gsub("\n%s*", " "), "transport 'file' not allowed")
end)

--- Ways out of `allow`, each with the words that refuse it.
local ESCAPES = {
  { "insteadOf leads a URL elsewhere", [[{ git = { "theirs", "https://git.example/**" } }]],
    { "url.file://DIR/evil.git.insteadOf", "https://git.example/app" }, [[remote = "https://git.example/app"]],
    'may not touch git "file://DIR/evil.git"' },
  { "pushInsteadOf does so for what is pushed", [[{ git = { "theirs", "https://git.example/**" } }]],
    { "url.file://DIR/evil.git.pushInsteadOf", "https://git.example/app" }, [[remote = "https://git.example/app"]],
    'may not touch git "file://DIR/evil.git"' },
  { "a remote has the name of a URL", [[{ git = { "theirs", "https://git.example/**" } }]],
    { "remote.https://git.example/app.url", "DIR/evil.git" }, [[remote = "https://git.example/app"]],
    'may not touch git "evil.git"' },
  { "a path has a colon and dots", [[{ git = { "theirs", "./a:b/**" } }]], { "user.name", "x" },
    [[remote = "./a:b/../../evil.git"]], 'may not touch git "evil.git"' },
  { "the working tree is another directory", [[{ git = { "theirs", "remote=origin" } }]], { "core.worktree", "DIR/other" },
    [[remote = "origin"]], 'may not touch git "other"' },
}

t.test("a target is asked about as git resolves it", function()
  local p = theirs ""
  t.must { "mkdir", "-p", p.dir .. "/other", p.dir .. "/theirs/a:b" }
  p:git("init", "-q", "--bare", "evil.git")
  local plain = t.read_file(p.dir .. "/theirs/.git/config")
  local function fill(text) return (text:gsub("DIR", p.dir)) end
  for _, case in ipairs(ESCAPES) do
    p:at("config", fill(case[3][1]), fill(case[3][2]))
    p:edit("book", string.format([[return runbook { allow = %s, run = function()
      step("x", function() git.push { ref = "main", dir = "theirs", %s } end) end }]], case[2], case[4]))
    for _, command in ipairs { "plan", "run" } do
      local code, out, err = p:run({ command, "book", command == "run" and "--no-ask" or nil }, git_project.env)
      t.ok(code ~= 0, case[1])
      t.has((out .. err):gsub("\n%s*", " "), fill(case[5]), case[1])
    end
    t.eq(p:git("-C", "evil.git", "for-each-ref"), "", case[1])
    t.write_file(p.dir .. "/theirs/.git/config", plain)
  end
end)

t.test("a directory of a repository is that repository, and so is one that only points to it", function()
  local p = theirs [[return runbook { allow = { git = { "theirs/sub", "pointer" } }, run = function() step("x", function()
    for _, dir in ipairs { "theirs/sub", "pointer" } do
      local ok, err = pcall(git.tag, { name = "pwned", dir = dir })
      note(dir .. ": " .. tostring(ok) .. tostring(err and err.message))
    end
  end) end }]]
  t.must { "mkdir", p.dir .. "/theirs/sub", p.dir .. "/pointer" }
  t.write_file(p.dir .. "/pointer/.git", "gitdir: ../theirs/.git\n")
  local _, out, err = p:run({ "run", "book", "--no-ask" }, git_project.env)
  t.has(out .. err, 'theirs/sub: falsegit.tag: this runbook may not touch git "theirs"')
  t.has(out .. err, 'pointer: falsegit.tag: this runbook may not touch git "theirs/.git"')
  t.eq(p:at("tag"), "")
end)

t.test("hooks that an effect runs are programs, which shell names", function()
  local p = theirs [[return runbook { allow = { git = { "theirs" } }, run = function()
    step("x", function() git.commit { message = "x", dir = "theirs", paths = { "a" } } end) end }]]
  t.write_file(p.dir .. "/theirs/a", "edited")
  t.must { "mkdir", "-p", p.dir .. "/theirs/.git/hooks" }
  t.must { "cp", p.evil, p.dir .. "/theirs/.git/hooks/post-commit" }
  for _, command in ipairs { "plan", "run" } do
    local code, out, err = p:run({ command, "book", command == "run" and "--no-ask" or nil }, git_project.env)
    t.ok(code ~= 0, out .. err)
    t.has((out .. err):gsub("\n%s*", " "), 'git.commit: this runbook may not touch shell "theirs/.git/hooks/post-commit"')
  end
  never(p, "the hook")
  p:edit("book", [[return runbook { allow = { git = { "theirs" }, shell = { "theirs/.git/hooks/*" } }, run = function()
    step("x", function() git.commit { message = "x", dir = "theirs", paths = { "a" } } end) end }]])
  local code, out, err = p:run({ "run", "book", "--no-ask" }, git_project.env)
  t.eq(code, 0, out .. err)
  t.ok(fs.exists(p.dir .. "/pwned"), "the hook is run where it is named")
end)

t.test("under allow, what a repository borrows from another is asked for: alternates, also of alternates, and links", function()
  local p = theirs [[return runbook { allow = { git = { "theirs" } }, run = function()
    step("tag", function() git.tag { name = "evil", dir = "theirs" } end) end }]]
  t.must({ "git", "clone", "-q", p.dir .. "/theirs", p.dir .. "/other" }, { cwd = p.dir })
  t.must({ "git", "clone", "-q", p.dir .. "/theirs", p.dir .. "/third" }, { cwd = p.dir })
  local function is_refused(what, name)
    for _, command in ipairs { "plan", "run" } do
      local code, out, err = p:run { command, "book" }
      t.eq(code, 1, what .. out .. err)
      t.has(out .. err, 'this runbook may not touch git "' .. name .. '"', what)
    end
  end
  local function borrow(repository, text) t.write_file(p.dir .. "/" .. repository .. "/.git/objects/info/alternates", text) end
  borrow("theirs", p.dir .. "/other/.git/objects\n")
  is_refused("an alternate", "other")
  borrow("theirs", "../../../other/.git/objects\n")
  is_refused("a relative one", "other")
  p:edit("book", t.read_file(p.dir .. "/runbooks/book.lua"):gsub('"theirs" }', '"theirs", "other" }', 1))
  borrow("other", p.dir .. "/third/.git/objects\n")
  is_refused("one of an alternate", "third")
  for _, name in ipairs { "theirs", "other" } do os.remove(p.dir .. "/" .. name .. "/.git/objects/info/alternates") end
  for _, name in ipairs { "refs", "objects" } do
    local path = p.dir .. "/theirs/.git/" .. name
    t.must { "mv", path, path .. ".kept" }
    t.must { "ln", "-s", p.dir .. "/third/.git/" .. name, path }
    local _, out, err = p:run { "run", "book" }
    t.has(out .. err, "may not", name)
    t.eq(t.must({ "git", "-C", p.dir .. "/third", "tag" }), "", name)
    os.remove(path)
    t.must { "mv", path .. ".kept", path }
  end
  t.eq(p:run { "run", "book" }, 0)
end)

t.test("a checkout keeps to the commit of its plan", function()
  local p = theirs [[return runbook { run = function()
    step("out", function() git.checkout { ref = "br", dir = "theirs" } end) end }]]
  p:at("branch", "br")
  p:run { "plan", "book", "-o", "plan.json" }
  p:at("checkout", "-q", "br")
  t.write_file(p.dir .. "/theirs/a", "other\n")
  p:at("commit", "-q", "-am", "more")
  p:at("checkout", "-q", "main")
  local code, out, err = p:run { "run", "--plan", "plan.json", "--no-ask" }
  t.ok(code ~= 0, out .. err)
  t.has(out .. err, "git br has changed since the plan was made")
end)
