--- Words of a report that all its forms share: times, durations, marks, and values cut to what one reads. Pure.
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local json = require "native.json"
local timestamp = require "almanac.base.timestamp"

local M = {}

--- Marks of steps, and what they are called.
M.MARKS = {
  done = "✓", skipped = "∅", failed = "✗", running = "…", waiting = "·", cut = "⊘", retrying = "↻", undone = "↩", paused = "‖",
  cancelled = "⊘", asking = "?",
}

M.STATUS = { cut = "killed", waiting = "not reached" }
M.EFFECT = { begun = "begun, no outcome", recovered = "done; found so after a crash" }

--- What became of an effect.
---@param effect almanac.report.Effect
---@return string
function M.effect(effect)
  local word = M.EFFECT[effect.status] or effect.status
  if effect.status == "failed" and effect.earlier then word = "failed, in an earlier try" end
  if type(effect.result) == "table" and effect.result.already_done then word = "not run: done already" end
  if effect.undone then return word .. ", taken back" end
  if effect.left == "nothing" then return word .. "; it never took place" end
  if effect.left == "irreversible" then return word .. "; nothing takes it back" end
  return effect.left and word .. ", NOT taken back" or word
end

---@param status string of a step
---@return string
function M.status(status)
  return M.STATUS[status] or status
end

--- A moment: "2026-11-29 00:31:05 UTC".
---@param ms integer
---@return string
function M.time(ms)
  return timestamp.shown(ms / 1000)
end

--- From a moment to another, or since it: "2026-11-29 00:31:05 – 00:33:10 UTC (2m5s)".
---@param from_ms integer
---@param to_ms integer?
---@return string
function M.span(from_ms, to_ms)
  if not to_ms then return "since " .. M.time(from_ms) end
  local same_day = from_ms // 86400000 == to_ms // 86400000
  return string.format("%s – %s (%s)", os.date("!%Y-%m-%d %H:%M:%S", from_ms // 1000),
    same_day and M.clock(to_ms) .. " UTC" or M.time(to_ms), M.length((to_ms - from_ms) / 1000))
end

---@param ms integer
---@return string  "00:31:05"
function M.clock(ms)
  return os.date("!%H:%M:%S", ms // 1000)
end

--- A length of time as one reads it: tenths below ten seconds, none above.
---@param seconds number?
---@return string
function M.length(seconds)
  if not seconds then return "" end
  if seconds < 10 then return duration.format(math.floor(seconds * 1000 + 0.5) / 1000) end
  return duration.format(math.floor(seconds + 0.5))
end

--- What is asked at the terminal of a run that is under way.
---@param put almanac.Put
---@return string
function M.asked(put)
  local choices = type(put.choices) == "table" and " " .. table.concat(put.choices, " or ") .. "?" or ""
  return string.format("%s is asked at the terminal since %s UTC: %s%s", put.by, M.clock(put.since), M.first_line(put.question), choices)
end

---@param n integer
---@param word string
---@return string
function M.plural(n, word)
  return string.format("%d %s%s", n, word, n == 1 and "" or "s")
end

--- The program that ran a run: "0.1.0 (commit 1b739341a)".
---@param one { version: string?, commit: string? }
---@return string?
function M.version(one)
  return one.version and one.version .. (one.commit and " (commit " .. one.commit .. ")" or "")
end

--- How often something befell a run: "killed once", "resumed 2 times". Nothing of what did not.
---@param counts table<string, integer>  of a report
---@return string[]
function M.course(counts)
  local out = {}
  for _, one in ipairs { { "kills", "killed" }, { "resumes", "resumed" }, { "edits", "its script edited" } } do
    local n = counts[one[1]]
    if n > 0 then out[#out + 1] = string.format("%s %s", one[2], n == 1 and "once" or n .. " times") end
  end
  if counts.retries > 0 then out[#out + 1] = string.format("%d %s", counts.retries, counts.retries == 1 and "retry" or "retries") end
  return out
end

--- One execution of a run, by its columns: how, by whom, when, and how it ended.
---@param execution almanac.report.Execution
---@return { how: string, who: string, from: string, length: string, ended: string }
function M.execution(execution)
  return {
    how = execution.how .. (execution.edited and ", the script edited" or ""),
    who = (execution.operator or "?") .. (execution.host and " on " .. execution.host or ""), from = M.time(execution.started_ms),
    length = M.length((execution.ended_ms - execution.started_ms) / 1000), ended = execution.ended,
  }
end

---@param text any
---@return string
function M.first_line(text)
  return (errors.printable(tostring(text or "")):match "^%s*([^\n]*)")
end

--- A text of at most so many bytes, cut between characters.
---@param text string
---@param bytes integer
---@return string
function M.cut(text, bytes)
  if #text <= bytes then return text end
  local to = bytes
  while to > 0 and (text:byte(to + 1) or 0) & 0xC0 == 0x80 do to = to - 1 end
  return text:sub(1, to) .. "…"
end

--- The lines of an excerpt with their numbers, the one that is meant marked.
---@param excerpt almanac.report.Excerpt
---@return string
function M.excerpt(excerpt)
  local lines = {}
  for i, line in ipairs(excerpt.lines) do lines[i] = string.format("%s%5d  %s", line.here and ">" or " ", line.number, line.text) end
  return table.concat(lines, "\n")
end

--- A value on one line.
---@param value any
---@param bytes? integer
---@return string
function M.value(value, bytes)
  if value == nil then return "" end
  local plain = type(value) == "string" and not value:find "%c" and value ~= ""
  return M.cut(plain and value or json.encode(value, { canonical = true }), bytes or 200)
end

--- A change of an object, in one line.
---@param change table  of a plan, or of a rehearsal's cluster
---@return string
function M.change(change)
  return string.format("%s: %s%s", change.object or "", change.action or "", change.why and ": " .. change.why or "")
end

local FIELD_MARKS = { added = "+", removed = "-" }

--- A field of a changed object, in one line: "+ .spec.paused: true", "~ .spec.replicas: 1 → 2".
---@param field table
---@return string
function M.field(field)
  local text
  if field.kind == "changed" then
    text = string.format("%s → %s", M.value(field.old), M.value(field.new))
  elseif field.kind == "added" then
    text = M.value(field.new)
  else
    text = M.value(field.old)
  end
  return string.format("%s %s: %s", FIELD_MARKS[field.kind] or "~", field.path, text)
end

--- The error's texts of other programs, the ones that say why.
---@param err table
---@return { name: string, text: string }[]
function M.logs(err)
  local out = {}
  for _, name in ipairs { "logs", "stderr", "traceback" } do
    if type(err[name]) == "string" and err[name]:find "%S" then out[#out + 1] = { name = name, text = errors.printable(err[name]) } end
  end
  return out
end

--- What of a rehearsal's cluster is not listed, and what is not ready in it.
---@param copy table  of the report
---@return string[] lines
function M.copy(copy)
  local folded, out = copy.folded or {}, {}
  if (folded.objects or 0) + (folded.fields or 0) > 0 then
    out[1] = string.format("Besides, controllers made or changed %s, and wrote fields of %s.", M.plural(folded.objects or 0, "object"),
      M.plural(folded.fields or 0, "other"))
  end
  for _, text in ipairs(copy.waiting or {}) do out[#out + 1] = "Not ready in the end: " .. text end
  return out
end

--- What a report of a rehearsal says on each of its pages; nil of a run.
---@param report almanac.Report
---@return string?
---@return string? numbers  what is to know of those that gates and canaries saw
function M.rehearsal(report)
  local mark = report.run.rehearsal
  if not mark then return nil end
  return "REHEARSAL: nothing but " .. tostring(mark.copy or "a simulated cluster") .. " was changed",
    mark.numbers and "the numbers that gates and canaries saw were simulated" or nil
end

--- What a run did with a script that nobody signed.
---@param text { from: integer, to: integer, count: integer }
---@return string
function M.unsigned(text)
  return string.format("events %d to %d: %d steps and effects are of another script than was signed", text.from, text.to, text.count)
end

return M
