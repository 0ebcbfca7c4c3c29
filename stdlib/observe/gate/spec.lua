--- What a gate watches: its fields, and what is wrong with them. Pure.
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local number = require "almanac.base.number"

local M = {}

--- What is said to people, and is no part of what is watched.
M.WORDS = {
  act = { "text", help = "what it means that it does not hold, and what to do: said with the failure" },
  limit_from = { "text", help = "where the limit is written, as vars.places gives it: said beside it" },
}

--- What is measured, and what is healthy: of a gate, and of a guard's.
M.MEASURE = fields.with(M.WORDS, {
  query = { "text", required = true, words = "PromQL text", help = "PromQL that gives one number; no comparison in it" },
  op = { "enum", values = { "<", "<=", ">", ">=" }, default = "<", help = "healthy when `value op limit`" },
  limit = { "number", required = true, help = "what the value is compared with" },
  url = { "text", shown_default = "endpoints.prometheus of almanac.yaml", help = "base URL of Prometheus" },
})

--- What a gate takes that guards little: tests hold for no time, and a sample may be far from the next.
local function doubt(raw, name)
  local who, hold = string.format("gate %q", name or tostring(raw.name or "gate")), duration.parse(raw.hold)
  if hold == 0 then
    return { field = "hold", message = who .. ": a hold of no time is over with the first healthy sample",
      hint = 'say how long it must stay healthy: hold = "5m"' }
  end
  if raw.interval and duration.parse(raw.interval) > hold then
    return {
      field = "interval", hint = "take a shorter one, or leave it out: then it is a quarter of the hold, and at most 15s",
      message = string.format("%s: the interval (%s) is longer than the hold (%s): it is looked at later than it could be over", who,
        duration.typed(duration.parse(raw.interval)), duration.typed(hold)),
    }
  end
end

local SPEC = fields.declare("gate", fields.with(M.MEASURE, {
  critical = { "number", help = "at or past it on the unhealthy side the gate fails at once" },
  hold = { "seconds", required = true, help = "how long it must stay healthy" },
  interval = { "seconds", shown_default = "15s, at most a quarter of the hold", help = "between samples" },
  grace = { "seconds", default = 0, help = "time at the start in which no sample counts" },
  tolerate = { "integer", default = 0, help = "unhealthy samples in a row that do not break the hold" },
  errors = { "integer", default = 4, help = "failed queries in a row that are put up with" },
  name = { "any", help = "as the gate's step" },
}), { at = 2, whole = function(raw, name) return M.check(name or tostring(raw.name or "gate"), raw) end, doubt = doubt })

---@class almanac.gate.Spec   checked: the fields of SPEC, durations in seconds

local compare = {
  ["<"] = function(a, b) return a < b end,
  ["<="] = function(a, b) return a <= b end,
  [">"] = function(a, b) return a > b end,
  [">="] = function(a, b) return a >= b end,
}

--- Whether `a op b` is so.
---@param op "<"|"<="|">"|">="
---@param a number
---@param b number
---@return boolean
function M.holds(op, a, b) return compare[op](a, b) end

--- Removes what a comparison cannot be in: strings, comments, and everything within braces and
--- brackets. Their places are filled, so that positions stay.
local function bare(query)
  local out, i = {}, 1
  local depth = 0
  while i <= #query do
    local c = query:sub(i, i)
    local stop
    if c == '"' or c == "'" or c == "`" then
      stop = i + 1
      while stop <= #query and query:sub(stop, stop) ~= c do
        stop = stop + (c ~= "`" and query:sub(stop, stop) == "\\" and 2 or 1)
      end
    elseif c == "#" then
      stop = (query:find("\n", i, true) or #query + 1) - 1
    end
    if stop then
      out[#out + 1] = (" "):rep(stop - i + 1)
      i = stop + 1
    else
      if c == "{" or c == "[" then depth = depth + 1 end
      out[#out + 1] = depth > 0 and " " or c
      if c == "}" or c == "]" then depth = depth - 1 end
      i = i + 1
    end
  end
  return table.concat(out)
end

--- The comparison at the top level of a PromQL expression, or nil. With `bool` it gives 0 or 1 and
--- is none.
---@param query string
---@return string? operator
function M.comparison(query)
  local text = bare(query):match "^%s*(.-)%s*$"
  while text:match "^%b()$" do
    text = text:sub(2, -2):match "^%s*(.-)%s*$"
  end
  local previous
  repeat -- innermost parentheses first; what they hold is not at the top
    previous = text
    text = text:gsub("%b()", " ")
  until text == previous
  for op, at in text:gmatch "([<>=!]=?)()" do
    if not text:sub(at):match "^%s*bool%f[%W]" then return op end
  end
  return nil
end

local function refuse(name, fmt, ...)
  errors.raise { kind = "usage", message = string.format("gate %q: " .. fmt, name, ...),
    hint = 'gate("node lag", { query = "…", op = "<=", limit = 5, critical = 20, hold = "10m" })' }
end

local function check_query(name, query)
  if not query:find "%S" then refuse(name, "query must be PromQL text") end
  local op = M.comparison(query)
  if op then
    errors.raise {
      kind = "usage",
      message = string.format("gate %q: the query compares (%s): it gives nothing when it is unhealthy, "
        .. "and nothing is no verdict", name, op),
      hint = "leave the comparison out of the query and give it as op and limit",
    }
  end
end

--- Checks a specification and fills in what it leaves out; durations become seconds.
---@param name string
---@param raw table
---@return almanac.gate.Spec
function M.check(name, raw)
  local spec = fields.check(SPEC, raw, string.format("gate %q", name))
  check_query(name, spec.query)
  if spec.critical and spec.critical ~= spec.limit and M.holds(spec.op, spec.critical, spec.limit) then
    refuse(name, "critical (%s) is on the healthy side of the limit (%s)", spec.critical, spec.limit)
  end
  if spec.interval == 0 then refuse(name, "interval must be more than 0") end
  spec.interval = spec.interval or math.max(1, math.min(15, spec.hold / 4))
  spec.name = name
  return spec
end

--- What to do where the gate does not say it.
local UNHEALTHY = "see in the query's graph since when it is so, and why; once it is healthy, a resume watches it anew"

--- What to do where nobody knows whether it holds: `act` says what a bad value means, and there is none.
local UNKNOWN = {
  ["no data"] = "nothing is known of it: is the metric scraped, and is this still its name?",
  error = "nothing is known of it: mend the query, or what answers it",
}

--- What follows a gate that did not hold.
---@param spec almanac.gate.Spec checked
---@param verdict? string
---@return string[] lines
function M.hint(spec, verdict)
  local lines = { UNKNOWN[verdict] or spec.act or UNHEALTHY }
  if spec.limit_from then lines[#lines + 1] = "the limit: " .. spec.limit_from end
  lines[#lines + 1] = "the query: " .. spec.query
  return lines
end

--- What is watched, as plain data: of a number that JSON has none for, its text.
---@param spec almanac.gate.Spec checked
---@return table<string, any>
function M.watched(spec)
  local out = {}
  for key in pairs(SPEC.fields) do
    local value = spec[key]
    if not M.WORDS[key] then out[key] = type(value) == "number" and number.plain(value) or value end
  end
  return out
end

--- The text of which a gate's digest is made: another specification is another gate.
---@param spec almanac.gate.Spec checked
---@return string
function M.text(spec)
  local parts = {}
  for key in pairs(SPEC.fields) do
    if not M.WORDS[key] then parts[#parts + 1] = key .. "=" .. tostring(spec[key]) end
  end
  table.sort(parts)
  return table.concat(parts, "\n")
end

return M
