--- Gates: a number watched over a window against a limit, and one of five verdicts.
---
---   pass          healthy for `hold` without a break
---   fail          past the critical limit once, or never healthy in the window
---   inconclusive  sometimes healthy, but not for `hold` within twice that time
---   no data       the query gave nothing (or NaN) in the whole window; never a pass
---   error         several series answered, or Prometheus could not be asked or refused the query
---
--- An unhealthy sample starts the hold again (unless `tolerate` allows for it); so does one without
--- data. A query that failed neither adds to the hold nor breaks it, but more than `errors` in a
--- row end the gate. The time in which nobody watched (a run that was stopped) counts for nothing.
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"

local M = {}

local SPEC = fields.declare("gate", {
  query = { "text", required = true, words = "PromQL text", help = "PromQL that gives one number; no comparison in it" },
  op = { "enum", values = { "<", "<=", ">", ">=" }, default = "<", help = "healthy when `value op limit`" },
  limit = { "number", required = true, help = "what the value is compared with" },
  critical = { "number", help = "at or past it on the unhealthy side the gate fails at once" },
  hold = { "seconds", required = true, help = "how long it must stay healthy" },
  interval = { "seconds", shown_default = "15s, at most a quarter of the hold", help = "between samples" },
  grace = { "seconds", default = 0, help = "time at the start in which no sample counts" },
  tolerate = { "integer", default = 0, help = "unhealthy samples in a row that do not break the hold" },
  errors = { "integer", default = 4, help = "failed queries in a row that are put up with" },
  url = { "text", shown_default = "endpoints.prometheus of almanac.yaml", help = "base URL of Prometheus" },
  name = { "any", help = "as the gate's step" },
}, { at = 2 })

---@class almanac.gate.Spec   checked: the fields of SPEC, durations in seconds

---@class almanac.gate.Sample
---@field time number              seconds since 1970
---@field value? number|string     "+Inf" and "-Inf" as Prometheus writes them
---@field ok? boolean              whether the value is healthy
---@field missing? string          "no data" or "NaN"
---@field series? string[]         more than one series answered: their labels
---@field error? string            the query failed
---@field permanent? boolean       and will again
---@field resumed? boolean         the first sample after the run was stopped

---@class almanac.gate.Verdict
---@field verdict? "pass"|"fail"|"inconclusive"|"no data"|"error"  nil: still watching
---@field why string
---@field value? number            the last one
---@field limit number
---@field held number              seconds
---@field watched number           seconds

local compare = {
  ["<"] = function(a, b) return a < b end,
  ["<="] = function(a, b) return a <= b end,
  [">"] = function(a, b) return a > b end,
  [">="] = function(a, b) return a >= b end,
}

-- The specification --------------------------------------------------------------------------------

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
  if spec.critical and spec.critical ~= spec.limit and compare[spec.op](spec.critical, spec.limit) then
    refuse(name, "critical (%s) is on the healthy side of the limit (%s)", spec.critical, spec.limit)
  end
  if spec.interval == 0 then refuse(name, "interval must be more than 0") end
  spec.interval = spec.interval or math.max(1, math.min(15, spec.hold / 4))
  spec.name = name
  return spec
end

-- The verdict --------------------------------------------------------------------------------------

--- Whether a value is healthy, and whether it is past the critical limit.
---@param spec almanac.gate.Spec checked
---@param value number
---@return boolean healthy
---@return boolean critical
function M.judge(spec, value)
  local holds = compare[spec.op]
  if holds(value, spec.limit) then return true, false end
  if not spec.critical then return false, false end
  local past = value == spec.critical or not holds(value, spec.critical)
  return false, past
end

local function number_of(value)
  if value == "+Inf" then return math.huge end
  if value == "-Inf" then return -math.huge end
  return tonumber(value)
end

--- A number for people: four digits are enough to compare it with a limit.
---@param value number
---@return string
function M.format_value(value)
  if value == math.huge then return "+Inf" end
  if value == -math.huge then return "-Inf" end
  if value == math.floor(value) and math.abs(value) < 1e15 then return string.format("%d", value) end
  return string.format("%.4g", value)
end

local function claim(spec, value, healthy)
  return string.format("%s %s %s", M.format_value(value), healthy and spec.op or "is not " .. spec.op,
    M.format_value(spec.limit))
end

--- What the samples say so far, counted in seconds of watching.
local function tally(spec, samples)
  local s = { watched = 0, held = 0, healthy = 0, unhealthy = 0, missing = 0, failed = 0, in_row = 0, bad_row = 0 }
  -- A longer silence than this is time in which nobody watched.
  local gap = 3 * spec.interval + 10
  local last
  for _, sample in ipairs(samples) do
    local dt = last and not sample.resumed and sample.time - last or 0
    if dt < 0 or dt > gap then dt = 0 end
    last = sample.time
    s.watched = s.watched + dt
    local counts = s.watched >= spec.grace
    local value = number_of(sample.value)
    if sample.series then
      s.several = sample.series
      return s
    elseif sample.error then
      s.failed, s.in_row, s.why = s.failed + 1, s.in_row + 1, sample.error
      s.permanent = sample.permanent
      if s.permanent or s.in_row > spec.errors then return s end
    else
      s.in_row, s.permanent, s.value = 0, nil, value
      local healthy, critical = false, false
      if value then healthy, critical = M.judge(spec, value) end
      if healthy then
        s.bad_row, s.healthy = 0, s.healthy + (counts and 1 or 0)
        if counts then
          s.held = s.since and s.held + (s.watched - s.since) or 0
          s.since = s.watched
        end
      elseif counts then
        s.bad_row = s.bad_row + 1
        if value then s.unhealthy = s.unhealthy + 1 else s.missing, s.kind = s.missing + 1, sample.missing end
        if critical then
          s.critical = value
          return s
        end
        if not value or s.bad_row > spec.tolerate then s.held, s.since = 0, nil end
      end
    end
  end
  return s
end

local function conclude(spec, s)
  local window = s.watched - spec.grace
  if s.several then
    return "error", string.format("%d series answer, one is needed: %s", #s.several,
      table.concat(s.several, ", ", 1, math.min(#s.several, 5)) .. (#s.several > 5 and ", …" or ""))
  end
  if s.permanent or s.in_row > spec.errors then
    return "error", (s.in_row > 1 and s.in_row .. " queries in a row failed: " or "the query failed: ") .. s.why
  end
  if s.critical then
    return "fail", string.format("%s is past the critical limit %s", M.format_value(s.critical),
      M.format_value(spec.critical))
  end
  if s.since and s.held >= spec.hold then
    return "pass", string.format("%s for %s", claim(spec, s.value or spec.limit, true), duration.format(spec.hold))
  end
  if s.in_row > 0 then return nil, string.format("%d of %d tries failed: %s", s.in_row, spec.errors + 1, s.why) end
  if s.healthy + s.unhealthy + s.missing == 0 then return nil, "no sample yet" end
  if window >= spec.hold and s.healthy == 0 then
    if s.unhealthy == 0 then
      return "no data", string.format("the query gave %s for %s", s.kind == "NaN" and "NaN" or "nothing",
        duration.format(window))
    end
    return "fail", string.format("never healthy in %s%s", duration.format(window),
      s.value and ", last " .. claim(spec, s.value, false) or "")
  end
  -- Watched for twice the hold at most: nothing can pass any more once the rest is too short.
  if window + (spec.hold - s.held) > 2 * spec.hold + spec.interval then
    return "inconclusive", string.format("healthy in %d of %d samples, but not for %s without a break",
      s.healthy, s.healthy + s.unhealthy + s.missing, duration.format(spec.hold))
  end
  if not s.value then return nil, s.kind == "NaN" and "NaN" or "no data" end
  return nil, claim(spec, s.value, (M.judge(spec, s.value)))
end

--- The verdict over all samples of a gate. Pure.
---@param spec almanac.gate.Spec checked by gate.check
---@param samples almanac.gate.Sample[] oldest first
---@return almanac.gate.Verdict
function M.verdict(spec, samples)
  local s = tally(spec, samples)
  local verdict, why = conclude(spec, s)
  return { verdict = verdict, why = why, value = s.value, limit = spec.limit, held = s.held, watched = s.watched,
    failed_queries = s.failed }
end

--- A gate's state in one line: `0.012 < 0.05, held 1m20s of 10m`.
---@param spec almanac.gate.Spec
---@param v almanac.gate.Verdict
---@return string
function M.line(spec, v)
  if v.verdict then return v.verdict .. ": " .. v.why end
  return string.format("%s, held %s of %s", v.why, duration.format(v.held), duration.format(spec.hold))
end

-- The step -----------------------------------------------------------------------------------------

local function labels_text(labels)
  local out = {}
  for k, v in pairs(labels) do out[#out + 1] = string.format("%s=%q", k, v) end
  table.sort(out)
  return "{" .. table.concat(out, ", ") .. "}"
end

--- One sample from the answer of prom.query.
---@param spec almanac.gate.Spec
---@param answer almanac.prom.Result
---@param time number
---@return almanac.gate.Sample
function M.sample(spec, answer, time)
  local n = #answer.series
  if n == 0 then return { time = time, ok = false, missing = "no data" } end
  if n > 1 then
    local series = {}
    for i = 1, math.min(n, 20) do series[i] = labels_text(answer.series[i].labels) end
    for i = 21, n do series[i] = "…" end
    return { time = time, ok = false, series = series }
  end
  local value = answer.series[1].value
  if not value or value ~= value then return { time = time, ok = false, missing = value and "NaN" or "no data" } end
  local ok = M.judge(spec, value)
  if value == math.huge or value == -math.huge then value = M.format_value(value) end
  return { time = time, ok = ok, value = value }
end

local function take_sample(spec)
  local task = require "native.task"
  local prom = require "almanac.observe.prom"
  local ok, answer = errors.try(prom.query, spec.query, { url = spec.url })
  local time = task.wall_ms() / 1000
  if ok then return M.sample(spec, answer, time) end
  -- Ours to retry is what Prometheus did; an interrupt, a wrong call or a bug is not.
  if task.interrupted() or errors.is_interrupt(answer) or answer.kind == "usage" or answer.kind == "outside_step" then
    error(answer, 0)
  end
  return { time = time, ok = false, error = tostring(answer.message),
    permanent = answer.kind == "prom" and answer.error_type == "bad_data" or nil }
end

--- Samples of an attempt that was cut short go on; those of one that had come to its end do not.
local function earlier_samples(spec, step)
  local samples = step.previous "gate.sample"
  local v = M.verdict(spec, samples)
  if v.verdict and v.verdict ~= "pass" then return {}, nil end
  return samples, v
end

--- In a plan a gate looks once: the value now against the limit, and how long it would watch.
local function look_once(spec, draft, path)
  local sample = take_sample(spec)
  local v = M.verdict(spec, { sample })
  local value = number_of(sample.value)
  local ok = value and M.judge(spec, value)
  local text = string.format("%s, would watch for %s", value and claim(spec, value, ok) or sample.error or v.why,
    duration.format(spec.hold))
  draft:add_gate(path, { text = text, ok = ok, value = sample.value })
  return { verdict = "pass", value = value, limit = spec.limit, held = spec.hold, samples = 1 }
end

local function follow(spec)
  local step = require "almanac.run.step"
  local task = require "native.task"
  local samples, v = earlier_samples(spec, step)
  local resumed = #samples > 0
  while not (v and v.verdict) do
    local began = task.now()
    local sample = take_sample(spec)
    sample.resumed = resumed or nil
    resumed = false
    samples[#samples + 1] = sample
    step.emit("gate.sample", sample)
    v = M.verdict(spec, samples)
    step.progress(M.line(spec, v))
    if not v.verdict then task.sleep(math.max(0, spec.interval - (task.now() - began))) end
  end
  if v.verdict ~= "pass" then
    errors.raise {
      kind = "gate", verdict = v.verdict, why = v.why, value = v.value, limit = v.limit, held = v.held,
      message = string.format("gate %q: %s: %s", spec.name, v.verdict, v.why),
      hint = "the query: " .. spec.query,
    }
  end
  return { verdict = v.verdict, value = v.value, limit = v.limit, held = v.held, samples = #samples }
end

local function watch(spec)
  return require("almanac.run.step").await(function() return follow(spec) end,
    function(draft, path) return look_once(spec, draft, path) end)
end

local function digest_of(spec)
  local parts = {}
  for key in pairs(SPEC.fields) do parts[#parts + 1] = key .. "=" .. tostring(spec[key]) end
  table.sort(parts)
  return table.concat(parts, "\n")
end

--- gate(name, spec): a gate as a step of its own. gate(spec) watches in the step that is running,
--- as a branch of `parallel` does. Returns when the gate passes; otherwise raises kind "gate" with
--- `verdict`, `why`, `value`, `limit` and `held`.
---@param name string|almanac.gate.Spec
---@param spec? almanac.gate.Spec
---@return { verdict: "pass", value: number, limit: number, held: number, samples: integer }
function M.gate(name, spec)
  local step = require "almanac.run.step"
  if spec == nil and type(name) == "table" then
    step.require_read "gate"
    local frame = step.current()
    return watch(M.check(name.name or frame and frame.name or "gate", name))
  end
  local checked = M.check(name, spec)
  return step.run(name, { digest = digest_of(checked) }, function() return watch(checked) end)
end

return M
