--- When what of a run went on: its executions, and of each step the spans in which it worked, watched, waited, was
--- about to be tried again, or waited for somebody's answer. Fed with the events of a run, and of those that it made.
--- Pure.
local M = {}

---@class almanac.report.Span
---@field from_ms integer
---@field to_ms integer
---@field kind "work"|"watch"|"wait"|"approval"|"retry"
---@field ended? "failed"|"stopped"|"killed"|"running"  nil: as it should

---@class almanac.report.Execution  one process that drove the run
---@field how "run"|"resume"
---@field operator? string
---@field host? string         nil, as the version is, of an older almanac
---@field version? string      of almanac
---@field commit? string       that it was built from
---@field digest? string       of the script
---@field edited? boolean      it is another one than the execution before had
---@field started_ms integer
---@field ended_ms integer     of its last event
---@field ended string         a status of a run; "killed": it left none

---@class almanac.report.Timeline
---@field executions almanac.report.Execution[]
---@field private open table<string, table<table, almanac.report.Span>>  by run, by node
---@field private asked table<table, almanac.report.Span>  by node: a question outlives the process that asked
---@field private last table<string, integer>  by run: when something was heard of it
---@field private of table<table, almanac.report.Span[]>  by node
---@field private sleeps table<table, true>
local Timeline = {}
Timeline.__index = Timeline

---@return almanac.report.Timeline
function M.new()
  return setmetatable({ executions = {}, open = {}, asked = {}, last = {}, of = {}, sleeps = {} }, Timeline)
end

--- The spans of a node, oldest first.
---@param node almanac.Node
---@return almanac.report.Span[]
function Timeline:spans(node)
  return self.of[node] or {}
end

local function add(self, node, span)
  self.of[node] = self.of[node] or {}
  table.insert(self.of[node], span)
  return span
end

local function open_of(self, run)
  self.open[run] = self.open[run] or {}
  return self.open[run]
end

local function begin(self, run, node, kind, time_ms)
  open_of(self, run)[node] = add(self, node, { from_ms = time_ms, to_ms = time_ms, kind = kind })
end

local function finish(self, run, node, time_ms, ended)
  local span = open_of(self, run)[node]
  if not span then return nil end
  open_of(self, run)[node] = nil
  span.to_ms, span.ended = math.max(span.from_ms, time_ms), ended
  if span.from_ms > time_ms then -- interrupted while it was to be tried again
    local spans = self.of[node]
    table.remove(spans)
    local before = spans[#spans]
    if before then before.to_ms = time_ms end
  end
  return span
end

--- What is under way of a run is so no more.
local function finish_all(self, run, time_ms, ended)
  local nodes = {}
  for node in pairs(open_of(self, run)) do nodes[#nodes + 1] = node end
  for _, node in ipairs(nodes) do finish(self, run, node, time_ms, ended) end
end

local on = {}

--- A process that begins where the one before left no end: that one was killed.
local function begin_execution(self, event, run, how)
  local before = self.executions[#self.executions]
  local heard = self.last[run] or event.time_ms
  finish_all(self, run, heard, "killed")
  if run ~= "" then return end
  if before and not before.ended then before.ended, before.ended_ms = "killed", heard end
  local data = event.data
  table.insert(self.executions, {
    how = how, operator = data.operator, host = data.host, version = data.version, commit = data.commit, digest = data.digest,
    started_ms = event.time_ms,
    edited = before and before.digest and data.digest and data.digest ~= before.digest or nil,
  })
end

on["run.start"] = function(self, event, run) begin_execution(self, event, run, "run") end
on["run.resume"] = function(self, event, run) begin_execution(self, event, run, "resume") end

on["run.end"] = function(self, event, run)
  if event.data.by then return end -- another run took it back
  finish_all(self, run, event.time_ms, "stopped")
  local last = self.executions[#self.executions]
  if run == "" and last then last.ended, last.ended_ms = event.data.status, event.time_ms end
end

--- A sleep goes on behind a resume without a word.
on["step.start"] = function(self, event, run, node) begin(self, run, node, self.sleeps[node] and "wait" or "work", event.time_ms) end

on["step.done"] = function(self, event, run, node)
  if finish(self, run, node, event.time_ms) or event.data.skipped then return end
  add(self, node, { from_ms = event.data.started or event.time_ms, to_ms = event.time_ms, kind = "work" })
end

on["step.failed"] = function(self, event, run, node) finish(self, run, node, event.time_ms, "failed") end
on["step.interrupted"] = function(self, event, run, node) finish(self, run, node, event.time_ms, "stopped") end

on["step.retry"] = function(self, event, run, node)
  finish(self, run, node, event.time_ms, "failed")
  local again = event.time_ms + math.floor((tonumber(event.data.delay) or 0) * 1000)
  add(self, node, { from_ms = event.time_ms, to_ms = again, kind = "retry" })
  begin(self, run, node, "work", again)
end

--- What a step does turns out to be a wait of some kind.
local function turns_into(kind)
  return function(self, _, run, node)
    local span = open_of(self, run)[node]
    if span then span.kind = kind end
  end
end

on["gate.start"] = turns_into "watch"
on["gate.sample"] = turns_into "watch"
on["canary.start"] = turns_into "watch"
on["canary.sample"] = turns_into "watch"
on["sleep.until"] = function(self, event, run, node)
  self.sleeps[node] = true
  turns_into "wait"(self, event, run, node)
end

--- A question at the terminal; behind its answer the step goes on.
on["question.put"] = function(self, event, run, node)
  finish(self, run, node, event.time_ms)
  begin(self, run, node, "approval", event.time_ms)
end

on["question.over"] = function(self, event, run, node)
  if finish(self, run, node, event.time_ms) then begin(self, run, node, "work", event.time_ms) end
end

--- A guard goes on behind its answer.
on["guard.answered"] = function(self, event, run, node)
  if event.data.answer == "go on" and not open_of(self, run)[node] then begin(self, run, node, "work", event.time_ms) end
end

on["confirm.asked"] = function(self, event, run, node)
  if self.asked[node] then return end
  finish(self, run, node, event.time_ms)
  self.asked[node] = add(self, node, { from_ms = event.time_ms, to_ms = event.time_ms, kind = "approval" })
end

on["confirm.answered"] = function(self, event, _, node)
  local span = self.asked[node]
  if not span then return end
  span.to_ms, self.asked[node] = math.max(span.from_ms, event.time_ms), nil
end

--- Folds an event in.
---@param event almanac.Event
---@param node almanac.Node?  of its path
function Timeline:add(event, node)
  local run = event.run or ""
  local fn = on[event.kind]
  if fn and (node or event.kind:find "^run%.") then fn(self, event, run, node) end
  if event.kind ~= "run.end" or not event.data.by then self.last[run] = event.time_ms end
end

--- Ends what is open: with the run, or now where it goes on.
---@param is_running boolean
---@param now_ms integer
function Timeline:close(is_running, now_ms)
  for run in pairs(self.open) do finish_all(self, run, is_running and now_ms or self.last[run], is_running and "running" or "killed") end
  local last = self.executions[#self.executions]
  if last and not last.ended then
    last.ended, last.ended_ms = is_running and "running" or "killed", is_running and now_ms or self.last[""]
  end
  local over_ms = is_running and now_ms or last and last.ended_ms or 0
  for _, span in pairs(self.asked) do span.to_ms, span.ended = math.max(span.from_ms, over_ms), "running" end
end

return M
