--- What almanac.yaml has for the devnet's runbooks: the section vars.devnet. docs/devnet-almanac.yaml is an example
--- in which every key is explained.
local config = {}

config.declaration = {
  -- The images of a release
  registry = param.string { default = "ghcr.io/animica", help = "where the images are, e.g. ghcr.io/animica" },
  images = param.list {
    default = { "animica-node", "animica-miner", "animica-explorer", "animica-studio-services", "animica-studio-web",
      "animica-explorer-web" },
    help = "names of the images that a release has",
  },
  platforms = param.list { default = { "linux/amd64", "linux/arm64" }, help = "that every image must have" },
  plain_http = param.boolean { default = false, help = "the registry has no TLS" },
  push_timeout = param.duration { default = "1h", help = "for building and pushing all images" },

  -- The version in the repository
  version_files = param.map { default = {}, help = "files, by * and ?, and the text around {version} in them" },
  remote = param.string { help = "where commits and tags are pushed to; without it, nowhere" },
  changelog = param.string { default = "CHANGELOG.md", help = "the release notes" },

  -- Before a rollout
  repository = param.string { pattern = "^[^/]+/[^/]+$", help = "on GitHub, e.g. animica/animica: checks, follow-ups" },
  ci_url = param.string { help = "answers 2xx when CI is green, where that is not GitHub's to say; {commit} stands in it" },
  ci_required = param.list { default = {}, help = "checks that must be among the green ones" },
  ci_wait = param.duration { default = "30m", help = "for checks that are not over" },
  ci_poll = param.duration { default = "15s", min = 0.1, help = "between two looks at them" },
  chain_files = param.list {
    default = { "ops/k8s/configmaps/chain-params.yaml", "ops/k8s/configmaps/genesis.json" },
    help = "files of which a change needs a new genesis",
  },
  openrpc = param.string { default = "spec/openrpc.json", help = "the RPC's description in the repository" },
  migrate = param.list { default = { "/app/scripts/migrate.sh" }, help = "migrates the services' database, in their pod" },
  migrate_check = param.list { default = {}, help = "exits 0 there when nothing is to be migrated" },
  seeds = param.string { default = "ops/seeds/bootstrap_nodes.json", help = "the list of bootstrap nodes" },
  seeds_command = param.list {
    default = { "python3", "ops/scripts/gen_bootstrap_list.py", "--out", "{file}" },
    help = "makes that list; {file} is where",
  },
  seeds_max_age = param.duration { default = "24h", help = "older than that, the list is stale" },

  -- The canary, and other ways to roll
  canary_values = param.list { default = {}, help = "values files of the canary, over the devnet's own" },
  canary_urls = param.map { default = {}, help = "rpc, explorer, services, da: where each answers in the canary" },
  canary_warm_up = param.duration { default = "1m", help = "after it is ready, before it is compared" },
  scrape_interval = param.duration { default = "15s", min = 0.1, help = "of Prometheus" },
  compose_dir = param.string { default = "ops/docker", help = "where the Compose devnet is" },
  compose_files = param.list { default = { "docker-compose.devnet.yml" }, help = "its Compose files, later ones win" },
  compose_pull = param.boolean { default = true, help = "its images come from a registry" },
  compose_patience = param.duration { default = "30s", min = 1, help = "until its services must be healthy" },
  kustomize = param.string { default = "ops/k8s", help = "the overlay of rollout method=kustomize" },
  db_down = param.list { default = {}, help = "in the services' pod: takes the database to the schema of {tag}" },
  db_restore = param.list { default = {}, help = "here: restores the services' database from its snapshot" },

  -- Proof
  urls = param.map { default = {}, help = "rpc, explorer, services, da: where each answers" },
  block_target = param.duration { default = "6s", min = 0.05, help = "between two blocks" },
  block_tolerance = param.number { default = 0.5, min = 0, max = 1, help = "how far off the target may be, as a share of it" },

  -- Telling
  channel = param.string { default = "devnet", help = "channel of almanac.yaml for the summary" },
  dashboards = param.map { default = {}, help = "dashboards by name: their uid in Grafana" },
  follow_up_labels = param.list { default = { "follow-up" }, help = "of the issues that announce opens" },
  tell_again = param.duration { default = "30s", help = "before what could not be told is tried again" },
  tell_tries = param.integer { default = 3, min = 1, help = "tries at most" },
}

local function check_urls(urls, key)
  for name in pairs(urls) do
    if name ~= "rpc" and name ~= "explorer" and name ~= "services" and name ~= "da" then
      errors.raise { kind = "refused", message = string.format("vars.devnet.%s has %s, and the devnet has no such part", key, name),
        hint = "there are rpc, explorer, services and da" }
    end
  end
end

--- The section, checked: a step's function.
---@return table<string, any>
function config.read()
  local found = vars.read("devnet", config.declaration)
  check_urls(found.urls, "urls")
  check_urls(found.canary_urls, "canary_urls")
  return found
end

return config
