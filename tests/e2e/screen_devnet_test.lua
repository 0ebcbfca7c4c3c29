-- The devnet's own rollout, with its gates, on the screens of terminals: wide, narrow, one that becomes narrower
-- while it runs, and one that only prints. No line is left behind, and none is wider than the screen.
local columns = require "almanac.base.columns"
local devnet = require "tests.devnet"
local t = require "tests.harness"
local tmux = require "tests.tmux"

local HEIGHT = 120 -- so high that what is left behind stays on the screen
local world, tags -- a world for each case, another tag for each rollout

--- The line of the shell that rolls out a tag that is not there yet.
local function rollout()
  tags = tags + 1
  return string.format("%s run rollout tag=v0.6.%d-a1b2c3d observe=1s", devnet.almanac, tags)
end

local function open(width, env)
  local line = rollout()
  local all = { NO_COLOR = false }
  for _, more in ipairs { world.env, env or {} } do
    for name, value in pairs(more) do all[name] = value end
  end
  return tmux.open({ width = width, height = HEIGHT }, line, { cwd = world.dir, env = all })
end

--- What is wrong with what the screen shows; nil when it is a tree with each of its lines once.
---@return string? wrong
---@return integer lines of the tree
local function look(terminal)
  local seen, count = {}, 0
  local lines = terminal:lines()
  local shown = table.concat(lines, "\n")
  for _, line in ipairs(lines) do
    if columns.of(line) > terminal.width then return "wider than the screen: " .. line .. "\n" .. shown, count end
    local indent, rest = line:match "^( *)[\x80-\xff]+ (%w.*)"
    if line:find "^ *↳ " then rest = nil end -- a printed line goes on there
    local name = rest and (rest:match "^(.-)  " or rest:match "^[^…]+")
    if name and name:find("…", 1, true) then
      count = count + 1 -- cut, it may be the beginning of several
    elseif name then
      local key = indent .. name
      if seen[key] then return "left behind: " .. line .. "\n" .. shown, count end
      seen[key], count = true, count + 1
    end
  end
  return nil, count
end

--- The same of a frame that is whole: the terminal may have been looked at while it was being written.
local function look_steadily(terminal)
  local wrong, count
  for _ = 1, 3 do
    wrong, count = look(terminal)
    if not wrong then break end
  end
  return wrong, count
end

--- Looks until the rollout ends. A terminal that becomes narrower breaks what it shows itself, until the next frame.
---@param narrower? integer  the width that it has from when the gates are watched on
local function watch(terminal, narrower)
  local looks, settling = 0, false
  t.eventually("the rollout ends", function()
    local wrong, count = look_steadily(terminal)
    if wrong and not settling then error({ assertion = wrong }, 0) end
    if not wrong then settling = false end
    if not wrong and count > 3 then looks = looks + 1 end
    if narrower and count > 20 then
      terminal:resize(narrower)
      narrower, settling, looks = nil, true, 0
    end
    return terminal:ended()
  end, 90)
  local wrong, count = look_steadily(terminal)
  t.eq(wrong, nil)
  t.eq(terminal:ended(), 0, table.concat(terminal:lines(), "\n"))
  t.ok(looks > 2 and count > 20 and not narrower, looks .. " looks while it ran, " .. count .. " lines in the end")
end

local function test(name, fn)
  t.test(name, function()
    world, tags = devnet.start { prometheus = true, history = 600 }, 0
    fn()
  end)
end

test("the rollout on terminals of 200, 80 and 40 columns", function()
  for _, width in ipairs { 200, 80, 40 } do watch(open(width)) end
end)

test("the rollout on terminals that become narrower while its gates are watched", function()
  for _, widths in ipairs { { 200, 80 }, { 200, 40 }, { 80, 30 } } do watch(open(widths[1]), widths[2]) end
end)

test("the rollout on a terminal that only prints", function()
  local terminal = open(80, { TERM = "dumb" })
  t.eventually("the rollout ends", function() return terminal:ended() end, 90)
  t.eq(terminal:ended(), 0)
  local ends = {}
  for _, line in ipairs(terminal:lines { above = true }) do
    local name = line:match "^[%d:]+ ✓ no critical alerts/gates/([^/]+)$" or line:match "^[%d:]+ ✓ no critical alerts/gates/([^/]-)  "
    if name then ends[name] = (ends[name] or 0) + 1 end
  end
  local count = 0
  for name, times in pairs(ends) do
    count = count + 1
    t.eq(times, 1, name)
  end
  t.eq(count, 27, "gates that ended, each on a line of its own")
end)
