--- What a gate's samples come to: a number watched over a window against a limit, and one of five verdicts.
--- Pure.
---
---   pass          healthy for `hold` without a break
---   fail          past the critical limit once, or never healthy in the window
---   inconclusive  sometimes healthy, but not for `hold` within twice that time
---   no data       the query gave nothing (or NaN) in the whole window; never a pass
---   error         several series answered, or Prometheus could not be asked or refused the query
---
--- An unhealthy sample starts the hold again (unless `tolerate` allows for it); so does one without
--- data. A query that failed neither adds to the hold nor breaks it, but more than `errors` in a
--- row end the gate. Time in which nobody watched (the run was stopped, Prometheus did not answer) counts for
--- nothing, and is shown.
local duration = require "almanac.base.duration"
local number = require "almanac.base.number"
local samples_of = require "almanac.observe.gate.sample"

local M = {}

---@class almanac.gate.Verdict
---@field verdict? "pass"|"fail"|"inconclusive"|"no data"|"error"  nil: still watching
---@field why string
---@field value? number            the last one
---@field limit number
---@field held number              seconds
---@field watched number           seconds
---@field unwatched number         seconds in which nobody saw anything

--- A value against the limit, in words.
---@param spec almanac.gate.Spec
---@param value number
---@param healthy boolean
---@return string
function M.claim(spec, value, healthy)
  return string.format("%s %s %s", number.short(value), healthy and spec.op or "is not " .. spec.op,
    number.short(spec.limit))
end

local function unwatched_text(seconds)
  return string.format(" (%s unwatched)", duration.format(seconds))
end

-- An answer this much later than expected, in intervals and seconds, still belongs to an unbroken watch.
local LATE_INTERVALS, LATE_SECONDS = 2, 1

--- The time since the sample before: whether it was watched. Between two answers it was, unless they are
--- further apart than the interval explains; before and after a query that failed nobody saw anything.
local function watched_since(spec, last, sample)
  local dt = last and sample.time - last.time or 0
  if dt <= 0 then return 0, 0, 0 end
  if sample.resumed then return 0, dt, 0 end
  if last.error or sample.error or dt > LATE_INTERVALS * spec.interval + LATE_SECONDS then return 0, dt, dt end
  return dt, 0, 0
end

local function count_failed(spec, s, sample)
  s.failed, s.in_row, s.why, s.permanent = s.failed + 1, s.in_row + 1, sample.error, sample.permanent
  return s.permanent ~= nil or s.in_row > spec.errors
end

--- Counts an answer; true when it settles the gate.
local function count_answer(spec, s, sample)
  local counts = s.watched >= spec.grace
  local value = number.of(sample.value)
  s.in_row, s.permanent, s.value = 0, nil, value
  local healthy, critical = false, false
  if value then healthy, critical = samples_of.judge(spec, value) end
  if healthy then
    s.bad_row = 0
    if counts then
      s.healthy, s.held = s.healthy + 1, s.since and s.held + (s.watched - s.since) or 0
      s.since = s.watched
    end
    return false
  end
  if not counts then return false end
  s.bad_row = s.bad_row + 1
  if value then s.unhealthy = s.unhealthy + 1 else s.missing, s.kind = s.missing + 1, sample.missing end
  if critical then s.critical = value end
  if not value or s.bad_row > spec.tolerate then s.held, s.since = 0, nil end
  return critical
end

---@class almanac.gate.Tally  what samples say so far, counted in seconds of watching
---@field unwatched number  all time in which nobody saw anything
---@field lost number       what of it passed while the gate was trying

--- A watch of which there is no sample yet.
---@return almanac.gate.Tally
function M.begin()
  return { watched = 0, unwatched = 0, lost = 0, held = 0, healthy = 0, unhealthy = 0, missing = 0, failed = 0, in_row = 0,
    bad_row = 0 }
end

--- Takes the next sample. What is settled takes none any more.
---@param spec almanac.gate.Spec checked
---@param s almanac.gate.Tally
---@param sample almanac.gate.Sample
function M.add(spec, s, sample)
  if s.settled then return end
  local watched, unwatched, lost = watched_since(spec, s.last, sample)
  s.watched, s.unwatched, s.lost = s.watched + watched, s.unwatched + unwatched, s.lost + lost
  s.last = sample
  if sample.series then
    s.several, s.settled = sample.series, true
  elseif sample.error then
    s.settled = count_failed(spec, s, sample)
  else
    s.settled = count_answer(spec, s, sample)
  end
end

--- What there is to say before a sample counts: within the grace there may be some that have no value.
local function unseen(s)
  if not s.last or s.value then return "no sample yet" end
  return s.last.missing == "NaN" and "NaN" or "no data"
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
    return "fail", string.format("%s is past the critical limit %s", number.short(s.critical),
      number.short(spec.critical))
  end
  if s.since and s.held >= spec.hold then
    return "pass", string.format("%s for %s", M.claim(spec, s.value or spec.limit, true), duration.format(spec.hold))
  end
  -- It cannot be tried for ever what nobody sees: as long as would be watched, and all tries that may fail.
  if s.lost > 2 * spec.hold + (spec.errors + 1) * spec.interval then
    s.given_up = true
    return "inconclusive", string.format("nobody could watch for %s, %s was watched", duration.format(s.lost),
      duration.format(s.watched))
  end
  if s.in_row > 0 then return nil, string.format("%d of %d tries failed: %s", s.in_row, spec.errors + 1, s.why) end
  if s.healthy + s.unhealthy + s.missing == 0 then return nil, unseen(s) end
  if window >= spec.hold and s.healthy == 0 then
    if s.unhealthy == 0 then
      return "no data", string.format("the query gave %s for %s", s.kind == "NaN" and "NaN" or "nothing",
        duration.format(window))
    end
    return "fail", string.format("never healthy in %s%s", duration.format(window),
      s.value and ", last " .. M.claim(spec, s.value, false) or "")
  end
  -- Watched for twice the hold at most: nothing can pass any more once the rest is too short.
  if window + (spec.hold - s.held) > 2 * spec.hold + spec.interval then
    return "inconclusive", string.format("healthy in %d of %d samples, but not for %s without a break",
      s.healthy, s.healthy + s.unhealthy + s.missing, duration.format(spec.hold))
  end
  if not s.value then return nil, s.kind == "NaN" and "NaN" or "no data" end
  return nil, M.claim(spec, s.value, (samples_of.judge(spec, s.value)))
end

--- The verdict so far.
---@param spec almanac.gate.Spec checked
---@param s almanac.gate.Tally
---@return almanac.gate.Verdict
function M.so_far(spec, s)
  local verdict, why = conclude(spec, s)
  -- An error tells of it in its own words.
  if verdict and verdict ~= "error" and not s.given_up and s.unwatched > 0 then why = why .. unwatched_text(s.unwatched) end
  return { verdict = verdict, why = why, value = s.value, limit = spec.limit, held = s.held, watched = s.watched,
    unwatched = s.unwatched, failed_queries = s.failed }
end

--- The verdict over all samples of a gate.
---@param spec almanac.gate.Spec checked by the spec module
---@param samples almanac.gate.Sample[] oldest first
---@return almanac.gate.Verdict
function M.of(spec, samples)
  local s = M.begin()
  for _, sample in ipairs(samples) do M.add(spec, s, sample) end
  return M.so_far(spec, s)
end

--- A gate's state in one line: `0.012 < 0.05, held 1m20s of 10m`.
---@param spec almanac.gate.Spec
---@param v almanac.gate.Verdict
---@return string
function M.line(spec, v)
  if v.verdict then return v.verdict .. ": " .. v.why end
  return string.format("%s, held %s of %s%s", v.why, duration.format(v.held), duration.format(spec.hold),
    v.unwatched > 0 and unwatched_text(v.unwatched) or "")
end

return M
