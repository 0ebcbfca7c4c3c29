-- A recording of the devnet's rollout at 80x24 in which a gate turns bad: the bad one is on screen in every frame
-- from then on. build/rollout.cast is the recording (asciinema play).
local devnet = require "tests.devnet"
local process = require "native.process"
local ptys = require "tests.pty"
local screens = require "tests.screen"
local json = require "native.json"
local t = require "tests.harness"

local GATE = "peers"

--- The frames of a recording.
local function frames_of(cast)
  local header, events = cast:match "^([^\n]*)\n(.*)$"
  header = json.decode(header)
  local screen = screens.new(header.width, header.height)
  for line in events:gmatch "[^\n]+" do screen:write(json.decode(line)[3]) end
  return screen.frames
end

local function is_bad(line)
  return line:find("! " .. GATE, 1, true) or line:find("✗ " .. GATE, 1, true)
end

t.test("a gate that turns bad is in sight in every frame from then on", function()
  local world = devnet.start { prometheus = true }
  local pty = ptys.open({ width = 80, height = 24 }, devnet.almanac .. " run rollout tag=" .. devnet.new .. " observe=8s --no-ask",
    { cwd = world.dir, env = world.env })
  pty:wait "27 of 27 held"
  world:fault { "low-peers" }
  t.eq(pty:ended(), 1)
  local cast = pty:cast()
  t.write_file((process.getenv "ALMANAC_BUILD" or "build") .. "/rollout.cast", cast)
  local frames, first, bad = frames_of(cast), nil, 0
  for i, frame in ipairs(frames) do
    local seen = false
    for _, line in ipairs(frame) do seen = seen or is_bad(line) ~= nil end
    if seen then first, bad = first or i, bad + 1 end
    if first then t.ok(seen, "frame " .. i .. " of " .. #frames .. " does not show it:\n" .. table.concat(frame, "\n")) end
  end
  t.ok(first and first > 10 and bad > 10, string.format("%d frames, %d of them bad", #frames, bad))
end)
