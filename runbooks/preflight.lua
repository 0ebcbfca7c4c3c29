--- Section 2 of the devnet's procedure: whether a release may go to the devnet.
---
--- When: after release, before canary and rollout.
--- Touches: the list of seeds here, and the services' database (their migration, in their pod).
--- Undone: almanac rollback puts the list back. A migration is not taken back: see rollback.
local changes = require "lib.changes"
local ci = require "lib.ci"
local config = require "lib.config"
local devnet = require "lib.devnet"
local images = require "lib.images"
local openrpc = require "lib.openrpc"
local seeds = require "lib.seeds"
local versions = require "lib.versions"

--- The tag that the devnet runs; nil: there is no devnet yet. Its release may say another than its node runs, where
--- somebody set an image by hand.
local function deployed_tag()
  if not helm.current { release = devnet.release, namespace = devnet.namespace } then return nil end
  local said = devnet.tag_of(devnet.namespace)
  local node = k8s.find("statefulset/animica-node", { namespace = devnet.namespace })
  local runs = node and versions.tag_of(node.spec.template.spec.containers[1].image)
  if runs and runs ~= said then note(string.format("the node is set to %s, though its release says %s", runs, tostring(said))) end
  return runs or said
end

--- The commits to compare: the tag of the images is the commit that git's tag names, or nobody knows what is in them.
local function find_commits(tag, from_tag)
  local version, short = versions.parts(tag)
  local to = changes.commit_of(tag)
  local tagged, found = errors.try(git.log, "refs/tags/" .. version, { max = 1 })
  if not tagged or found[1].commit ~= to then
    errors.raise { kind = "refused", message = string.format("git's tag %s is %s, and not the %s of %s", version,
      tagged and "at " .. found[1].commit:sub(1, #short) or "not here", short, tag), hint = "git fetch --tags, or correct the tag" }
  end
  if not from_tag then
    note "nothing is deployed: there is nothing to compare with"
    return { to = to }
  end
  note(string.format("%s comes after %s", tag, from_tag))
  return { from_tag = from_tag, from = changes.commit_of(from_tag), to = to }
end

--- A change of the chain needs a new genesis, and the devnet's nodes an empty database: somebody says so by name.
local function check_chain(c, from, to, reset)
  local differ, lines = changes.of_files(c.chain_files, from, to), {}
  for _, path in ipairs(c.chain_files) do
    for _, line in ipairs(differ[path] or {}) do lines[#lines + 1] = path .. " " .. line end
  end
  for _, line in ipairs(lines) do note(line) end
  if #lines > 0 and reset ~= devnet.release then
    errors.raise { kind = "refused",
      message = "the chain changed since what is deployed, which needs a devnet reset:\n  " .. table.concat(lines, "\n  "),
      hint = "announce the reset, then: almanac run preflight tag=… reset=" .. devnet.release
        .. "\nthe nodes are wiped by rollback wipe=node" }
  end
  if #lines == 0 and reset then note "no reset is needed: the chain did not change" end
  return { reset = #lines > 0, changes = lines }
end

local function compare_openrpc(c, from, to)
  local old, new = git.file(c.openrpc, { ref = from }), git.file(c.openrpc, { ref = to })
  if not new then
    errors.raise { kind = "refused", message = string.format("%s has no %s", to, c.openrpc), hint = "vars.devnet.openrpc names it" }
  end
  local words = {}
  for i, change in ipairs(old and openrpc.breaking(json.decode(old), json.decode(new)) or {}) do
    words[i] = openrpc.words(change)
    note("breaks " .. words[i])
  end
  return words
end

return runbook {
  summary = "Check a release before it goes to the devnet: CI, images, chain, RPC, seeds, migrations",
  params = {
    tag = param.string {
      required = true, pattern = versions.TAG, help = "image tag of the release, e.g. v0.5.0-a1b2c3d",
    },
    from = param.string { pattern = versions.TAG, help = "tag to compare with; without it, the one that is deployed" },
    reset = param.string { help = "the devnet's name typed in full, where a change of the chain needs a reset" },
    migrate = param.boolean { default = true, help = "migrate the services' database" },
  },
  allow = {
    k8s = { devnet.namespace },
    shell = { "python3", "ops/scripts/*" },
    fs = { "ops/**" },
    -- Where the images are, and what says that CI is green, is almanac.yaml's to say.
    read = { helm = { devnet.release }, git = { "." }, registry = { "**" }, github = { "*/*" }, http = { "**" } },
  },
  lock = "release/" .. devnet.release,
  on_failure = "stop",
  vars = { devnet = config.declaration },
  run = function(p)
    local c = step("read almanac.yaml", config.read)

    local at = step("find the commits", function() return find_commits(p.tag, p.from or deployed_tag()) end)
    local is_first = at.from == nil

    step("CI is green", ci.patience(c), function() return ci.green(c, at.to) end)

    local found = parallel("images are whole", images.each(c, p.tag))

    local chain = step("chain parameters and genesis", { when = not is_first }, function()
      return check_chain(c, at.from, at.to, p.reset)
    end)

    local breaks = step("compare OpenRPC", { when = not is_first }, function() return compare_openrpc(c, at.from, at.to) end) or {}
    if #breaks > 0 then
      confirm(string.format("The RPC breaks %d things (%s). Do explorer and wallet of %s know?", #breaks,
        table.concat(breaks, "; "), p.tag))
    end

    local before = step("read the seeds", function() return seeds.now(c) end)
    step("make the seeds anew", { undo = function() seeds.put_back(c, before) end }, function() return seeds.regenerate(c) end)
    local list = step("seeds are fresh", function() return seeds.fresh(c) end)

    step("migrate the services' database", { when = p.migrate and not is_first }, function()
      return k8s.exec { pod = "deployment/animica-services", namespace = devnet.namespace, command = c.migrate,
        check = #c.migrate_check > 0 and c.migrate_check or nil, timeout = "10m" }
    end)

    return { tag = p.tag, from = at.from_tag, reset = chain ~= nil and chain.reset, breaks = breaks, images = found, seeds = list }
  end,
}
