--- The live tree on a terminal: redrawn in place while the run goes on.
local columns = require "almanac.base.columns"
local errors = require "almanac.base.errors"
local process = require "native.process"
local state = require "almanac.journal.state"
local task = require "native.task"
local terminal = require "almanac.base.terminal"
local tree = require "almanac.render.tree"

local M = {}

local FRAME_SECONDS = 0.1
--- A frame larger than this is never drawn: reading it would take longer than the frame lasts.
local HEIGHT_MAX = 60

local Live = {}
Live.__index = Live

--- The tree shows what was done before, too.
Live.wants_all = true

---@param run almanac.Run
---@param options? { passing: boolean }  passing: nothing is left of the tree in the end
function M.new(run, options)
  return setmetatable({
    run = run, state = state.new(), drawn = {}, width = 0, spin = 0, pending = {}, color = not process.getenv "NO_COLOR",
    passing = options and options.passing,
  }, Live)
end

function Live:event(event)
  state.apply(self.state, event)
  if event.kind == "said" then self:above("· " .. terminal.hanging(event.data.text, "  ")) end
  if event.kind == "output" then self:above("    | " .. terminal.one_line(errors.printable(event.data.text))) end
end

--- The rows that what was drawn takes now: a terminal that became narrower since has broken its lines.
function Live:rows()
  local width, rows = terminal.size(), #self.drawn
  if width >= self.width then return rows end
  rows = 0
  for _, line in ipairs(self.drawn) do rows = rows + columns.rows(line, width) end
  return rows
end

function Live:erase()
  -- The terminal echoes ^C where the cursor stands: back to the first column, whatever is there.
  terminal.erase(2, self:rows())
  self.drawn = {}
end

--- What stays above the tree, written where the tree began.
function Live:flush()
  if #self.pending == 0 then return end
  self:erase()
  terminal.write(2, table.concat(self.pending))
  self.pending = {}
end

function Live:draw()
  local width, height = terminal.size()
  local lines = tree.lines(self.state, { color = self.color, now_ms = task.wall_ms(), spin = self.spin, notes = 3 })
  lines = tree.window(lines, width, math.min(height - 1, HEIGHT_MAX))
  self:flush()
  if #lines == 0 then return self:erase() end
  terminal.redraw(2, self:rows(), table.concat(lines, "\n") .. "\n")
  self.drawn, self.width = lines, width
end

--- A line that stays, above the tree; while that is drawn, with its next frame.
function Live:above(text)
  self.pending[#self.pending + 1] = text .. "\n"
  if not self.ticker or self.suspended then self:flush() end
end

--- Draws until cancelled; a child of the task that calls it.
function Live:start()
  self.ticker = task.spawn(function()
    while true do
      if not self.suspended then self:draw() end
      self.spin = self.spin + 1
      task.sleep(FRAME_SECONDS)
    end
  end)
end

--- Leaves the terminal to a question, and takes it back.
function Live:suspend(yes)
  self.suspended = yes
  if yes then
    self:draw()
    self.drawn = {}
  end
end

function Live:stop()
  if self.ticker then
    self.ticker:cancel()
    self.ticker:join()
    self.ticker = nil
  end
  if self.passing then self:flush() self:erase() else self:draw() end
  self.drawn = {}
end

return M
