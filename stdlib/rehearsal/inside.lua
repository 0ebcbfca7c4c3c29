--- The inside of a rehearsal: the process that runs the runbook. It has settings of the stage, whatever almanac.yaml and
--- the command line say, stand-ins for its effects, and tells the stage where it is; which may answer that it dies here.
local config = require "almanac.config.file"
local definitions = require "almanac.run.definitions"
local errors = require "almanac.base.errors"
local interrupt = require "almanac.base.interrupt"
local json = require "native.json"
local stand_in = require "almanac.rehearsal.stand_in"
local step = require "almanac.run.step"
local task = require "native.task"

local M = {}

local Inside = {}
Inside.__index = Inside

local FOREVER = 3600 -- seconds

---@class almanac.rehearsal.Scene  what the stage hands to the inside, in a file
---@field control string  URL
---@field token string
---@field settings table  that hold
---@field real string[]
---@field steps boolean   it wants to know when steps begin
---@field plan table?     what happens is held against it
---@field yes boolean?    questions are answered by what lets the run go on
---@field files table<string, string>?  texts that stand for files: of a runbook that was edited

--- Tells the stage something, and gives what it answers. An order is waited for, and so can be interrupted.
local function tell(self, path, message)
  local shield = path ~= "/orders" and "cancel" or nil
  local ok, response = errors.try(task.with, { permit = "read", shield = shield }, require("native.http").request, {
    who = "almanac rehearse", method = "POST", url = self.scene.control .. path, body = json.encode(message), timeout = FOREVER,
    read = true, headers = { Authorization = "Bearer " .. self.scene.token, ["Content-Type"] = "application/json" },
  })
  if ok and response.status == 200 then return json.decode(response.body) end
  if not ok and interrupt.of(response) then error(response, 0) end
  errors.raise { kind = "refused", message = "the stage of this rehearsal is gone, and so is its cluster",
    hint = "rehearse anew: almanac rehearse RUNBOOK" }
end

--- Leaves the terminal as a program leaves it that is not killed, and waits for the end.
local function die(self, run)
  local operator = run and run.operator
  if operator and operator.renderer then operator.renderer:suspend() end
  tell(self, "/dying", {})
end

local function obey(self, answer, run)
  for _, text in ipairs(answer.say or {}) do
    if run then run:record("rehearsal", "", { text = text }) end
  end
  if answer.die then die(self, run) end
end

--- An effect was begun, or has taken place and its outcome is not journalled yet.
function Inside:point(stage, name, ctx)
  local frame = step.current()
  local answer = tell(self, "/point", { what = stage, id = ctx.id, op = name, path = frame and frame.path })
  obey(self, answer, frame and frame.run)
end

--- Orders that come by the clock.
local function take_orders(self, run)
  while true do obey(self, tell(self, "/orders", {}), run) end
end

--- What is watched from this event on; nil: nothing.
local function gates_of(event)
  local data = event.data
  if event.kind == "guard.start" then return json.array(data.gates) end
  if event.kind ~= "gate.start" then return nil end
  return json.array { { name = event.path:match "[^/]+$", query = data.query, op = data.op, limit = data.limit, critical = data.critical } }
end

--- Sees a run that is driven here.
---@param run almanac.Run
function Inside:watch(run)
  if self.orders then self.orders:cancel() end
  local orders = task.spawn(function() errors.try(take_orders, self, run) end)
  self.orders = orders
  run:observe(function(event)
    if event.kind == "run.end" and not event.run then orders:cancel() end
    if event.kind == "run.start" and not event.run and self.scene.plan and not run.meta.undoes then
      run:record("rehearsal.plan", "", self.scene.plan)
    end
    local gates = gates_of(event)
    if gates then tell(self, "/gates", gates) end
    if event.kind == "canary.asks" then tell(self, "/canary", event.data) end
    if event.kind == "step.start" and self.scene.steps then
      obey(self, tell(self, "/point", { what = "step", path = event.path }), run)
    end
  end)
end

--- What lets a run go on, of what may be answered.
local function affirmative(choices)
  for _, wanted in ipairs { "yes", "go on", "redo", "stop" } do
    for _, choice in ipairs(choices) do
      if choice == wanted then return choice end
    end
  end
  return choices[1]
end

--- A question as it is said, of one line or several, and its answer behind it.
local function answered(question, answer)
  local lines = type(question) == "table" and table.move(question, 1, #question, 1, {}) or { question }
  lines[1] = "? " .. lines[1]
  lines[#lines] = string.format("%s %s (--yes)", lines[#lines], answer)
  return lines
end

--- Has the operator's runs seen, and where that was asked for his questions answered.
---@param operator almanac.Operator
function Inside:accompany(operator)
  operator.watcher = function(run) self:watch(run) end
  operator.stage = not self.starts_programs and "a rehearsal" or nil
  if not self.scene.yes then return end
  operator.answers = function(question, choices)
    local answer = affirmative(choices)
    operator:say(answered(question, answer))
    return answer
  end
end

--- Enters the rehearsal of a file. From now on nothing outside of it can be changed from this process.
---@param path string
---@return almanac.rehearsal.Inside
function M.enter(path)
  local scene = json.decode(require("native.fs").read(path))
  require("native.signals").follow(scene.parent)
  local self = setmetatable({ scene = scene }, Inside)
  config.pin(scene.settings)
  local real = {}
  for _, module in ipairs(scene.real) do real[module] = true end
  definitions.use_catalogue(stand_in.catalogue(require "almanac.session.catalogue", self, real))
  self.starts_programs = real.sh
  for name, text in pairs(scene.files or {}) do require("almanac.base.source").put(name, text) end
  return self
end

return M
