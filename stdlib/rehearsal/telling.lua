--- What a rehearsal says of itself, before and after.
local differences = require "almanac.rehearsal.difference"
local duration = require "almanac.base.duration"
local moments = require "almanac.rehearsal.moment"
local plans = require "almanac.render.plan"
local shell_word = require "almanac.base.shell_word"

local M = {}

local SHOWN = 5      -- of a list
local LINES_MAX = 60 -- of what is otherwise in the copy

local function add(out, name, text) out[#out + 1] = string.format("  %-11s %s", name .. ":", text) end

--- The first of a list, and how many more there are.
local function some(list)
  local shown = table.concat(list, ", ", 1, math.min(#list, SHOWN))
  return #list > SHOWN and string.format("%s and %d more", shown, #list - SHOWN) or shown
end

local function add_cluster(out, stage, header, copy, left)
  add(out, "cluster", copy)
  local sick = header and header.not_ready or {}
  if sick[1] then add(out, "healed", some(sick) .. ": not ready there, and new here") end
  if left[1] then add(out, "not up", some(left)) end
  for _, one in ipairs(header and header.unread or {}) do add(out, "not read", one.resource .. ": " .. one.why) end
  for _, one in ipairs(stage.served.cluster.restored.left_out) do add(out, "left out", one.object .. ": " .. one.why) end
end

local function prometheus_of(stage)
  if stage.prometheus then return stage.prometheus .. ", the real one: its numbers are of the real cluster" end
  return "simulated, " .. stage.no_prometheus
    .. ": a gate of which nothing else is said has a healthy value, both arms of a canary the same"
end

--- What is rehearsed, on what, and what will go wrong.
---@param stage table
---@param header almanac.SnapshotHeader?
---@param copy string
---@param given table
---@param left string[]  workloads that did not come up
---@return string[] lines
function M.introduction(stage, header, copy, given, left)
  local out = { "REHEARSAL: nothing outside of it is changed" }
  add_cluster(out, stage, header, copy, left)
  add(out, "prometheus", prometheus_of(stage))
  add(out, "loki", "simulated")
  add(out, "effects", "of k8s and helm on the copy" .. (given.real and "; real: " .. table.concat(given.real, ", ") or "")
    .. "; all others are previewed")
  for _, entry in ipairs(stage.schedule.entries) do
    add(out, entry.what == "kill" and "kill" or "fault", (entry.what == "kill" and "" or entry.name .. " ") .. moments.text(entry.when))
  end
  if stage.schedule.kills then add(out, "kill", string.format("%s, seed %d", stage.schedule.kills, given.seed)) end
  return out
end

local VERDICTS = { [0] = "it would be done", [1] = "it would fail", [2] = "it would be refused", [3] = "it would wait for an answer",
  [4] = "it would fail and be undone", [130] = "it was interrupted" }

--- What is otherwise in the copy.
local function add_difference(out, difference)
  local lines = plans.changes(difference.changes, "  ", false)
  if not lines[1] then lines[1] = "  nothing is otherwise" end
  out[#out + 1] = "the copy, before and after:"
  for i = 1, math.min(#lines, LINES_MAX) do out[#out + 1] = lines[i] end
  if #lines > LINES_MAX then out[#out + 1] = string.format("  … and %d lines more: the report has them", #lines - LINES_MAX) end
  local folded = differences.folded(difference)
  if folded then out[#out + 1] = "  = " .. folded end
  for _, text in ipairs(difference.waiting) do out[#out + 1] = "! not ready in the end: " .. text end
end

--- How it ended, what happened when, and where to look.
---@param stage table
---@param stands almanac.rehearsal.Standing?
---@param code integer   of the run
---@param back integer?  of what took it back
---@param found { copy: almanac.rehearsal.Difference, planned: string[]?, irreversible: string[] }
---@return string[] lines
function M.conclusion(stage, stands, code, back, found)
  local verdict = VERDICTS[code] or "it ended with " .. tostring(code)
  if back then verdict = verdict .. (back == 0 and ", and could be taken back" or ", and taking it back would not be done") end
  if found.irreversible[1] then verdict = string.format("%s but for %s, which nothing takes back", verdict, some(found.irreversible)) end
  local out = { string.format("REHEARSAL: %s%s", verdict, stands and " (" .. stands.status .. ")" or "") }
  for _, entry in ipairs(stage.story) do
    out[#out + 1] = string.format("  %6s  %s", duration.format(math.floor(entry.seconds)), entry.text)
  end
  for _, entry in ipairs(stage.schedule:missed()) do
    out[#out + 1] = string.format("! %s was to come %s, and did not", entry.name, moments.text(entry.when))
  end
  for _, one in ipairs(stage.served.cluster.faults:unmet()) do
    out[#out + 1] = string.format("! %s met no pod%s", one.fault, one.meant and "; did you mean " .. one.meant .. "?" or "")
  end
  for _, line in ipairs(stage.numbers:told()) do out[#out + 1] = line end
  if stands then
    if found.planned then
      out[#out + 1] = "planned, and what happened:"
      for _, line in ipairs(found.planned) do out[#out + 1] = "  " .. line end
    end
    add_difference(out, found.copy)
    local store = shell_word.plain(stage.directory .. "/journal")
    out[#out + 1] = string.format("  report:  almanac report %s --store %s -o rehearsal.html", stands.run, store)
    out[#out + 1] = "  requests to the simulated API: " .. stage.directory .. "/requests.jsonl"
  end
  return out
end

return M
