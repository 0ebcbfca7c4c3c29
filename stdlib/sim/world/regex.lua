--- Regular expressions in the syntax of RE2 that log queries use: alternation, groups, classes, the
--- quantifiers with their lazy forms, anchors, \d \w \s \b and the flag (?i). Backtracking, over bytes.
--- https://github.com/google/re2/wiki/Syntax
local regex = {}

local ESCAPES = { n = "\n", t = "\t", r = "\r", f = "\f", v = "\v", a = "\a" }

local function class_of(letter)
  local set = {}
  local pattern = ({ d = "%d", w = "[%w_]", s = "[ \t\n\r\f\v]" })[letter:lower()]
  local negated = letter:lower() ~= letter
  for b = 0, 255 do
    if (string.char(b):find(pattern) ~= nil) ~= negated then set[b] = true end
  end
  return set
end

local POSIX = { alpha = "%a", digit = "%d", alnum = "%w", upper = "%u", lower = "%l", space = "%s", punct = "%p",
  xdigit = "%x" }

local Parser = {}
Parser.__index = Parser

local function fail(p, why)
  error({ regex = ("error parsing regexp: %s: `%s`"):format(why, p.text) }, 0)
end

function Parser:peek() return self.text:sub(self.at, self.at) end

function Parser:take()
  local c = self:peek()
  self.at = self.at + 1
  return c
end

function Parser:fold(set)
  if not self.insensitive then return set end
  for b = 65, 90 do
    if set[b] or set[b + 32] then set[b], set[b + 32] = true, true end
  end
  return set
end

local function shorthand(c) return c ~= "" and ("dDwWsS"):find(c, 1, true) ~= nil end

function Parser:class_item(set)
  local name = self.text:match("^%[:(%a+):%]", self.at)
  if name and POSIX[name] then
    self.at = self.at + #name + 4
    for b = 0, 255 do
      if string.char(b):find(POSIX[name]) then set[b] = true end
    end
    return
  end
  local c = self:take()
  if c == "" then fail(self, "missing closing ]") end
  if c == "\\" then
    c = self:take()
    if shorthand(c) then
      for b in pairs(class_of(c)) do set[b] = true end
      return
    end
    c = ESCAPES[c] or c
  end
  local low, high = c:byte(), c:byte()
  if self:peek() == "-" and self.text:sub(self.at + 1, self.at + 1) ~= "]" then
    self.at = self.at + 1
    local last = self:take()
    if last == "\\" then last = self:take() end
    if last == "" then fail(self, "missing closing ]") end
    high = last:byte()
    if high < low then fail(self, "invalid character class range") end
  end
  for b = low, high do set[b] = true end
end

function Parser:class()
  local negated, set, first = false, {}, true
  if self:peek() == "^" then
    negated = true
    self.at = self.at + 1
  end
  while first or self:peek() ~= "]" do
    first = false
    self:class_item(set)
  end
  self.at = self.at + 1
  self:fold(set)
  if not negated then return { kind = "set", set = set } end
  local other = {}
  for b = 0, 255 do
    if not set[b] then other[b] = true end
  end
  return { kind = "set", set = other }
end

function Parser:group()
  local insensitive = self.insensitive
  if self:peek() == "?" then
    local flags, stop = self.text:match("^%?([ims]*)([:)])", self.at)
    local named = self.text:match("^%?P?<%w+>", self.at)
    if flags then
      self.at = self.at + #flags + 2
      if flags:find("i", 1, true) then self.insensitive = true end
      if stop == ")" then return { kind = "empty" } end -- holds for the rest of the enclosing group
    elseif named then
      self.at = self.at + #named
    else
      fail(self, "invalid or unsupported Perl syntax")
    end
  end
  local node = self:alternation()
  if self:take() ~= ")" then fail(self, "missing closing )") end
  self.insensitive = insensitive
  return node
end

function Parser:atom()
  local c = self:take()
  if c == "(" then return self:group() end
  if c == "[" then return self:class() end
  if c == "^" or c == "$" then return { kind = c } end
  if c == "*" or c == "+" or c == "?" then fail(self, "missing argument to repetition operator") end
  if c == "." then
    local set = {}
    for b = 0, 255 do
      if b ~= 10 then set[b] = true end
    end
    return { kind = "set", set = set }
  end
  if c == "\\" then
    c = self:take()
    if c == "" then fail(self, "trailing backslash at end of expression") end
    if c == "b" or c == "B" then return { kind = c } end
    if c == "A" then return { kind = "^" } end
    if c == "z" then return { kind = "$" } end
    if shorthand(c) then return { kind = "set", set = class_of(c) } end
    c = ESCAPES[c] or c
  end
  return { kind = "set", set = self:fold { [c:byte()] = true } }
end

function Parser:quantified()
  local node = self:atom()
  while true do
    local c = self:peek()
    local low, high
    if c == "*" then
      low, high = 0, math.huge
    elseif c == "+" then
      low, high = 1, math.huge
    elseif c == "?" then
      low, high = 0, 1
    elseif c == "{" then
      local a, comma, b, stop = self.text:match("^{(%d+)(,?)(%d*)}()", self.at)
      if not a then return node end
      low = math.tointeger(tonumber(a))
      high = comma == "" and low or (b == "" and math.huge or tonumber(b))
      self.at = stop - 1
    else
      return node
    end
    self.at = self.at + 1
    local lazy = self:peek() == "?"
    if lazy then self.at = self.at + 1 end
    node = { kind = "repeat", node = node, low = low, high = high, lazy = lazy }
  end
end

function Parser:alternation()
  local branches, sequence = {}, {}
  while self.at <= #self.text and self:peek() ~= ")" do
    if self:peek() == "|" then
      self.at = self.at + 1
      branches[#branches + 1] = sequence
      sequence = {}
    else
      sequence[#sequence + 1] = self:quantified()
    end
  end
  branches[#branches + 1] = sequence
  return { kind = "any", branches = branches }
end

local function word_at(s, i)
  local c = s:sub(i, i)
  return c ~= "" and c:find("[%w_]") ~= nil
end

local match

local function match_sequence(list, at, s, i, k)
  if at > #list then return k(i) end
  return match(list[at], s, i, function(j) return match_sequence(list, at + 1, s, j, k) end)
end

local function match_repeat(node, count, s, i, k)
  local function more()
    if count >= node.high then return nil end
    return match(node.node, s, i, function(j)
      if j == i and count >= node.low then return nil end -- an empty turn brings nothing new
      return match_repeat(node, count + 1, s, j, k)
    end)
  end
  if count < node.low then return more() end
  if node.lazy then return k(i) or more() end
  return more() or k(i)
end

--- A set repeated, the common case, without one closure per character.
local function match_run(node, s, i, k)
  local set, n = node.node.set, 0
  while n < node.high and set[s:byte(i + n)] do n = n + 1 end
  for count = n, node.low, -1 do
    local stop = k(i + count)
    if stop then return stop end
  end
  return nil
end

function match(node, s, i, k)
  local kind = node.kind
  if kind == "set" then
    local b = s:byte(i)
    return b and node.set[b] and k(i + 1) or nil
  elseif kind == "any" then
    for _, branch in ipairs(node.branches) do
      local stop = match_sequence(branch, 1, s, i, k)
      if stop then return stop end
    end
    return nil
  elseif kind == "repeat" then
    if node.node.kind == "set" and not node.lazy then return match_run(node, s, i, k) end
    return match_repeat(node, 0, s, i, k)
  elseif kind == "^" then
    return i == 1 and k(i) or nil
  elseif kind == "$" then
    return i == #s + 1 and k(i) or nil
  elseif kind == "b" or kind == "B" then
    return (word_at(s, i - 1) ~= word_at(s, i)) == (kind == "b") and k(i) or nil
  end
  return k(i)
end

--- Compiles an expression.
---@param text string
---@return (fun(s: string): boolean)|nil find whether it occurs in s
---@return (fun(s: string): boolean)|string full whether it matches the whole of s; or why it does not parse
function regex.compile(text)
  local p = setmetatable({ text = text, at = 1 }, Parser)
  local ok, node = pcall(p.alternation, p)
  if ok and p.at <= #text then
    ok, node = false, { regex = ("error parsing regexp: unexpected ): `%s`"):format(text) }
  end
  if not ok then
    if type(node) == "table" and node.regex then return nil, node.regex end
    error(node, 0)
  end
  local function here(i) return i end
  local function find(s)
    for i = 1, #s + 1 do
      if match(node, s, i, here) then return true end
    end
    return false
  end
  local function full(s)
    return match(node, s, 1, function(i) return i == #s + 1 and i or nil end) ~= nil
  end
  return find, full
end

return regex
