--- A backtest for people: one line for each gate, and what there is to say of those that did not hold.
local columns = require "almanac.base.columns"
local duration = require "almanac.base.duration"
local numbers = require "almanac.base.number"
local terminal = require "almanac.base.terminal"
local timestamp = require "almanac.base.timestamp"

local paint = terminal.paint

local M = {}

local VERDICTS = {
  pass = { "✓", "held", "32" }, fail = { "✗", "BROKEN", "31" }, inconclusive = { "✗", "BROKEN", "31" },
  ["no data"] = { "?", "NO DATA", "33" }, error = { "!", "ERROR", "31" }, ["not over"] = { "·", "not over", "33" },
}

local function number(value)
  return type(value) == "number" and numbers.short(value) or tostring(value)
end

local DAY = 86400

--- Writes times with their date where the window has several.
local function clock(past)
  local form = (past.to or past.from) - past.from > DAY and "!%m-%d %H:%M:%SZ" or "!%H:%M:%SZ"
  return function(seconds) return os.date(form, math.floor(seconds)) end
end

local function named(finding, path)
  return finding.kind == "guard" and path .. ": " .. finding.name or path
end

--- The names by which findings are told apart: the end of the path, or all of it where two end so.
---@return table<table, string>
local function names_of(findings)
  local count, out = {}, {}
  local function short(finding) return named(finding, finding.path:match "[^/]*$") end
  for _, finding in ipairs(findings) do count[short(finding)] = (count[short(finding)] or 0) + 1 end
  for _, finding in ipairs(findings) do
    out[finding] = count[short(finding)] > 1 and named(finding, finding.path) or short(finding)
  end
  return out
end

--- A comparison is over at once, and holds nothing.
local COMPARED = { pass = "passed", fail = "FAILED", inconclusive = "INCONCLUSIVE" }

local function verdict_of(finding)
  local word = finding.kind == "canary" and COMPARED[finding.verdict] or VERDICTS[finding.verdict][2]
  if finding.kind == "gate" and finding.watches > 1 then return string.format("%s %d/%d", word, finding.held, finding.watches) end
  return word
end

local function is_upper(finding)
  return finding.op == "<" or finding.op == "<="
end

local HEAD = { "gate", "verdict", "healthy is", "would have held", "with the margin" }

local function row_of(finding, name)
  if not finding.op then return { name, verdict_of(finding), "", "", "" } end -- a canary, or alerts
  local needed = finding.needed and (is_upper(finding) and "<= " or ">= ") .. number(finding.needed)
  return {
    name, verdict_of(finding), finding.op .. " " .. number(finding.limit), needed or "no limit",
    finding.suggested and finding.op .. " " .. number(finding.suggested) or "-",
  }
end

local function add_breaks(out, finding, at)
  for _, one in ipairs(finding.breaks) do
    local lasted = one.to > one.from and string.format("from %s to %s (%s)", at(one.from), at(one.to),
      duration.format(one.to - one.from)) or "at " .. at(one.from)
    out[#out + 1] = string.format("      %s %s", number(one.worst), lasted)
  end
  local more = finding.broken - #finding.breaks
  if more > 0 then out[#out + 1] = string.format("      and %d more", more) end
end

local function add_metrics(out, finding)
  for _, metric in ipairs(finding.metrics) do
    local least = metric.least_bad and "passes from bad = " .. number(metric.least_bad) or "passes at none that was tried"
    out[#out + 1] = string.format("      %s: %s, %s; bad = %s, %s%s", metric.name, metric.verdict, metric.seen,
      number(metric.declared), least, metric.informational and " (informational)" or "")
  end
end

local function add_details(out, finding, at)
  local passed = finding.verdict == "pass"
  if not passed or finding.kind == "canary" then
    out[#out + 1] = "      " .. (finding.at and at(finding.at) .. "  " or "") .. terminal.one_line(finding.why)
  end
  if finding.kind == "canary" then return add_metrics(out, finding) end
  if not passed or finding.broken > 0 then add_breaks(out, finding, at) end
  if not passed and finding.limit_from then out[#out + 1] = "      the limit: " .. finding.limit_from end
  if not passed then out[#out + 1] = "      the query: " .. terminal.one_line(finding.query) end
end

local function widths_of(rows)
  local widths = {}
  for _, row in ipairs(rows) do
    for i, cell in ipairs(row) do widths[i] = math.max(widths[i] or 0, columns.of(cell)) end
  end
  return widths
end

local function line_of(row, widths)
  local cells = {}
  for i, cell in ipairs(row) do cells[i] = columns.pad(cell, widths[i]) end
  return (table.concat(cells, "  "):gsub("%s+$", ""))
end

local function summary(findings)
  local counts, parts = {}, {}
  for _, finding in ipairs(findings) do
    local word = VERDICTS[finding.verdict][2]:lower()
    counts[word] = (counts[word] or 0) + 1
  end
  for _, word in ipairs { "held", "broken", "no data", "error", "not over" } do
    if counts[word] then parts[#parts + 1] = counts[word] .. " " .. word end
  end
  return #parts > 0 and table.concat(parts, ", ") or "no gate, guard or canary was met"
end

local function window_of(past)
  if not past.to then return "as if it had begun at " .. timestamp.utc(past.from) end
  return string.format("from %s to %s", timestamp.utc(past.from),
    timestamp.utc(past.to))
end

--- What was found, in full.
---@param past almanac.Past
---@param color boolean
---@return string
function M.text(past, color)
  local rows, at, names = { HEAD }, clock(past), names_of(past.findings)
  for i, finding in ipairs(past.findings) do rows[i + 1] = row_of(finding, names[finding]) end
  local widths = widths_of(rows)
  local out = { string.format("%s %s; margin %s %%", past.runbook, window_of(past), number(past.margin * 100)), "" }
  if #past.findings > 0 then out[#out + 1] = paint("  " .. line_of(HEAD, widths), "90", color) end
  for i, finding in ipairs(past.findings) do
    local mark = VERDICTS[finding.verdict]
    out[#out + 1] = paint(mark[1] .. " " .. line_of(rows[i + 1], widths), mark[3], color)
    add_details(out, finding, at)
  end
  if #past.findings > 0 then out[#out + 1] = "" end
  if past.stopped then out[#out + 1] = "What follows was not looked at: " .. past.stopped end
  out[#out + 1] = summary(past.findings)
  return terminal.lines(out)
end

return M
