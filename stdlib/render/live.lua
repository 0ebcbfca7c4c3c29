--- The live view of a run on a terminal: a frame that is redrawn in place while the run goes on, and keys with which
--- the operator looks around in it. What it shows is render/live/frame's; here is when.
local errors = require "almanac.base.errors"
local canvases = require "almanac.render.live.canvas"
local columns = require "almanac.base.columns"
local frames = require "almanac.render.live.frame"
local keyboard = require "native.keyboard"
local keys = require "almanac.render.live.keys"
local texts = require "almanac.base.lines"
local process = require "native.process"
local questions = require "almanac.render.live.question"
local state = require "almanac.journal.state"
local task = require "native.task"
local terminal = require "almanac.base.terminal"
local tree = require "almanac.render.tree"
local views = require "almanac.render.live.view"

local M = {}

local FRAME_SECONDS = 0.1
--- Of the time at most this part goes into drawing, but no frame is older than so many seconds: a machine that is busy, or a
--- terminal that takes nothing for a while, makes one take long.
local SHARE, AGE_MAX = 1 / 10, 2
--- A frame with more rows is never drawn: reading it would take longer than the frame lasts.
local ROWS_MAX = 60
--- Lines of output that the details of a step show.
local OUTPUT_LINES = 20
--- A line that takes two rows is less than twice as long: the second one begins behind a sign, and words stay whole.
local BROKEN_COLUMNS = 12
--- Lines of the tree that is printed in the end; what is beyond is in the journal.
local TREE_LINES_MAX = 2000

---@class almanac.Live: almanac.Renderer
local Live = {}
Live.__index = Live

--- The tree shows what was done before, too.
Live.wants_all = true

---@class almanac.LiveOptions
---@field passing? boolean  nothing is left of it in the end
---@field leave? fun()      it is looked at from outside: called when q is pressed

---@param run almanac.Run
---@param options? almanac.LiveOptions
function M.new(run, options)
  options = options or {}
  local meta = run.meta or {}
  return setmetatable({
    state = state.new(), canvas = canvases.new(), view = views.new { leaves = options.leave ~= nil },
    passing = options.passing, leave = options.leave, asked = {},
    model = {
      runbook = (meta.rehearsal and "REHEARSAL " or "") .. (meta.runbook or run.id),
      environment = meta.environment, cluster = meta.context, spin = 0, output = {},
      color = not process.getenv "NO_COLOR", keys = false,
    },
  }, Live)
end

local function keep_output(output, path, text)
  local lines = output[path] or {}
  output[path] = lines
  lines[#lines + 1] = text
  if #lines > OUTPUT_LINES then table.remove(lines, 1) end
end

function Live:event(event)
  state.apply(self.state, event)
  if event.kind == "said" then self:put(terminal.said("· " .. event.data.text)) end
  if event.kind == "rehearsal" then self:put("✂ " .. terminal.one_line(event.data.text)) end
  if event.kind ~= "output" then return end
  local text = terminal.one_line(errors.printable(texts.overwritten(event.data.text)))
  keep_output(self.model.output, event.path, text)
  self:put(string.format("    %s | %s", event.path:match "[^/]*$", text))
end

--- The question that is asked now, at most in half of the rows: what is asked about stands above it.
local function question_lines(self, width, rows)
  local question = self.asked[1]
  if not question then return {} end
  local lines, whole = question:lines(width, math.max(1, rows // 2))
  if not whole and not question.told then
    question.told = true
    self.canvas:above(question.prompt)
  end
  return lines
end

--- The lines of a frame for the terminal as it is now.
local function compose(self)
  local width, height = terminal.size()
  local model = self.model
  model.state, model.now_ms = self.state, task.wall_ms()
  local rows, below = math.min(height - 1, ROWS_MAX), question_lines(self, width, height - 1)
  model.asks = #below > 0
  local lines, facts = frames.lines(model, self.view, { width = width, rows = math.max(1, rows - #below) })
  model.known = facts
  return table.move(below, 1, #below, #lines + 1, lines)
end

--- Another program may have the terminal now, or have had it: what was drawn then is not where it was, and the keys
--- are its own.
local function has_terminal(self)
  local continued, front = terminal.continued(), terminal.foreground()
  if continued ~= self.continued or front ~= self.front then
    self.continued, self.front = continued, front
    self.canvas:leave()
    if self.listener then self.model.keys = keyboard.on() end
  end
  return front
end

function Live:draw()
  if not has_terminal(self) then return end
  self.canvas:draw(compose(self))
end

--- A line that stays, above the tree; while that is drawn, with its next frame.
function Live:put(text)
  self.canvas:above(text)
  if not self.ticker and has_terminal(self) then self.canvas:draw({}) end
end

--- One that the operator waits for, as the answer to a key: its frame is the next one, however long the last took.
function Live:above(text)
  self.is_awaited = true
  self:put(text)
end

local function tick(self)
  while true do
    local began = task.now()
    self.is_awaited = false
    self:draw()
    self.model.spin = self.model.spin + 1
    local due = math.min(task.now() + (task.now() - began) / SHARE, began + AGE_MAX)
    repeat task.sleep(FRAME_SECONDS) until self.is_awaited or task.now() >= due
  end
end

--- Who types into the filter, or reads the keys, has not seen the question: what he types there is no answer.
local function question_of(self)
  local question = self.asked[1]
  return question and not self.view.typing and question or nil
end

--- What was typed at once. Behind a line that ends nothing of it counts: it was not meant for what comes next.
local function take(self, typed)
  local question = question_of(self)
  if question and not question.shown then return end
  for _, key in ipairs(keys.of(typed, question and keys.IN_A_LINE)) do
    if not question or question:press(key) then self.view:press(key) end
    self:draw() -- the next key goes by what this one shows
    if question_of(self) ~= question or question and question.over then break end
  end
  if question and question.over then self.answered:notify() end
end

--- Takes keys while the terminal is ours.
local function listen(self)
  while true do
    self.model.keys = keyboard.on() -- again after a stop
    local typed = self.model.keys and keyboard.read() or ""
    if typed == nil then break end
    take(self, typed)
    if self.view.left then return self.leave() end
    if typed == "" then task.sleep(FRAME_SECONDS) end
  end
  self.model.keys, self.deaf = false, true
  self.answered:notify()
end

local function begin(self)
  self.answered = task.condition()
  self.ticker = task.spawn(tick, self)
  if terminal.isatty(0) then self.listener = task.spawn(listen, self) end
end

local function halt(self)
  for _, name in ipairs { "ticker", "listener" } do
    if self[name] then
      self[name]:cancel()
      self[name]:join()
      self[name] = nil
    end
  end
  keyboard.off()
end

--- Draws until it is stopped; a child of the task that calls it.
function Live:start()
  self.continued, self.front = terminal.continued(), terminal.foreground()
  begin(self)
end

--- Waits for its turn, and for its answer.
local function wait_for_answer(self, question, anew)
  while self.asked[1] ~= question do self.answered:wait() end
  if anew then
    task.sleep(0) -- keys that were read already are thrown away by now
    keyboard.forget()
  end
  question.shown = true
  self:draw()
  while not (question.over or self.deaf) do self.answered:wait() end
end

--- Asks below the frame, which goes on; of several questions one after the other. What was asked and typed stays above.
---@param prompt string   of terminal.said
---@param hidden boolean? what is typed is not shown
---@param anew boolean?   what was typed before is no answer
---@return string?  nil at the end of input
function Live:ask(prompt, hidden, anew)
  if not self.listener then return terminal.ask(prompt, hidden, anew) end
  local question = questions.new(prompt, hidden)
  table.insert(self.asked, question)
  local ok, why = errors.try(wait_for_answer, self, question, anew)
  for i, one in ipairs(self.asked) do
    if one == question then table.remove(self.asked, i) end
  end
  if question.shown then self:above(question:record()) end
  self.answered:notify()
  if not ok then error(why, 0) end
  return question.answer
end

--- Leaves the terminal as it is to another.
function Live:suspend()
  halt(self)
  self.model.keys = false
  self:draw()
  self.canvas:leave()
end

--- The whole tree, as it stays on the terminal: of a line two rows, for what is at its end is why.
local function whole_tree(self)
  local width = terminal.size()
  local lines = tree.lines(self.state, { color = self.model.color, now_ms = task.wall_ms(), notes = 3 })
  local left = #lines - TREE_LINES_MAX
  for i, line in ipairs(lines) do
    if left > 0 and i == TREE_LINES_MAX then line = string.format("⋮ %d more lines: almanac status shows them", left + 1) end
    if i <= TREE_LINES_MAX then self.canvas:above(columns.fit(line, 2 * width - BROKEN_COLUMNS)) end
  end
end

function Live:stop()
  halt(self)
  if not has_terminal(self) then return end
  if not self.passing then whole_tree(self) end
  self.canvas:draw({})
end

return M
