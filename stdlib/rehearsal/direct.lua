--- Directing a rehearsal: the stage is set, the runbook runs on it in a process of its own, which is killed and gone on
--- with as was asked for, and in the end it is said what happened.
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local faults = require "almanac.sim.world.faults"
local fs = require "native.fs"
local json = require "native.json"
local moments = require "almanac.rehearsal.moment"
local process = require "native.process"
local runbook = require "almanac.script.runbook"
local runs = require "almanac.journal.run"
local schedules = require "almanac.rehearsal.schedule"
local sh = require "native.sh"
local shell_word = require "almanac.base.shell_word"
local signals = require "native.signals"
local snapshot_file = require "almanac.snapshot.file"
local settings = require "almanac.config.settings"
local source = require "almanac.base.source"
local stages = require "almanac.rehearsal.stage"
local task = require "native.task"

local M = {}

local EXIT = { done = 0, failed = 1, undone = 4 }
local ROUNDS = 1000 -- kills of one rehearsal

---@class almanac.RehearsalMark  in the journal of a run that is a rehearsal
---@field copy string      of what its cluster is a copy
---@field snapshot string? digest
---@field faults string[]
---@field kill string?
---@field seed integer
---@field real string[]    modules of effects that were made all the same

-- Setting the stage --------------------------------------------------------------------------------

--- The schedule that the options ask for.
local function schedule_of(given)
  local entries, kills = {}, nil
  for _, text in ipairs(given.fault or {}) do
    local entry = schedules.fault(text)
    if entry.what == "fault" then
      local ok, why = faults.parse(entry.name)
      if not ok then
        errors.raise { kind = "usage", message = why, hint = "outages: api-down, prom-silent, loki-silent; WHEN stands behind @" }
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
  local ok, header, objects = errors.try(require("almanac.snapshot.take").take, namespaces)
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

--- The endpoints of the rehearsal: Loki is the simulated one, and a Prometheus that is reached by HTTP is asked through
--- the stage, which can silence it.
local function endpoints_of(stage)
  local out = { loki = stage.served.loki }
  if stage.prometheus then
    local given = settings.endpoints.prometheus
    local copy = {}
    for key, value in pairs(type(given) == "table" and given or {}) do copy[key] = value end
    copy.url = stage.url .. "/prometheus"
    out.prometheus = copy
  end
  return out
end

local function write_scene(stage, path, scene)
  scene.control, scene.token, scene.steps = stage.url, stage.token, stage.schedule:needs_steps()
  fs.write(path, json.encode(scene), { mode = 384 })
end

-- Running ------------------------------------------------------------------------------------------

--- Options of the command line that are the inside's, too.
local function passed_on(given)
  local out = {}
  for _, name in ipairs { "config", "environment", "helm" } do
    if given[name] then table.move({ "--" .. name, given[name] }, 1, 2, #out + 1, out) end
  end
  for _, name in ipairs { "json", "plain", "no_ask" } do
    if given[name] then out[#out + 1] = "--" .. name:gsub("_", "-") end
  end
  return out
end

--- Hands a TERM on: a terminal's Ctrl-C has reached the inside already.
local function hand_on_signals(stage)
  return task.spawn(function()
    while true do
      local name = signals.wait()
      if name == "TERM" and stage.child then errors.try(stage.child.kill, stage.child, name) end
    end
  end)
end

--- One life of the inside, to its end.
---@return integer code  -1: it was killed
local function live(stage, scene_path, words)
  stage.killed = false
  stage.child = sh.start {
    argv = { process.exe(), "rehearsed", scene_path, table.unpack(words) }, foreground = true, keep_env = { "*" },
    who = "almanac rehearse",
    env = { KUBECONFIG = stage.kubeconfig, KUBERNETES_SERVICE_HOST = false, KUBERNETES_SERVICE_PORT = false, ALMANAC_FAULT = false },
  }
  local result = task.with({ shield = "cancel" }, stage.child.wait, stage.child)
  stage.child = nil
  return result.code or -1
end

---@class almanac.rehearsal.Standing
---@field run string      the run that is rehearsed
---@field status string   of it
---@field goes_on string  what is resumed: the run, or what takes it back

--- How the rehearsed run stands; nil: it did not begin.
---@return almanac.rehearsal.Standing?
local function standing(store)
  if not fs.exists(store) then return nil end
  local journal <close> = require("native.journal").open { dir = store, mode = "ro" }
  local first, last
  for _, row in ipairs(journal:runs()) do
    local meta = json.decode(row.meta)
    if not meta.caller then
      last = last or row.id
      if not meta.undoes then first = row.id end
    end
  end
  return first and { run = first, status = require("almanac.journal.state").status(journal, first), goes_on = last } or nil
end

--- Runs the runbook to its end, over its kills and its edit.
local function run_through(stage, scene_path, scene, book, words, given, operator)
  local code = live(stage, scene_path, words)
  local edit = given.edit
  for _ = 1, ROUNDS do
    local stands = standing(scene.settings.store)
    local stopped = not stage.killed and edit and stands and stands.status ~= "done"
    if not stands or not stage.killed and not stopped then break end
    if edit then
      scene.files = { [book.path] = fs.read(edit) }
      write_scene(stage, scene_path, scene)
      operator:say(stage:tell(string.format("%s takes the place of %s", edit, book.path)))
      edit = nil
    end
    operator:say(string.format("✂ %s; going on with %s", stage.killed and "killed" or "stopped", stands.goes_on))
    local again = { "resume", stands.goes_on }
    table.move(passed_on(given), 1, #passed_on(given), 3, again)
    if given.in_doubt then table.move({ "--in-doubt", given.in_doubt }, 1, 2, #again + 1, again) end
    code = live(stage, scene_path, again)
  end
  local stands = standing(scene.settings.store)
  if code == EXIT.done and stands and stands.status == "undone" then return EXIT.undone end -- by a rollback that was killed
  return code
end

-- Telling ------------------------------------------------------------------------------------------

local function introduce(stage, source_text, given, operator, left)
  local out = { "REHEARSAL: nothing outside of it is changed", "  cluster:    " .. source_text }
  if #left > 0 then out[#out + 1] = "  not up:     " .. table.concat(left, ", ") end
  for _, one in ipairs(stage.served.cluster.restored.left_out) do out[#out + 1] = "  left out:   " .. one.object .. ": " .. one.why end
  local url = endpoint_url "prometheus"
  out[#out + 1] = "  prometheus: " .. (stage.prometheus and url .. ", the real one: its numbers are of the real cluster"
    or url and url .. " is asked as it stands: what it names in the cluster is the copy's" or "none: gates have no data")
  out[#out + 1] = "  loki:       simulated"
  out[#out + 1] = "  effects:    of k8s and helm on the copy"
    .. (given.real and "; real: " .. table.concat(given.real, ", ") or "") .. "; all others are previewed"
  for _, entry in ipairs(stage.schedule.entries) do
    out[#out + 1] = string.format("  %s %s %s", entry.what == "kill" and "kill:      " or "fault:     ",
      entry.what == "kill" and "the run" or entry.name, moments.text(entry.when))
  end
  if stage.schedule.kills then out[#out + 1] = string.format("  kill:       %s, seed %d", stage.schedule.kills, given.seed) end
  operator:say(table.concat(out, "\n"))
end

local VERDICTS = { [0] = "it would be done", [1] = "it would fail", [2] = "it would be refused", [3] = "it would wait for an answer",
  [4] = "it would fail and be undone", [130] = "it was interrupted" }

local function conclude(stage, code, store, operator)
  local out = {}
  local stands = standing(store)
  local verdict = VERDICTS[code] or "it ended with " .. tostring(code)
  out[#out + 1] = string.format("REHEARSAL: %s%s", verdict, stands and " (" .. stands.status .. ")" or "")
  for _, entry in ipairs(stage.story) do
    out[#out + 1] = string.format("  %6s  %s", duration.format(math.floor(entry.seconds)), entry.text)
  end
  for _, entry in ipairs(stage.schedule:missed()) do
    out[#out + 1] = string.format("! %s was to come %s, and did not", entry.name, moments.text(entry.when))
  end
  if stands then
    out[#out + 1] = string.format("  report:  almanac report %s --store %s -o rehearsal.html", stands.run, shell_word.plain(store))
    out[#out + 1] = "  requests to the simulated API: " .. stage.directory .. "/requests.jsonl"
  end
  operator:say(table.concat(out, "\n"))
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
  if given.edit and not source.file(given.edit, false) then errors.usage("--edit %s: there is no such file", given.edit) end
  local objects, header, namespaces = copy_of(given, book, operator)
  local directory = string.format("%s/rehearsals/%s", settings.store, runs.new_id(book.name))
  fs.mkdir(directory)
  local url = endpoint_url "prometheus"
  local stage = stages.open {
    objects = objects, header = header, namespaces = namespaces, schedule = schedule, directory = directory,
    context = settings.context or header and header.context or "rehearsal", namespace = namespaces[1] or "default",
    prometheus = url and url:find "^https?://" and url:gsub("/+$", "") or nil, report = function(text) operator:say("! " .. text) end,
  }
  local store = directory .. "/journal"
  local text = source_of(given, header)
  local scene = {
    yes = given.yes, real = json.array(given.real or {}), settings = {
      kubeconfig = stage.kubeconfig, context = settings.context or header and header.context or "rehearsal", store = store,
      endpoints = endpoints_of(stage), hooks = {}, approval = {}, windows = json.array {}, freezes = json.array {},
      rehearsal = {
        copy = text, snapshot = header and header.digest, faults = json.array(given.fault or {}), seed = given.seed,
        kill = given.kill and table.concat(given.kill, ", "), real = json.array(given.real or {}),
      },
    },
  }
  local scene_path = directory .. "/scene.json"
  write_scene(stage, scene_path, scene)
  introduce(stage, text, given, operator, stage:settle())
  local signalled = hand_on_signals(stage)
  stage:begin()
  local first = { "run", name, table.unpack(words) }
  table.move(passed_on(given), 1, #passed_on(given), #first + 1, first)
  if given.params then table.move({ "--params", given.params }, 1, 2, #first + 1, first) end
  local ok, code = errors.try(run_through, stage, scene_path, scene, book, first, given, operator)
  signalled:cancel()
  if ok then conclude(stage, code, store, operator) end
  stage:close()
  if not ok then error(code, 0) end
  operator.begun = true
  return code >= 0 and code or EXIT.failed
end

return M
