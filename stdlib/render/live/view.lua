--- What the operator looks at: which steps are folded, what is filtered, where the cursor is. Keys change it, and
--- nothing else: a run does not notice. Pure.
local M = {}

---@class almanac.live.View
---@field screen "tree"|"details"|"help"
---@field cursor string?     path of the step that is chosen; nil: the frame shows what matters by itself
---@field folded table<string, boolean>  what the operator folded and unfolded
---@field filter string      only steps whose path holds it
---@field typing boolean     keys go into the filter
---@field only "all"|"open"|"bad"
---@field top integer        the first row that is shown
---@field room integer       rows that were shown
---@field worst string?      path of the step that wants to be looked at most: what is bad, else what runs
---@field lent boolean?      the step of the details was not chosen: the frame goes on by itself when they are left
---@field rows almanac.live.Row[]  of the last frame, all of them
---@field leaves boolean     q ends it
---@field left boolean       it was pressed
local View = {}
View.__index = View

---@param options? { leaves: boolean }  leaves: it is looked at from outside, and q ends that
---@return almanac.live.View
function M.new(options)
  return setmetatable({
    screen = "tree", folded = {}, filter = "", typing = false, only = "all", top = 1, room = 1, rows = {},
    leaves = options and options.leaves or false, left = false,
  }, View)
end

--- Whether the operator looks around by himself.
---@return boolean
function View:browses()
  return self.cursor ~= nil or self.filter ~= "" or self.only ~= "all"
end

--- The frame shows what matters by itself again.
function View:let_go()
  self.cursor, self.filter, self.only, self.top, self.screen, self.typing = nil, "", "all", 1, "tree", false
end

--- Where the cursor is among the rows; nil: its step is not among them.
---@param rows almanac.live.Row[]
---@return integer?
function View:cursor_row(rows)
  for i, row in ipairs(rows) do
    if row.kind == "step" and row.node.path == self.cursor then return i end
  end
end

--- Moves the cursor by so many steps, to the first or the last at most.
local function move(self, count)
  local at = self:cursor_row(self.rows) or (count > 0 and self.top - 1 or self.top)
  local direction = count < 0 and -1 or 1
  local left, row = math.abs(count), at
  while left > 0 and self.rows[row + direction] do
    row = row + direction
    if self.rows[row].kind == "step" or self.rows[row].kind == "summary" then
      at, left = row, left - 1
    end
  end
  local found = self.rows[at]
  if found then self.cursor = found.node.path end
end

local function go(self, row, direction)
  while self.rows[row] and self.rows[row].kind ~= "step" and self.rows[row].kind ~= "summary" do row = row + direction end
  if self.rows[row] then self.cursor = self.rows[row].node.path end
end

--- Folds the step of the cursor, or the one that it lies in where it has nothing to fold.
local function fold(self)
  local row = self.rows[self:cursor_row(self.rows) or 0]
  if not row then return end
  if row.open then
    self.folded[row.node.path] = true
  else
    self.cursor = row.node.path:match "^(.*)/" or row.node.path
  end
end

local function unfold(self)
  local row = self.rows[self:cursor_row(self.rows) or 0]
  if row and not row.open and #row.node.children > 0 then self.folded[row.node.path] = false end
end

local function toggle(self)
  local row = self.rows[self:cursor_row(self.rows) or 0]
  if row and row.open then fold(self) else unfold(self) end
end

--- The details of the step that is chosen; else of the one that wants to be looked at most, or of the first of a run that is over.
local function look_at_details(self)
  if not self.cursor then
    self.lent = true
    self.cursor = self.worst
    if not self.cursor then move(self, 1) end
  end
  if self.cursor then self.screen = "details" end
end

local function leave_page(self)
  if self.lent then self.cursor, self.lent = nil, nil end
  self.screen, self.top = "tree", 1
end

local NEXT_ONLY = { all = "open", open = "bad", bad = "all" }

local tree_keys = {
  up = function(self) move(self, -1) end,
  down = function(self) move(self, 1) end,
  ["page up"] = function(self) move(self, -self.room) end,
  ["page down"] = function(self) move(self, self.room) end,
  home = function(self) go(self, 1, 1) end,
  ["end"] = function(self) go(self, #self.rows, -1) end,
  left = fold, right = unfold, enter = toggle, [" "] = toggle,
  d = look_at_details,
  f = function(self) self.only = NEXT_ONLY[self.only] end,
  ["/"] = function(self) self.typing, self.filter = true, "" end,
  escape = function(self) self:let_go() end,
}
tree_keys.k, tree_keys.j, tree_keys.g, tree_keys.G = tree_keys.up, tree_keys.down, tree_keys.home, tree_keys["end"]
tree_keys.h, tree_keys.l = tree_keys.left, tree_keys.right

--- A page of text: help and details.
local page_keys = {
  up = function(self) self.top = self.top - 1 end,
  down = function(self) self.top = self.top + 1 end,
  ["page up"] = function(self) self.top = self.top - self.room end,
  ["page down"] = function(self) self.top = self.top + self.room end,
  home = function(self) self.top = 1 end,
}
page_keys.k, page_keys.j, page_keys.g, page_keys[" "] = page_keys.up, page_keys.down, page_keys.home, page_keys["page down"]

local function type_filter(self, key)
  if key == "escape" then
    self.typing, self.filter = false, ""
  elseif key == "enter" then
    self.typing = false
  elseif key == "backspace" then
    self.filter = self.filter:sub(1, (utf8.offset(self.filter, -1) or 1) - 1)
  elseif key == "clear" then
    self.filter = ""
  elseif utf8.len(key) == 1 then
    self.filter = self.filter .. key
  end
end

local function show(self, screen)
  self.screen, self.top = screen, 1
end

--- A key was pressed.
---@param key string  of keys.of()
function View:press(key)
  if self.typing then return type_filter(self, key) end
  if key == "q" and self.leaves then
    self.left = true
  elseif key == "?" then
    if self.screen == "help" then leave_page(self) else show(self, "help") end
  elseif self.screen ~= "tree" and (key == "escape" or key == "q" or key == "d" or key == "enter") then
    leave_page(self)
  else
    local act = (self.screen == "tree" and tree_keys or page_keys)[key]
    if act then act(self) end
    if self.screen == "details" and act == look_at_details then self.top = 1 end
  end
end

--- What the keys do, for `?`.
M.HELP = {
  { "up down  k j", "choose a step" },
  { "PgUp PgDn  g G", "a page up or down; the first, the last" },
  { "left right  h l", "fold and unfold it; Enter does either" },
  { "d", "its details: effects, notes, output, what a gate watches" },
  { "/", "only steps whose path holds what you type" },
  { "f", "only what is not over; only what is bad; all again" },
  { "Esc", "back: the worst first, what is done folded" },
  { "?", "this page" },
  { "Ctrl-C", "pause the run; once more: cancel it; a third: end almanac" },
  { "Ctrl-Z", "stop almanac; fg goes on" },
}

--- The same where a run is looked at from outside.
M.HELP_WATCHING = table.move(M.HELP, 1, 8, 1, {})
M.HELP_WATCHING[9] = { "q  Ctrl-C", "look no more; the run goes on" }

return M
