-- What of a repository's own configuration is let pass, and where git goes by it.
local git_config = require "almanac.host.git_config"
local t = require "tests.harness"

local function listed(scope, settings)
  local out = {}
  for _, pair in ipairs(settings) do out[#out + 1] = { scope = scope, key = pair[1], value = pair[2] } end
  return out
end

t.test("the list is read as git prints it: values with newlines, keys without a value", function()
  t.eq(git_config.parse("local\0core.bare\nfalse\0command\0a.b\nx\ny\0global\0c.d\0local\0e.f\n\0"), {
    { scope = "local", key = "core.bare", value = "false" }, { scope = "command", key = "a.b", value = "x\ny" },
    { scope = "global", key = "c.d" }, { scope = "local", key = "e.f", value = "" },
  })
  t.eq(git_config.parse "", {})
end)

t.test("what a clone, a worktree and an editor write is harmless", function()
  for _, key in ipairs { "core.repositoryformatversion", "core.bare", "core.fsmonitor", "core.worktree", "remote.origin.url",
    "remote.a.b.fetch", "branch.main.remote", "branch.a.vscode-merge-base", "user.email", "extensions.worktreeconfig",
    "http.https://github.com/.extraheader", "submodule.lib.url", "submodule.active", "includeif.gitdir:/a/.git.path", "gc.auto",
    "url.https://a/.insteadof", "alias.status", "lfs.https://a/info/lfs.access", "commit.gpgsign" } do
    t.eq(git_config.harmful(listed("local", { { key } }), false, {}), nil, key)
  end
end)

t.test("what runs a program or leads elsewhere is not, nor what nobody has heard of", function()
  for _, key in ipairs { "core.sshcommand", "core.askpass", "core.editor", "core.pager", "core.gitproxy", "core.attributesfile",
    "core.alternaterefscommand", "core.excludesfile", "filter.x.clean", "filter.x.smudge", "filter.x.process", "diff.external",
    "diff.x.textconv", "diff.x.command", "merge.x.driver", "gpg.program", "gpg.ssh.program", "gpg.ssh.defaultkeycommand",
    "credential.helper", "credential.https://a.helper", "remote.x.uploadpack", "remote.x.receivepack", "remote.x.proxy", "remote.x.vcs",
    "http.proxy", "http.sslverify", "http.https://a.proxy", "protocol.ext.allow", "protocol.allow", "sequence.editor", "pager.log",
    "uploadpack.packobjectshook", "submodule.x.update", "interactive.difffilter", "gc.recentobjectshook", "lfs.customtransfer.x.path",
    "lfs.url", "ssh.variant", "hook.x.command", "mergetool.x.cmd", "trailer.x.cmd", "whatever.new" } do
    for _, scope in ipairs { "local", "worktree" } do t.eq(git_config.harmful(listed(scope, { { key } }), true, {}), key, key) end
    t.eq(git_config.harmful(listed("global", { { key } }), false, {}), nil, "of the operator: " .. key)
  end
end)

t.test("hooks of elsewhere do nothing in a look, and are named by almanac.yaml for a change", function()
  local list = listed("local", { { "core.hookspath" }, { "filter.LFS.clean" } })
  t.eq(git_config.harmful(list, true, { "filter.lfs.*" }), nil)
  t.eq(git_config.harmful(list, false, { "filter.lfs.*" }), "core.hookspath")
  t.eq(git_config.harmful(list, false, { "filter.lfs.*", "core.hooksPath" }), nil)
  t.eq(git_config.harmful(list, false, { "core.hooksPath", "filter.lfs" }), "filter.LFS.clean")
  t.eq(git_config.harmful(list, false, { "*" }), nil)
end)

t.test("a remote leads where git rewrites it to: the longest beginning, and another for what is pushed", function()
  local list = listed("local", {
    { "remote.origin.url", "gh:org/app" }, { "remote.two.url", "https://a/x" }, { "remote.two.pushurl", "https://b/x" },
    { "url.https://github.com/.insteadof", "gh:" }, { "url.ssh://git@evil.example/.insteadof", "gh:org/" },
    { "url.ssh://push.example/.pushinsteadof", "https://a/" }, { "remote.https://fine/.url", "https://evil/" },
    { "url.https://c/.insteadof", "https://b/" },
  })
  t.eq(git_config.urls(list, "origin"), { "ssh://git@evil.example/app" })
  t.eq(git_config.urls(list, "gh:other"), { "https://github.com/other" })
  t.eq(git_config.urls(list, "two"), { "https://a/x", "https://c/x" })
  t.eq(git_config.urls(list, "https://a/y"), { "https://a/y", "ssh://push.example/y" })
  t.eq(git_config.urls(list, "https://fine/"), { "https://evil/" })
  t.eq(git_config.urls(list, "./there.git"), { "./there.git" })
end)
