-- From DIR/finished and the journal's lines (DIR/log): the median and the 99th percentile of the
-- milliseconds from a Deployment's event to its verdict. almanac lua tests/bench/rollout_delays.lua DIR
local dir = ...
local fs = require "native.fs"
local json = require "native.json"

local sent, delays = {}, {}
for name, at in fs.read(dir .. "/finished"):gmatch "(%S+) (%d+)\n" do sent[name] = tonumber(at) end
for line in fs.read(dir .. "/log"):gmatch "[^\n]+" do
  local event = json.decode(line)
  local name = event.kind == "step.done" and (event.path or ""):match "^all/(.*)$"
  if name then delays[#delays + 1] = event.time_ms - sent[name] end
end
table.sort(delays)
local function at(share) return delays[math.max(1, math.ceil(share * #delays))] end
require("native.terminal").write(1, ("%d %d %d\n"):format(#delays, at(0.5), at(0.99)))
