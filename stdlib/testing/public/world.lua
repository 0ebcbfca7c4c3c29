--- world: what a run of a test meets: a simulated cluster, answers of everything else, and a clock that does not wait.
local answers = require "almanac.testing.world.answers"
local fields = require "almanac.base.fields"
local handle = require "almanac.testing.handle"
local stage = require "almanac.testing.stage"

local WORLD = fields.declare("world", fields.with(answers.FIELDS, {
  objects = { "texts|list", help = "objects of the cluster: tables, or files of manifests or snapshots" },
  releases = {
    "list", of = {
      release = { "name", required = true, help = "its name" },
      namespace = { "name", shown_default = "the release's name", help = "where it is" },
      chart = { "text", required = true, help = "directory of the chart" },
      values = { "texts", help = "files of values" },
      set = { "map", help = "values by their paths" },
      status = {
        "enum", values = { "failed", "pending-install", "pending-upgrade", "pending-rollback" }, shown_default = "deployed",
        help = "how its helm left it",
      },
      server_side = { "flag", shown_default = "as helm does it", help = "false: applied by the client, as helm 3 does (helm 4)" },
    }, help = "installed beforehand, by the real helm; the same one again is its next revision",
  },
  namespaces = { "list", of = "text", help = "made beforehand" },
  faults = { "list", of = "text", help = "of the cluster, as almanac sim --fault takes them" },
  ready_time = { "seconds", default = 0.2, help = "from a container's start to its being ready" },
  real_sh = { "list", of = "text", help = "programs that run as they are, by these words, where the tests are run with --real sh" },
  files = { "map", help = "texts of files, by their paths in the project" },
  copy = {
    "list", of = "text", shown_default = "all that does not begin with a dot",
    help = "what of the project a run gets, as a copy",
  },
  config = { "table", help = "what almanac.yaml says otherwise" },
  env = { "map", help = "variables of the environment" },
}))

--- What a run of a test meets. Nothing in it is real but the runbook and Almanac itself; what a test gave no answer for is
--- an error that names the line to add. Only in cases of tests.
---
--- Its methods: `run(name, params?, options?)`, `plan(name, params?, options?)`, `get("deployment/web", namespace)`,
--- `pass("5m")`, `after("3m", fn)`, `before("PATCH */statefulsets/web", fn)`, `set({ prom = … })`, `fault({ "crash=web" })`,
--- `fault { remove = { "crash=web" } }`, `patch("deployment/web", namespace, patch, manager)`, `kill_helm()`, `seconds()`,
--- `called("ops/migrate.sh *")`: how often. Its fields: `commands`, the programs that were called, each with `line`, `argv` and `at`;
--- `requests` of web services, with `method`, `url`, `body` and `at`; `writes` of the cluster, with `method`, `path`, `status` and `at`:
--- seconds since the world began.
---
--- A run has `approve(words?)`, `reject(words?)`, `answer(words)`, `resume(words?)`, `rollback(words?)` and `abandon(reason?)`, and
--- the fields `status`, `code`, `output`, `error`, `effects`, `gates`, `steps`, `seconds`, `params`, `report` and `rollbacks`: what
--- took it back, newest first, each with such fields; a failure under `on_failure = "undo"` is its own `error` still. A plan has
--- `code`, `text`, `output` and `effects`. The words are those of the command line: `run:resume({ "--redo", "drain" })`.
---
--- Raises: `usage`.
---
--- ```lua
--- it("has an answer", function()
---   local w = world { sh = { ["git rev-parse HEAD"] = "a1b2c3d\n" } }
---   assert.equal(0, #w.commands)
--- end)
--- ```
---@param spec? world.options
---@return table world
local function world(spec)
  local checked = fields.check(WORLD, spec)
  return handle.of_world(handle.perform(stage.world, checked))
end

return world
