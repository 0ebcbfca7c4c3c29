---@meta
-- Made by `make docs` from stdlib/testing/public/world.lua: edit that.

---@class world.options
---@field alerts? world.options.alerts[]|function  that fire, or a function of the seconds so far that gives them
---@field config? table  what almanac.yaml says otherwise
---@field copy? string[]  what of the project a run gets, as a copy
---@field env? table  variables of the environment
---@field faults? string[]  of the cluster, as almanac sim --fault takes them
---@field files? table  texts of files, by their paths in the project
---@field http? table<string, world.options.http|any>  what is asked, and the answer of web services by "GET https://host/path" or "GET /path": text, a status, a table with one of status, body and headers, or any other table as JSON
---@field loki? table  what is asked, and the answer of Loki by query: lines, or a number; left out: what the cluster's pods print
---@field namespaces? string[]  made beforehand
---@field objects? string|string[]|any[]  objects of the cluster: tables, or files of manifests or snapshots
---@field prom? table|function  what is asked, and the answer of Prometheus by query: a number, a list of series, or a function of the seconds so far
---@field ready_time? string|number  from a container's start to its being ready
---@field real_sh? string[]  programs that run as they are, by these words, where the tests are run with --real sh
---@field releases? world.options.releases[]  installed beforehand, by the real helm; the same one again is its next revision
---@field sh? table<string, world.options.sh|any>  what is asked, and the answer of programs by their command lines: what they print, an exit code, a table, or a function of the words and the world

---@class world.options.alerts
---@field name string  of the alert
---@field labels? table  other labels
---@field severity? string  of the alert
---@field summary? string  a line for people

---@class world.options.http
---@field body? any  text, or a table as JSON
---@field headers? table  of the answer
---@field status? integer  of HTTP
---@field takes? string|number  until it answers, by the simulated clock

---@class world.options.releases
---@field chart string  directory of the chart
---@field release string  its name
---@field namespace? string  where it is
---@field server_side? boolean  false: applied by the client, as helm 3 does (helm 4)
---@field set? table  values by their paths
---@field status? "failed"|"pending-install"|"pending-upgrade"|"pending-rollback"  how its helm left it
---@field values? string|string[]  files of values

---@class world.options.sh
---@field code? integer  exit code
---@field stderr? string  what it prints of errors
---@field stdout? string  what it prints
---@field takes? string|number  until it answers, by the simulated clock
---@field writes? table  texts of files that it writes, by their paths in the project

---@class world.fault.options
---@field add? string[]  faults and outages that begin, as almanac sim --fault takes them
---@field remove? string[]  those that end

---@class world.plan.options
---@field environment? string  of almanac.yaml
---@field words? string[]  more words of the command line

---@class world.run.options
---@field env? table  variables of the environment, besides those of the world
---@field environment? string  of almanac.yaml
---@field words? string[]  more words of the command line

---@class world.set.options
---@field alerts? world.set.options.alerts[]|function  that fire, or a function of the seconds so far that gives them
---@field http? table<string, world.set.options.http|any>  what is asked, and the answer of web services by "GET https://host/path" or "GET /path": text, a status, a table with one of status, body and headers, or any other table as JSON
---@field loki? table  what is asked, and the answer of Loki by query: lines, or a number; left out: what the cluster's pods print
---@field prom? table|function  what is asked, and the answer of Prometheus by query: a number, a list of series, or a function of the seconds so far
---@field sh? table<string, world.set.options.sh|any>  what is asked, and the answer of programs by their command lines: what they print, an exit code, a table, or a function of the words and the world

---@class world.set.options.alerts
---@field name string  of the alert
---@field labels? table  other labels
---@field severity? string  of the alert
---@field summary? string  a line for people

---@class world.set.options.http
---@field body? any  text, or a table as JSON
---@field headers? table  of the answer
---@field status? integer  of HTTP
---@field takes? string|number  until it answers, by the simulated clock

---@class world.set.options.sh
---@field code? integer  exit code
---@field stderr? string  what it prints of errors
---@field stdout? string  what it prints
---@field takes? string|number  until it answers, by the simulated clock
---@field writes? table  texts of files that it writes, by their paths in the project

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
function world(spec) end
