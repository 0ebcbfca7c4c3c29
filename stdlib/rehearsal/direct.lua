--- Directing a rehearsal: the stage is set, the runbook runs on it in a process of its own, which is killed and gone on
--- with as was asked for, and in the end it is said what happened.
local catalogue = require "almanac.session.catalogue"
local children = require "almanac.config.children"
local errors = require "almanac.base.errors"
local faults = require "almanac.sim.world.faults"
local fs = require "native.fs"
local json = require "native.json"
local numbers = require "almanac.rehearsal.numbers"
local lives = require "almanac.rehearsal.lives"
local nearest = require "almanac.base.nearest"
local param = require "almanac.base.param"
local plan_file = require "almanac.run.plan.file"
local runbook = require "almanac.script.runbook"
local runs = require "almanac.journal.run"
local schedules = require "almanac.rehearsal.schedule"
local snapshot_file = require "almanac.snapshot.file"
local process = require "native.process"
local settings = require "almanac.config.settings"
local stages = require "almanac.rehearsal.stage"
local telling = require "almanac.rehearsal.telling"

local M = {}

---@class almanac.RehearsalMark  in the journal of a run that is a rehearsal
---@field copy string      of what its cluster is a copy
---@field snapshot string? digest
---@field faults string[]
---@field kill string?
---@field seed integer
---@field numbers "simulated"?  those that gates and canaries saw
---@field real string[]    modules of effects that were made all the same

--- The schedule that the options ask for.
local function schedule_of(given)
  local entries, kills = {}, nil
  for _, text in ipairs(given.fault or {}) do
    local entry = schedules.fault(text)
    if entry.what == "fault" then
      local ok, why = faults.parse(entry.name)
      if not ok then
        errors.raise { kind = "usage", message = why,
          hint = "outages: api-down, prom-silent, loki-silent; a gate's bad values: gate=NAME; WHEN stands behind @" }
      end
    end
    entries[#entries + 1] = entry
  end
  for _, text in ipairs(given.kill or {}) do
    local kill = schedules.kill(text)
    if type(kill) == "string" then kills = kill else entries[#entries + 1] = kill end
  end
  return schedules.new(entries, kills, given.seed)
end

--- Namespaces that a runbook names in its `allow`.
local function named_by(book)
  local out, seen = {}, {}
  for _, category in ipairs { "k8s", "helm" } do
    local patterns = book.allow and book.allow[category]
    for _, name in ipairs(type(patterns) == "table" and patterns or {}) do
      if type(name) == "string" and name:find "^[%l%d][%l%d%-]*$" and not seen[name] then
        seen[name] = true
        out[#out + 1] = name
      end
    end
  end
  return out
end

--- What the cluster is a copy of: a snapshot's file, or what is read now.
local function copy_of(given, book, operator)
  local namespaces = given.namespace or named_by(book)
  if given.empty then return {}, nil, namespaces end
  if given.snapshot then
    local objects, header = snapshot_file.read(given.snapshot)
    return objects, header, header and header.namespaces or namespaces
  end
  operator:say "no --snapshot is given: what is there now is read, and nothing changed"
  local ok, header, objects = errors.try(require("almanac.snapshot.take").take, namespaces, function(text) operator:say(text) end)
  if ok then return objects, header, header.namespaces end
  header.hint = "where the cluster is reached: almanac snapshot -o FILE, and here: --snapshot FILE; or begin with nothing: --empty"
  error(header, 0)
end

local function source_of(given, header)
  if given.empty then return "an empty cluster" end
  if not header then return "a cluster with the objects of " .. given.snapshot end
  return string.format("a copy of %s as it was %s at %s", table.concat(header.namespaces, ", "), header.taken, header.server)
end

local function endpoint_url(name)
  local given = settings.endpoints[name]
  return type(given) == "table" and given.url or type(given) == "string" and given or nil
end

--- The endpoints of the rehearsal: Loki is the simulated one, and Prometheus, real or not, is asked through the stage,
--- which can silence it.
local function endpoints_of(stage)
  local out = { loki = stage.served.loki }
  local given = stage.prometheus and settings.endpoints.prometheus
  local copy = {}
  for key, value in pairs(type(given) == "table" and given or {}) do copy[key] = value end
  copy.url = stage.url .. "/prometheus"
  out.prometheus = copy
  return out
end

--- Refuses a module that has no effects.
local function check_real(given, book)
  local known = {}
  for _, name in ipairs(catalogue.names()) do known[name:match "^[^.]*"] = true end
  for name in pairs(book.script.definitions) do known[name:match "^[^.]*"] = true end
  for _, module in ipairs(given.real or {}) do
    if not known[module] then
      errors.raise {
        kind = "usage", message = string.format("--real %s: no effect is of that module%s", module, nearest.suffix(module, known)),
        hint = "one of " .. table.concat(param.sorted_names(known), ", "),
      }
    end
  end
end

--- What holds for the inside, whatever almanac.yaml and the command line say.
local function settings_of(stage, context, copy, header, given)
  local vars, changed = lives.lead(settings.vars, stage.served.devnet)
  return {
    vars = changed and vars or nil,
    kubeconfig = stage.kubeconfig, context = context, store = stage.directory .. "/journal", endpoints = endpoints_of(stage),
    hooks = {}, approval = {}, windows = json.array {}, freezes = json.array {},
    rehearsal = {
      copy = copy, snapshot = header and header.digest, faults = json.array(given.fault or {}), seed = given.seed,
      kill = given.kill and table.concat(given.kill, ", "), real = json.array(given.real or {}),
      numbers = not stage.prometheus and "simulated" or nil,
    },
  }
end

--- Makes the directory of a rehearsal. The kubeconfig of its run lies there: nobody else may put one in its place, nor a
--- directory above it.
---@return string path
local function make_directory(name)
  local above = settings.store .. "/rehearsals"
  fs.keep_directory(settings.store)
  fs.keep_directory(above)
  local id = runs.new_id(name, function(drawn) return fs.exists(above .. "/" .. drawn) end)
  fs.keep_directory(above .. "/" .. id)
  return above .. "/" .. id
end

--- Opens the stage that the options ask for, and lets the copy come up.
local function open_stage(book, schedule, given, operator)
  local objects, header, namespaces = copy_of(given, book, operator)
  local directory = make_directory(book.name)
  local context = settings.context or header and header.context or "rehearsal"
  local url = endpoint_url "prometheus"
  local is_http = url and url:find "^https?://"
  local stage = stages.open {
    objects = objects, header = header, namespaces = namespaces, schedule = schedule, directory = directory, context = context,
    namespace = namespaces[1] or "default", prometheus = is_http and url:gsub("/+$", "") or nil,
    in_cluster = not is_http and url or nil, answers = given.prom and numbers.read(given.prom) or nil,
    report = function(text) operator:say("! " .. text) end,
  }
  local copy = source_of(given, header)
  operator:say(telling.introduction(stage, header, copy, given, stage:settle()))
  return stage, settings_of(stage, context, copy, header, given)
end

--- The plan of a file, which is to be one of this runbook.
local function plan_of(given, book)
  if not given.plan then return nil end
  local plan = plan_file.read(given.plan)
  if plan.runbook == book.name then return plan end
  errors.raise { kind = "usage", message = string.format("--plan %s: it is a plan of %s, not of %s", given.plan, plan.runbook, book.name),
    hint = string.format("make one: almanac plan %s … -o FILE", book.name) }
end

--- The rehearsal itself, with what takes it back where that was asked for.
---@return integer code
---@return integer? back
local function perform(life, name, words, given, operator)
  if given.planned then
    local why = life:plan(name, words)
    if why then operator:say("! " .. why) end
  end
  life.stage:begin()
  local code = life:run(name, words)
  return code, given.rollback and life:take_back() or nil
end

--- almanac rehearse RUNBOOK k=v…
---@param name string
---@param words string[]  key=value
---@param given table     options
---@param operator almanac.Operator
---@return integer exit code
function M.run(name, words, given, operator)
  local book = runbook.load(name)
  local schedule = schedule_of(given)
  check_real(given, book)
  local plan = plan_of(given, book)
  lives.environment(given.env, "")
  if given.edit then lives.edited(given.edit) end -- refused before anything is begun
  local stage, held = children.within(book.pass_env, open_stage, book, schedule, given, operator)
  local life = lives.new {
    stage = stage, scene = { yes = given.yes, real = json.array(given.real or {}), settings = held,
      parent = process.pid() },
    path = stage.directory .. "/scene.json", script = book.path, given = given, operator = operator,
  }
  life:hold_against(plan)
  local signalled = life:hand_on_signals()
  local ok, code, back = errors.try(perform, life, name, words, given, operator)
  signalled:cancel()
  if ok then
    local difference = stage:difference()
    life:record("rehearsal.cluster", difference)
    local stands = life:standing()
    operator:say(telling.conclusion(stage, stands, code, back,
      { copy = difference, planned = life:beside_plan(), irreversible = life:irreversible(stands) }))
  end
  stage:close()
  fs.remove(life.path)
  if not ok then error(code, 0) end
  operator.begun = true
  return back or code
end

return M
