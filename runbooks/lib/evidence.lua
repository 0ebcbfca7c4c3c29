--- What Prometheus remembers of the last minutes, as evidence that the devnet is healthy.
local devnet = require "lib.devnet"
local gates = require "lib.gates"

local evidence = {}

local POINTS = 40       -- samples of a window
local COVERED = 0.8     -- of them must be there: a shorter memory proves less
local compare = {
  ["<"] = function(a, b) return a < b end, ["<="] = function(a, b) return a <= b end,
  [">"] = function(a, b) return a > b end, [">="] = function(a, b) return a >= b end,
}

local function raise(verdict, form, ...)
  errors.raise { kind = "gate", verdict = verdict, message = string.format(form, ...) }
end

local function clock(time) return os.date("!%H:%M:%SZ", math.floor(time)) end

--- The points of the one series that a query has had in a window that ends now. A read.
local function points_of(name, query, window)
  local now = os.time()
  local series = prom.range(query, { from = now - window, to = now, step = math.max(1, window / POINTS) }).series
  if #series > 1 then raise("error", "%s: %d series answer, and not one", name, #series) end
  local points = series[1] and series[1].points or {}
  local expected = math.floor(window / math.max(1, window / POINTS))
  if #points < COVERED * expected then
    raise("no data", "%s: Prometheus has %d of %d samples of the last %s", name, #points, expected, duration.format(window))
  end
  return points
end

--- Lowest and highest value, and the last. Pure.
---@param points { value: number }[]
---@return { min: number, max: number, last: number, samples: integer }
function evidence.summary(points)
  local out = { min = points[1].value, max = points[1].value, last = points[#points].value, samples = #points }
  for _, point in ipairs(points) do
    out.min, out.max = math.min(out.min, point.value), math.max(out.max, point.value)
  end
  return out
end

--- The first point that breaks a gate's limit. Pure.
---@return { time: number, value: number }?
function evidence.broken(spec, points)
  for _, point in ipairs(points) do
    if not compare[spec.op](point.value, spec.limit) then return point end
  end
end

--- That gates of the devnet held through the whole of a window that ends now. A read.
---@param names string[]
---@param window number  seconds
---@return table<string, table>  by name: min, max, last, samples, and the limit
function evidence.held(names, window)
  local out, limits = {}, gates.read()
  for _, name in ipairs(names) do
    local spec = gates.spec(name, limits)
    local points = points_of(name, spec.query, window)
    local broken = evidence.broken(spec, points)
    if broken then
      errors.raise { kind = "gate", verdict = "fail", hint = spec.act,
        message = string.format("%s was %.4g at %s; healthy is %s %.4g (%s)", name, broken.value, clock(broken.time), spec.op,
          spec.limit, spec.limit_from) }
    end
    out[name] = evidence.summary(points)
    out[name].limit = spec.op .. " " .. spec.limit
  end
  return out
end

--- That the head advanced at its expected interval through a window that ends now. A read.
---@param window number     seconds
---@param target number     seconds between two blocks
---@param tolerance number  share of it
---@return { blocks: integer, interval: number, target: number }
function evidence.block_interval(window, target, tolerance)
  local points = points_of("head", "max(animica_head_height)", window)
  local first, last = points[1], points[#points]
  local blocks = last.value - first.value
  if blocks <= 0 then raise("fail", "the head stands at %d since %s", last.value, duration.format(last.time - first.time)) end
  local interval = (last.time - first.time) / blocks
  if math.abs(interval - target) > tolerance * target then
    raise("fail", "a block every %.2f s in the last %s; the target is %.2f s, give or take %d %%", interval,
      duration.format(window), target, math.floor(tolerance * 100))
  end
  return { blocks = math.floor(blocks), interval = interval, target = target }
end

--- That no alert of severity critical or page fired in a window that ends now. A read.
---@param window number seconds
---@return { firing: integer, window: number }
function evidence.no_critical_alerts(window)
  devnet.critical_alerts()
  local now = os.time()
  local fired, last = {}, 0
  local series = prom.range('ALERTS{alertstate="firing", severity=~"critical|page"}',
    { from = now - window, to = now, step = math.max(1, window / POINTS) }).series
  for i, one in ipairs(series) do
    fired[i], last = one.labels.alertname or "?", math.max(last, one.points[#one.points].time)
  end
  if #fired > 0 then
    errors.raise { kind = "gate", verdict = "fail", message = string.format("fired in the last %s: %s, at %s still",
      duration.format(window), table.concat(fired, ", "), clock(last)),
      hint = string.format("resume after %s, when none fired for %s", clock(last + window), duration.format(window)) }
  end
  return { firing = 0, window = window }
end

return evidence
