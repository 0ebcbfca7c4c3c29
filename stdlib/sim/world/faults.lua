--- What is made to go wrong in the simulated cluster: named faults, put on and taken off at any time.
---
---   crash=WORKLOAD            the workload's first container exits soon after each start
---   notready=WORKLOAD         its readiness probe fails
---   missing=WORKLOAD          its image cannot be pulled
---   unschedulable=WORKLOAD    no node takes its pods
---   oomkill=WORKLOAD          its first container is killed for its memory soon after each start
---   refuse=WORKLOAD           an admission webhook refuses its pods
---   slow=WORKLOAD             it needs 20 seconds to become ready
---   log-errors=WORKLOAD       it logs errors
---   unobserved=WORKLOAD       its controller sees each change 5 seconds late
---
--- WORKLOAD is a name, or namespace/name; with :TAG behind it the fault is that image's alone, so that a new
--- revision has it and the old one has not. Each also comes with an image tag: one that holds the
--- fault's name, or whose last part (behind the last "-") begins with its word in hexadecimal digits: dead
--- (crash), fade (notready), 404404 (missing), decade (slow).
---
--- Faults of what the devnet serves are listed in SERVED below; no-data=METRIC takes a metric away and
--- series=METRIC serves it as several series.
local nearest = require "almanac.base.nearest"

local faults = {}

local Faults = {}
Faults.__index = Faults

local WORKLOAD = { crash = true, notready = true, missing = true, unschedulable = true, slow = true,
  oomkill = true, refuse = true, unobserved = true, ["log-errors"] = true }
local METRIC = { ["no-data"] = true, series = true }

--- Faults of the devnet's metrics and services, without a value.
faults.SERVED = {
  "head-stall", "head-lag", "finality-stall", "rpc-errors", "rpc-slow", "rpc-down", "gamma-stall", "unfair",
  "mempool-stuck", "mempool-full", "mempool-rejects", "low-peers", "p2p-drops", "p2p-backpressure", "da-sampling",
  "da-proofs", "beacon-stale", "vdf-fail", "vdf-slow", "aicf-timeouts", "aicf-stall", "aicf-sla",
  "aicf-slashing", "explorer-5xx", "explorer-ws", "explorer-down", "wrong-chain",
}

local SERVED = {}
for _, name in ipairs(faults.SERVED) do SERVED[name] = true end

local KINDS = {}
for _, kinds in ipairs { WORKLOAD, METRIC, SERVED } do
  for kind in pairs(kinds) do KINDS[kind] = true end
end

local HEX_TAGS = { crash = "dead", notready = "fade", missing = "404404", slow = "decade" }

--- All kinds, in order.
---@return string[]
function faults.names()
  local out = {}
  for kind in pairs(KINDS) do out[#out + 1] = kind end
  table.sort(out)
  return out
end

function faults.new()
  return setmetatable({ set = {}, listeners = {}, named = {}, met = {}, workloads = {} }, Faults)
end

--- Splits a fault into its kind and value.
---@param text string
---@return string|nil kind, string|nil value_or_why nil and why it is none
function faults.parse(text)
  local kind, v = text:match("^([%w%-]+)=(.+)$")
  kind = kind or text
  if WORKLOAD[kind] or METRIC[kind] then
    if v then return kind, v end
    return nil, ("the fault %s needs a value: %s=%s"):format(kind, kind, METRIC[kind] and "METRIC" or "WORKLOAD")
  end
  if not SERVED[kind] then
    return nil, ("no such fault: %s%s; there are crash, oomkill, notready, missing, unschedulable, refuse, slow, "
      .. "log-errors, unobserved (each =WORKLOAD), no-data and series (each =METRIC), %s"):format(text, nearest.suffix(kind, KINDS),
      table.concat(faults.SERVED, ", "))
  end
  if v then return nil, ("the fault %s takes no value"):format(kind) end
  return kind, nil
end

function Faults:told()
  for _, fn in ipairs(self.listeners) do fn() end
end

--- Calls `fn()` after every change.
function Faults:on_change(fn) self.listeners[#self.listeners + 1] = fn end

--- Puts faults on and takes others off; all of them are checked before anything changes.
---@param add string[]
---@param remove? string[]
---@return boolean|nil done, string|nil why
function Faults:change(add, remove)
  for _, list in ipairs { add or {}, remove or {} } do
    for _, text in ipairs(list) do
      local kind, why = faults.parse(text)
      if not kind then return nil, why end
    end
  end
  for _, text in ipairs(remove or {}) do self.set[text] = nil end
  for _, text in ipairs(add or {}) do self.set[text], self.named[text] = true, true end
  self:told()
  return true
end

---@return string[] in order
function Faults:list()
  local out = {}
  for text in pairs(self.set) do out[#out + 1] = text end
  table.sort(out)
  return out
end

--- Whether a fault is on.
---@param kind string
---@param v? string
function Faults:has(kind, v)
  local text = v and kind .. "=" .. v or kind
  if self.set[text] then self.met[text] = true end
  return self.set[text] == true
end

--- The faults of workloads that were put on and met none, each with the workload that was probably meant.
---@return { fault: string, meant: string? }[]
function Faults:unmet()
  local out = {}
  for text in pairs(self.named) do
    local kind, value = faults.parse(text)
    if WORKLOAD[kind] and not self.met[text] then
      local name = value:gsub("^[^/]*/", ""):gsub(":.*$", "")
      out[#out + 1] = { fault = text, meant = not self.workloads[name] and nearest.find(name, self.workloads) or nil }
    end
  end
  table.sort(out, function(a, b) return a.fault < b.fault end)
  return out
end

--- The tag of an image reference, "latest" without one.
---@param image string
---@return string
function faults.tag(image)
  return image:match(":([^:/]+)$") or "latest"
end

--- Whether a fault of pods holds for a workload's container.
---@param kind string
---@param ns string
---@param workload string
---@param image string|nil nil: only what was put on by name counts
---@return boolean
function Faults:on_pod(kind, ns, workload, image)
  self.workloads[workload] = true
  if self:has(kind, workload) or self:has(kind, ns .. "/" .. workload) then return true end
  if not image then return false end
  local tag, hex = faults.tag(image), HEX_TAGS[kind]
  if self:has(kind, workload .. ":" .. tag) or self:has(kind, ns .. "/" .. workload .. ":" .. tag) then return true end
  if tag:find(kind, 1, true) then return true end
  -- The recordings' crashing tag spells it with a digit.
  if kind == "crash" and tag:find("cra5h", 1, true) then return true end
  local last = tag:match("%-([^%-]+)$")
  return hex ~= nil and last ~= nil and last:sub(1, #hex) == hex
end

return faults
