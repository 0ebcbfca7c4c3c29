-- A run as the live view meets it: events of a rollout with many gates, and frames of it without a process.
local frames = require "almanac.render.live.frame"
local states = require "almanac.journal.state"
local views = require "almanac.render.live.view"

local M = {}

local Scene = {}
Scene.__index = Scene

local GATES = { "node head advances", "node head lag", "finality", "RPC errors", "RPC p95", "RPC p99", "gamma moves", "fairness",
  "mix ratio", "mempool ready", "mempool size", "mempool rejections", "peers", "P2P drops", "backpressure", "DA sampling",
  "DA proofs", "beacon", "VDF failures", "VDF p95", "AICF timeouts", "AICF assigned", "AICF completed", "AICF SLA", "slashing",
  "explorer 5xx", "explorer websockets" }
M.GATES = GATES

function M.new()
  return setmetatable({ state = states.new(), view = views.new(), now_ms = 0, output = {} }, Scene)
end

--- An event, so many seconds after the one before.
function Scene:tell(seconds, kind, path, data)
  self.now_ms = self.now_ms + math.floor(seconds * 1000)
  states.apply(self.state, { kind = kind, path = path, data = data or {}, time_ms = self.now_ms })
end

--- The lines of a frame now.
function Scene:lines(width, rows, spin)
  local lines, facts = frames.lines({
    state = self.state, runbook = "rollout", environment = "devnet", cluster = "kind-devnet", now_ms = self.now_ms,
    spin = spin or 0, color = false, keys = true, known = self.known, output = self.output,
  }, self.view, { width = width, rows = rows })
  self.known = facts
  return lines
end

function Scene:frame(width, rows)
  return table.concat(self:lines(width, rows), "\n") .. "\n"
end

--- Keys, with a frame after each.
function Scene:press(...)
  for _, key in ipairs { ... } do
    self.view:press(key)
    self:lines(80, 23)
  end
end

--- A sample of a gate.
function Scene:sample(name, value, ok, held)
  self:tell(0, "gate.sample", "gates/" .. name, { time = self.now_ms / 1000, value = value, ok = ok, held = held })
end

--- A rollout whose gates are watched for so many seconds.
function M.rollout(seconds)
  local scene = M.new()
  scene:tell(1, "run.start", "", { runbook = "rollout", params = {} })
  for _, name in ipairs { "read the current release", "preflight" } do
    scene:tell(1, "step.start", name)
    scene:tell(2, "step.done", name, { elapsed_ms = 2000 })
  end
  scene:tell(0, "step.start", "upgrade the release")
  scene:tell(0, "effect.intent", "upgrade the release", { id = "1", op = "helm.upgrade", title = "helm upgrade animica-devnet" })
  scene:tell(31, "effect.outcome", "upgrade the release", { id = "1", op = "helm.upgrade", ok = true })
  scene:tell(0, "step.done", "upgrade the release", { elapsed_ms = 31000 })
  scene:tell(0, "step.start", "gates")
  for i, name in ipairs(GATES) do
    scene:tell(0, "step.start", "gates/" .. name)
    scene:tell(0, "gate.start", "gates/" .. name, { op = "<", limit = 10 * i, hold = 60, interval = 5, query = "q" .. i })
  end
  for second = 0, seconds, 5 do
    for i, name in ipairs(GATES) do scene:sample(name, i + second % 15, true, second) end
    scene.now_ms = scene.now_ms + 5000
  end
  scene.now_ms = scene.now_ms - 4000
  return scene
end

return M
