--- Sections 0 and 1 of the devnet's procedure: a version is made.
---
--- When: to make a release of what is checked out. Nothing runs it yet: that is rollout.
--- Touches: the version files, one commit and one tag here (and at the remote that almanac.yaml names), the registry.
--- Undone: almanac rollback deletes the tag, reverts the commit and puts the files back. What was pushed stays.
local config = require "lib.config"
local images = require "lib.images"
local versions = require "lib.versions"

--- What is committed by hand does not slip into the release.
local function refuse_edits()
  local edited = {}
  for _, entry in ipairs(git.status()) do
    if entry.status ~= "??" then edited[#edited + 1] = entry.path end
  end
  if #edited > 0 then
    errors.raise { kind = "refused", message = "files were edited and not committed: " .. table.concat(edited, ", "),
      hint = "commit or stash them: the release would take them along" }
  end
end

--- A release that cannot be pushed is found before it is made.
local function check_remote(c)
  local branch = git.head().branch
  if not branch then
    errors.raise { kind = "refused", message = "no branch is checked out", hint = "git checkout main, or take vars.devnet.remote out" }
  end
  local there = git.remote(branch, { remote = c.remote })
  local known, missing = errors.try(git.log, "HEAD.." .. (there or "HEAD"), { max = 1 })
  if not known or #missing > 0 then
    errors.raise { kind = "refused", message = string.format("%s of %s has commits that are not here", branch, c.remote),
      hint = "git pull, have CI look at it, then go on" }
  end
  return { branch = branch, there = there }
end

local function push_commit_and_tag(c, branch, version)
  git.push { ref = branch, remote = c.remote }
  git.push { ref = "refs/tags/" .. version, remote = c.remote }
end

return runbook {
  summary = "Raise the version, commit, tag, push the images, and find them whole in the registry",
  params = {
    version = param.string { required = true, pattern = "^v%d+%.%d+%.%d+$", help = "of the release, e.g. v0.5.0" },
    change_owner = param.string { required = true, help = "release engineer on call, e.g. ada" },
    backout_owner = param.string { help = "who would take it back; without it, the change owner" },
    window = param.string { default = "any time, at low traffic", help = "when the change takes place" },
  },
  allow = {
    git = { ".", "remote=*" },
    fs = { "**" },
    shell = { "ops/scripts/*", ".git/hooks/*" },
    images = { "**" },
    read = { registry = { "**" } },
  },
  pass_env = { "DOCKER_CONFIG", "DOCKER_HOST", "DOCKER_CONTEXT", "BUILDX_BUILDER" },
  lock = "animica/release",
  on_failure = "ask",
  vars = { devnet = config.declaration },
  run = function(p)
    local c = step("read almanac.yaml", config.read)

    local change = step("record the change", function()
      local change = { version = p.version, change_owner = p.change_owner, window = p.window,
        backout_owner = p.backout_owner or p.change_owner, from = git.head().commit, at = os.time() }
      note(string.format("change owner %s, backout owner %s, window: %s", change.change_owner, change.backout_owner, change.window))
      return change
    end)

    step("check the environment", { timeout = "2m" }, function()
      return sh.read({ "bash", "ops/scripts/env_check.sh" }).stdout
    end)

    step("nothing is edited", refuse_edits)
    local at = step("nothing is missing", { when = c.remote ~= nil }, function() return check_remote(c) end)

    local paths = step("raise the version", function()
      local paths = {}
      for i, file in ipairs(versions.files(c.version_files, p.version:sub(2))) do
        fs.write(file.path, file.text)
        paths[i] = file.path
      end
      return paths
    end)

    local made = step("commit", function()
      return git.commit { message = "chore(release): bump to " .. p.version, paths = paths }
    end)

    step("tag", function() return git.tag { name = p.version, message = "release " .. p.version } end)

    step("push the commit and the tag", { when = c.remote ~= nil }, function()
      push_commit_and_tag(c, at.branch, p.version)
    end)

    local tag = versions.image_tag(p.version, made.short)
    local found = step("push the images, and find them whole", function() return images.push(c, tag) end)

    note(string.format("%s is %s, ready for: almanac run preflight tag=%s", p.version, tag, tag))
    return { tag = tag, version = p.version, commit = made.commit, change = change, images = found }
  end,
}
