--- The part of LogQL that the simulated Loki understands, parsed into a tree:
---
---   { type = "log", matchers, stages }
---   { type = "range", fn = "count_over_time"|"rate"|"bytes_over_time"|"bytes_rate", log, seconds }
---   { type = "aggregate", fn = "sum"|"min"|"max"|"avg"|"count", inner, by = list|nil, without = list|nil }
---   { type = "compare", op, inner, number }
---
--- https://grafana.com/docs/loki/latest/query/
local regex = require "almanac.sim.world.regex"

local logql = {}

local Parser = {}
Parser.__index = Parser

local RANGE = { count_over_time = true, rate = true, bytes_over_time = true, bytes_rate = true }
local AGGREGATE = { sum = true, min = true, max = true, avg = true, count = true }
local UNITS = { ms = 0.001, s = 1, m = 60, h = 3600, d = 86400, w = 604800, y = 31536000 }

-- Longest first.
local SYMBOLS = { "|=", "|~", "!=", "!~", "=~", "==", ">=", "<=", "{", "}", "(", ")", "[", "]", ",", "|", "=", ">", "<",
  "+", "-", "*", "/" }

local function fail(text) error({ logql = text }, 0) end

local function syntax(token, expecting)
  local what = token.kind == "end" and "$end" or token.shown or token.text
  local where = token.kind == "end" and "" or ("at line 0, col %d"):format(token.col)
  if where == "" then
    fail(("parse error : syntax error: unexpected %s%s"):format(what, expecting and ", expecting " .. expecting or ""))
  end
  fail(("parse error %s: syntax error: unexpected %s%s"):format(where, what,
    expecting and ", expecting " .. expecting or ""))
end

local UNESCAPE = { n = "\n", t = "\t", r = "\r", ["\\"] = "\\", ['"'] = '"', ["'"] = "'" }

local function read_string(text, at)
  local quote = text:sub(at, at)
  if quote == "`" then
    local stop = text:find("`", at + 1, true)
    if not stop then fail("parse error : literal not terminated") end
    return text:sub(at + 1, stop - 1), stop + 1
  end
  local out, i = {}, at + 1
  while true do
    local c = text:sub(i, i)
    if c == "" or c == "\n" then fail(("parse error at line 1, col %d: literal not terminated"):format(at)) end
    if c == quote then return table.concat(out), i + 1 end
    if c == "\\" then
      i = i + 1
      local e = text:sub(i, i)
      -- As in Go, but for what only a regular expression escapes, kept as written.
      c = UNESCAPE[e] or "\\" .. e
    end
    out[#out + 1] = c
    i = i + 1
  end
end

local function next_token(text, at)
  local c = text:sub(at, at)
  if c == '"' or c == "`" then
    local s, stop = read_string(text, at)
    return { kind = "string", text = s, shown = "STRING", col = at }, stop
  end
  local duration = text:match("^%d[%d%.]*[smhdwy]%w*", at)
  if duration then return { kind = "duration", text = duration, col = at }, at + #duration end
  local number = text:match("^%d+%.?%d*", at)
  if number then return { kind = "number", text = number, shown = "NUMBER", col = at }, at + #number end
  local word = text:match("^[%a_][%w_]*", at)
  if word then return { kind = "word", text = word, shown = "IDENTIFIER", col = at }, at + #word end
  for _, symbol in ipairs(SYMBOLS) do
    if text:sub(at, at + #symbol - 1) == symbol then
      return { kind = symbol, text = symbol, col = at }, at + #symbol
    end
  end
  fail(("parse error at line 1, col %d: syntax error: unexpected character '%s'"):format(at, c))
end

local function tokens_of(text)
  local tokens, at = {}, text:find("%S") or #text + 1
  while at <= #text do
    local token, stop = next_token(text, at)
    tokens[#tokens + 1] = token
    at = text:find("%S", stop) or #text + 1
  end
  tokens[#tokens + 1] = { kind = "end", text = "", col = #text + 1 }
  return tokens
end

function Parser:peek() return self.tokens[self.at] end

function Parser:take(kind, expecting)
  local token = self:peek()
  if kind and token.kind ~= kind then syntax(token, expecting or kind) end
  self.at = self.at + 1
  return token
end

function Parser:accept(kind)
  if self:peek().kind ~= kind then return false end
  self.at = self.at + 1
  return true
end

function Parser:word(text)
  local token = self:peek()
  if token.kind ~= "word" or token.text ~= text then return false end
  self.at = self.at + 1
  return true
end

--- A test of one value: fn(value) -> boolean.
local function value_test(op, text)
  if op == "=" or op == "==" or op == "|=" then return function(v) return v == text end end
  if op == "!=" then return function(v) return v ~= text end end
  local find, full = regex.compile(text)
  if not find then fail("parse error : " .. full) end
  if op == "=~" then return full end
  return function(v) return not full(v) end
end

function Parser:matchers()
  local list = {}
  self:take("{", "{")
  while not self:accept("}") do
    local name = self:take("word", #list == 0 and "IDENTIFIER or }" or "IDENTIFIER").text
    local op = self:peek()
    if op.kind ~= "=" and op.kind ~= "!=" and op.kind ~= "=~" and op.kind ~= "!~" then
      syntax(op, "!= or !~ or = or =~")
    end
    self.at = self.at + 1
    local text = self:take("string", "STRING").text
    list[#list + 1] = { name = name, op = op.kind, text = text, test = value_test(op.kind, text) }
    if self:peek().kind ~= "}" then
      if self:peek().kind ~= "," then syntax(self:peek(), "} or ,") end
      self.at = self.at + 1
    end
  end
  for _, m in ipairs(list) do
    if (m.op == "=" or m.op == "=~") and not m.test("") then return list end
  end
  fail("parse error : queries require at least one regexp or equality matcher that does not have an empty-compatible "
    .. 'value. For instance, app=~".*" does not meet this requirement, but app=~".+" will')
end

local function line_filter(op, text)
  if op == "|=" then return function(line) return line:find(text, 1, true) ~= nil end end
  if op == "!=" then return function(line) return line:find(text, 1, true) == nil end end
  local find, why = regex.compile(text)
  if not find then fail("parse error : " .. why) end
  if op == "|~" then return find end
  return function(line) return not find(line) end
end

local COMPARE = {
  [">"] = function(a, b) return a > b end, ["<"] = function(a, b) return a < b end,
  [">="] = function(a, b) return a >= b end, ["<="] = function(a, b) return a <= b end,
  ["=="] = function(a, b) return a == b end, ["!="] = function(a, b) return a ~= b end,
}
logql.compare = COMPARE

function Parser:label_filter(name)
  local op = self:take()
  if self:peek().kind == "string" then
    if op.kind ~= "=" and op.kind ~= "!=" and op.kind ~= "=~" and op.kind ~= "!~" then syntax(op) end
    local test = value_test(op.kind, self:take().text)
    return { type = "label", test = function(labels) return test(labels[name] or "") end }
  end
  local number = tonumber(self:take("number", "NUMBER or STRING").text)
  local fn = COMPARE[op.kind == "=" and "==" or op.kind]
  if not fn then syntax(op) end
  return { type = "label", test = function(labels)
    local v = tonumber(labels[name] or "")
    return v ~= nil and fn(v, number)
  end }
end

function Parser:stages()
  local list = {}
  while true do
    local kind = self:peek().kind
    if kind == "|=" or kind == "|~" or kind == "!=" or kind == "!~" then
      self.at = self.at + 1
      list[#list + 1] = { type = "line", test = line_filter(kind, self:take("string", "STRING").text) }
    elseif kind == "|" then
      self.at = self.at + 1
      if self:word("json") then
        list[#list + 1] = { type = "json" }
      elseif self:word("logfmt") then
        list[#list + 1] = { type = "logfmt" }
      else
        list[#list + 1] = self:label_filter(self:take("word", "json or logfmt or IDENTIFIER").text)
      end
    else
      return list
    end
  end
end

function Parser:log()
  return { type = "log", matchers = self:matchers(), stages = self:stages() }
end

--- Seconds of a duration such as "5m" or "1h30m"; nil when it is none.
---@param text string
---@return number|nil
function logql.seconds(text)
  local total, rest = 0, text
  while rest ~= "" do
    local n, unit, more = rest:match("^(%d+%.?%d*)(%a+)(.*)$")
    if not n or not UNITS[unit] then return nil end
    total, rest = total + tonumber(n) * UNITS[unit], more
  end
  return text ~= "" and total or nil
end

function Parser:range(fn)
  self:take("(", "(")
  local log = self:log()
  self:take("[", "[")
  local token = self:take("duration", "DURATION")
  local seconds = logql.seconds(token.text)
  if not seconds then syntax(token, "DURATION") end
  self:take("]", "]")
  for _, stage in ipairs(self:stages()) do log.stages[#log.stages + 1] = stage end
  self:take(")", ")")
  return { type = "range", fn = fn, log = log, seconds = seconds }
end

function Parser:grouping(node)
  local key = self:word("by") and "by" or self:word("without") and "without"
  if not key then return end
  self:take("(", "(")
  local names = {}
  while not self:accept(")") do
    names[#names + 1] = self:take("word", "IDENTIFIER").text
    if self:peek().kind ~= ")" then self:take(",", ") or ,") end
  end
  node[key] = names
end

function Parser:metric()
  local token = self:take("word", "IDENTIFIER")
  if RANGE[token.text] then return self:range(token.text) end
  if not AGGREGATE[token.text] then syntax(token) end
  local node = { type = "aggregate", fn = token.text }
  self:grouping(node)
  self:take("(", "(")
  node.inner = self:metric()
  self:take(")", ")")
  self:grouping(node)
  return node
end

function Parser:query()
  if self:peek().kind == "{" then return self:log() end
  local node = self:metric()
  local op = self:peek().kind
  if COMPARE[op] then
    self.at = self.at + 1
    node = { type = "compare", op = op, inner = node, number = tonumber(self:take("number", "NUMBER").text) }
  end
  return node
end

--- Parses a query.
---@param text string
---@return table|nil tree, string|nil why the words Loki uses
function logql.parse(text)
  local ok, result = pcall(function()
    local p = setmetatable({ tokens = tokens_of(text), at = 1 }, Parser)
    if p:peek().kind == "end" then fail("parse error : syntax error: unexpected $end") end
    local tree = p:query()
    if p:peek().kind ~= "end" then syntax(p:peek()) end
    return tree
  end)
  if ok then return result end
  if type(result) == "table" and result.logql then return nil, result.logql end
  error(result, 0)
end

return logql
