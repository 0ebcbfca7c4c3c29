--- The lives of the inside of a rehearsal: each is a process, which runs the runbook, goes on with it, or takes it back, and
--- may be killed.
local errors = require "almanac.base.errors"
local events = require "almanac.journal.event"
local family = require "almanac.journal.family"
local fs = require "native.fs"
local json = require "native.json"
local library_file = require "almanac.script.library_file"
local plan_file = require "almanac.run.plan.file"
local plans = require "almanac.render.plan"
local process = require "native.process"
local rows = require "almanac.journal.row"
local sh = require "native.sh"
local signals = require "native.signals"
local states = require "almanac.journal.state"
local taken_back = require "almanac.journal.taken_back"
local task = require "native.task"

local M = {}

local Lives = {}
Lives.__index = Lives

local DONE, UNDONE, FAILED = 0, 4, 1 -- exit codes
local ROUNDS = 1000                  -- kills of one rehearsal

---@class almanac.rehearsal.LivesOptions
---@field stage table
---@field scene table       of almanac.rehearsal.Scene
---@field path string       of the scene's file
---@field script string     path of the runbook
---@field given table       options of the command line
---@field operator almanac.Operator

---@param o almanac.rehearsal.LivesOptions
function M.new(o) return setmetatable(o, Lives) end

--- Writes down what the next life finds.
function Lives:write_scene()
  local stage = self.stage
  self.scene.control, self.scene.token, self.scene.steps = stage.url, stage.token, stage.schedule:needs_steps()
  fs.keep(self.path, json.encode(self.scene))
end

--- Hands a TERM on, as long as the rehearsal goes: a terminal's Ctrl-C has reached the inside already.
---@return table handle
function Lives:hand_on_signals()
  return task.spawn(function()
    while true do
      local name, child = signals.wait(), self.stage.child
      if name == "TERM" and child then errors.try(child.kill, child, name) end
    end
  end)
end

local SHOWN = { "json", "plain", "no_ask" }

--- Options of the command line that are the inside's, too.
---@param given table
---@param flags string[]  of those without a value
local function passed_on(given, flags)
  local out = {}
  for _, name in ipairs { "config", "environment", "helm" } do
    if given[name] then table.move({ "--" .. name, given[name] }, 1, 2, #out + 1, out) end
  end
  for _, name in ipairs(flags) do
    if given[name] then out[#out + 1] = "--" .. name:gsub("_", "-") end
  end
  return out
end

local OWN = { KUBECONFIG = true, KUBERNETES_SERVICE_HOST = true, KUBERNETES_SERVICE_PORT = true, ALMANAC_FAULT = true }

--- A value with the copy's URL in place of each {copy}.
---@generic T
---@param value T
---@param copy string  URL of what the copy's pods serve
---@return T
---@return boolean changed
function M.lead(value, copy)
  if type(value) == "string" then
    local led, count = value:gsub("{copy}", (copy:gsub("%%", "%%%%")))
    return led, count > 0
  end
  if type(value) ~= "table" then return value, false end
  local out, changed = {}, false
  for key, one in pairs(value) do
    local led, differs = M.lead(one, copy)
    out[key], changed = led, changed or differs
  end
  return changed and out or value, changed
end

--- The environment that a life has besides the operator's: what he says, and what leads into the copy. Raises kind "usage".
---@param given string[]?  NAME=VALUE
---@param copy string      URL of what the copy's pods serve
---@return table<string, string|false>
function M.environment(given, copy)
  local out = {}
  for _, text in ipairs(given or {}) do
    local name, value = text:match "^([%a_][%w_]*)=(.*)$"
    if not name then errors.usage("--env %s: NAME=VALUE", text) end
    if OWN[name] then errors.usage("--env %s: the rehearsal sets it, so that nothing leads out of it", name) end
    out[name] = M.lead(value, copy)
  end
  return out
end

--- One life, to its end.
---@param words string[]
---@param flags? string[]  that it knows, of the command line's
---@return integer code
local function live(self, words, flags)
  local stage = self.stage
  local argv = { process.exe(), "rehearsed", self.path, table.unpack(words) }
  for _, word in ipairs(passed_on(self.given, flags or SHOWN)) do argv[#argv + 1] = word end
  stage.killed = false
  local env = M.environment(self.given.env, stage.served.devnet)
  for name in pairs(OWN) do env[name] = false end
  env.KUBECONFIG = stage.kubeconfig
  stage.child = sh.start { argv = argv, foreground = true, keep_env = { "*" }, who = "almanac rehearse", env = env }
  local result = task.with({ shield = "cancel" }, stage.child.wait, stage.child)
  stage.child = nil
  return result.code or FAILED
end

---@class almanac.rehearsal.Standing
---@field run string      the run that is rehearsed
---@field status string   of it
---@field goes_on string  what is resumed: the run, or what takes it back
---@field unkept string[]? parameters that it was given and no journal keeps

--- How the rehearsed run stands; nil: it did not begin.
---@return almanac.rehearsal.Standing?
function Lives:standing()
  local store = self.scene.settings.store
  if not fs.exists(store) then return nil end
  local journal <close> = require("native.journal").open { dir = store, mode = "ro" }
  local first, last, unkept
  for _, row in ipairs(journal:runs()) do
    local meta = rows.meta(row)
    if not meta.caller then
      last = last or row.id
      if not meta.undoes then first, unkept = row.id, meta.unkept end
    end
  end
  return first and { run = first, status = states.status(journal, first), goes_on = last, unkept = unkept } or nil
end

--- What nothing took back of the rehearsed run, where it was taken back.
---@param stands almanac.rehearsal.Standing?
---@return string[] titles
function Lives:irreversible(stands)
  local titles = {}
  if not stands then return titles end
  local journal <close> = require("native.journal").open { dir = self.scene.settings.store, mode = "ro" }
  for i, one in ipairs(taken_back.irreversible(states.load(journal, stands.run))) do titles[i] = one.title end
  return titles
end

--- Writes into the journal of the rehearsed run what only the stage knows.
---@param kind string
---@param data table
function Lives:record(kind, data)
  local stands = self:standing()
  if not stands then return end
  local journal <close> = require("native.journal").open { dir = self.scene.settings.store, mode = "rw" }
  events.append(journal, stands.run, kind, "", data)
end

--- What was planned, and what happened; nil: there is no plan, or no run.
---@return string[]? lines
function Lives:beside_plan()
  local stands, seen = self:standing(), {}
  if not stands or not self.scene.plan then return nil end
  local journal <close> = require("native.journal").open { dir = self.scene.settings.store, mode = "ro" }
  family.visit(journal, stands.run, function(event) seen[#seen + 1] = event end)
  local out = {}
  for line in plans.outcome(stands.run, stands.status, self.scene.plan, seen, false):gmatch "[^\n]+" do out[#out + 1] = line end
  return out
end

--- The text of the edited runbook. It runs as the runbook's own would, and nobody else may have written it.
---@param path string
---@return string
function M.edited(path)
  local text = library_file.text(path, false) or errors.usage("--edit %s: there is no such file", path)
  library_file.trust(path)
  return text
end

--- Puts the edited runbook in its place, once.
local function edit(self)
  local file = self.given.edit
  if not file or self.scene.files then return end
  self.scene.files = { [self.script] = M.edited(file) }
  self:write_scene()
  self.operator:say(self.stage:tell(string.format("%s takes the place of %s", file, self.script)))
end

--- Goes on where it was killed; once where it stopped, with the runbook that was edited; and once where that was asked for,
--- when what was to pass has passed.
local function goes_on(self)
  local stands = self:standing()
  if not stands then return nil end
  if self.stage.killed then return stands end
  if stands.status == "done" or stands.status == "undone" then return nil end
  if self.given.edit and not self.scene.files then return stands end
  if not self.given.resume or self.resumed then return nil end
  self.resumed = true
  self.stage:wait_out()
  return stands
end

--- A command about the runbook, or its run, with the file of parameters that was given.
local function command(self, verb, name, words)
  local out = { verb, name, table.unpack(words) }
  if self.given.params then table.move({ "--params", self.given.params }, 1, 2, #out + 1, out) end
  return out
end

--- A command that goes on with the run, or takes it back, with what no journal keeps of what it was given.
---@param verb string
---@param id string
---@param stands almanac.rehearsal.Standing
---@return string[] words
local function again_words(self, verb, id, stands)
  local is_unkept, words = {}, {}
  for _, name in ipairs(stands.unkept or {}) do is_unkept[name] = true end
  for _, word in ipairs(self.words or {}) do
    if is_unkept[word:match "^([^=]*)="] then words[#words + 1] = word end
  end
  return command(self, verb, id, words)
end

--- Runs a command of the inside to its end, over its kills and its edit.
---@param words string[]
---@return integer code
function Lives:through(words)
  local code = live(self, words)
  for _ = 1, ROUNDS do
    local stands = goes_on(self)
    if not stands then break end
    self.operator:say(string.format("✂ %s; going on with %s", self.stage.killed and "killed" or "stopped", stands.goes_on))
    edit(self)
    local again = again_words(self, "resume", stands.goes_on, stands)
    if self.given.in_doubt then table.move({ "--in-doubt", self.given.in_doubt }, 1, 2, #again + 1, again) end
    code = live(self, again)
  end
  return code
end

--- Makes a plan on the copy, which what happens is held against.
---@param name string of the runbook
---@param words string[] key=value
---@return string? why there is none
function Lives:plan(name, words)
  local path = self.stage.directory .. "/plan.json"
  local argv = command(self, "plan", name, words)
  table.move({ "--out", path }, 1, 2, #argv + 1, argv)
  live(self, argv, {})
  if not fs.exists(path) then return "no plan could be made on the copy" end
  self:hold_against(plan_file.read(path))
end

--- Has what happens held against a plan.
---@param plan table
function Lives:hold_against(plan)
  self.scene.plan = plan
  self:write_scene()
end

--- The run, from its first step to its end.
---@param name string of the runbook
---@param words string[] key=value
---@return integer code
function Lives:run(name, words)
  self.words = words
  local first = command(self, "run", name, words)
  local code = self:through(first)
  local stands = self:standing()
  if code == DONE and stands and stands.status == "undone" then return UNDONE end -- by a rollback that was killed
  return code
end

--- Takes the run back, where it did something and is not taken back.
---@return integer? code
function Lives:take_back()
  local stands = self:standing()
  if not stands or stands.status == "undone" then return nil end
  return self:through(again_words(self, "rollback", stands.run, stands))
end

return M
