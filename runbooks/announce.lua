--- Section 9 of the devnet's procedure: release notes, a word to #devnet, follow-ups, and marks on the dashboards.
---
--- When: after verify.
--- Touches: CHANGELOG.md (a commit, pushed where almanac.yaml names a remote), the channel, GitHub's issues, Grafana.
--- Undone: almanac rollback reverts the commit, closes the issues and deletes the mark. What was said stays said.
--- Slack, GitHub and Grafana that are down fail nothing: each is tried again, and what was not told is said.
local changelog = require "lib.changelog"
local config = require "lib.config"
local devnet = require "lib.devnet"
local summary = require "lib.summary"
local telling = require "lib.telling"
local versions = require "lib.versions"

local HISTORY = 5 -- revisions in the message

--- The subjects of the commits since a tag; none where its commit is not known here.
local function changes_since(tag, short)
  local known, commits = errors.try(function()
    local _, from = versions.parts(tag)
    return git.log(from .. ".." .. short)
  end)
  if not known then
    note(string.format("what changed since %s is not known: %s", tag, commits.message))
    return {}
  end
  local out = {}
  for _, commit in ipairs(commits) do
    if not commit.subject:find "^chore%(release%)" then out[#out + 1] = commit.subject end
  end
  return out
end

--- What the cluster and the repository know of the change.
local function gather(p, version, short)
  local history = helm.history { release = devnet.release, namespace = devnet.namespace }
  local since, from_tag
  for i = #history, 1, -1 do
    local tag = devnet.tag_of(devnet.namespace, history[i].revision)
    if tag ~= p.tag then
      from_tag = tag
      break
    end
    since = timestamp.parse(history[i].updated)
  end
  local now = os.time()
  local started = math.min(now, math.floor(timestamp.parse(p.started) or since or now))
  local previous = p.from or from_tag
  local changes = previous and changes_since(previous, short) or {}
  return {
    name = devnet.release, tag = p.tag, version = version, short = short, from_tag = previous, from = started, to = now,
    history = table.move(history, math.max(1, #history - HISTORY + 1), #history, 1, {}), changes = changes,
  }
end

--- The release notes as they are and will be.
local function read_notes(c, change)
  local text = fs.read(c.changelog)
  for _, entry in ipairs(git.status()) do
    if entry.path == c.changelog and entry.status ~= "??" then
      errors.raise { kind = "refused", message = c.changelog .. " was edited and not committed",
        hint = "commit it, or take the edit back, then go on" }
    end
  end
  local after, notes = changelog.with(c.changelog, text, { version = change.version, changes = change.changes,
    date = timestamp.format(change.to):sub(1, 10) })
  return { before = text, after = after, notes = notes }
end

local function write_notes(c, change, notes)
  local now = fs.read(c.changelog)
  if now ~= notes.before and now ~= notes.after then
    errors.raise { kind = "refused", message = c.changelog .. " was changed by somebody else meanwhile",
      hint = "almanac resume --redo 'read the release notes' takes it as it is now" }
  end
  fs.write(c.changelog, notes.after)
  return git.commit { message = "docs: release notes of " .. change.version, paths = { c.changelog } }
end

local function links_of(c, change)
  local out, names = {}, {}
  for name in pairs(c.dashboards) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do
    out[i] = { name = name, url = grafana.link { dashboard = c.dashboards[name], from = change.from, to = change.to,
      vars = { namespace = devnet.namespace } } }
  end
  return out
end

return runbook {
  summary = "Tell people of a release that is out: release notes, #devnet, follow-up issues, marks in Grafana",
  params = {
    tag = param.string {
      required = true, pattern = versions.TAG, help = "image tag that is out, e.g. v0.5.0-a1b2c3d",
    },
    change_owner = param.string { required = true, help = "release engineer on call, e.g. ada" },
    backout_owner = param.string { help = "who would take it back; without it, the change owner" },
    from = param.string { pattern = versions.TAG, help = "tag that ran before; without it, by helm's history" },
    started = param.string { pattern = "^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%dZ$",
      help = "begin of the window, e.g. 2026-11-28T21:00:00Z; without it, when the tag was first applied" },
    knobs = param.list { default = {}, help = "what else was changed: Θ, Γ, fees" },
    todos = param.list { default = {}, help = "follow-up tasks, an issue for each" },
    only = param.list { default = { "notes", "channel", "issues", "mark" }, help = "what is done, of notes, channel, issues, mark" },
  },
  allow = {
    git = { ".", "remote=*" }, shell = { ".git/hooks/*" }, fs = { "*.md", "docs/**" }, notify = { "*" },
    github = { "*/*" }, grafana = { "annotations" },
    read = { helm = { devnet.release } },
  },
  lock = "animica/announce",
  on_failure = "ask",
  vars = { devnet = config.declaration },
  run = function(p)
    local c = step("read almanac.yaml", config.read)
    local wanted = telling.wanted(p.only)
    local version, short = versions.parts(p.tag)
    local change = step("gather what happened", function() return gather(p, version, short) end)

    local notes = step("read the release notes", function() return read_notes(c, change) end)
    step("write the release notes", { when = wanted.notes }, function() return write_notes(c, change, notes) end)

    local text = step("write the summary", function()
      change.owner, change.backout_owner = p.change_owner, p.backout_owner or p.change_owner
      change.knobs, change.notes = p.knobs, notes.notes
      change.links = links_of(c, change)
      return summary.text(change)
    end)

    local missed = {}
    if wanted.channel then telling.channel(c, text, missed) end
    if wanted.issues then telling.issues(c, p.tag, p.todos, missed) end
    if wanted.mark and next(c.dashboards) == nil then
      note "almanac.yaml has no dashboards (vars.devnet.dashboards): no window is marked"
    elseif wanted.mark then
      telling.mark(c, { text = p.tag .. " rolled out to " .. devnet.release, from = change.from, to = change.to,
        tags = { "rollout", p.tag } }, missed)
    end

    step("push the release notes", { when = wanted.notes and c.remote ~= nil }, function()
      return git.push { ref = git.head().branch, remote = c.remote }
    end)
    for _, one in ipairs(missed) do
      local line = { "almanac", "run", "announce", "tag=" .. p.tag, "change_owner=" .. p.change_owner, table.unpack(one.words) }
      note(string.format("not done: %s\n  once it is back: %s", one.what, sh.quote(line)))
    end
    return { tag = p.tag, text = text, missed = missed }
  end,
}
