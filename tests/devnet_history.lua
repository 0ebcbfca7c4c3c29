--- What a Prometheus would remember of the devnet, had it looked at it before the test began: as OpenMetrics, for
--- `promtool tsdb create-blocks-from`. The simulated devnet goes on where it ends.
local metrics = require "almanac.sim.world.metrics"

local M = {}

local STEP = 5            -- seconds between two samples
local FIRST_BLOCK = 184200 -- of the simulated devnet
local FINALITY = 12

local function yes() return true end
local function no() return false end

--- The chain as it was some seconds before the simulated devnet began.
local function chain_before(seconds, now, opts)
  local head = FIRST_BLOCK - math.ceil(seconds / opts.block_time)
  return { head = head, finalized = head - FINALITY, mining = true, beacon = math.floor(now - seconds), beacon_stale = 0,
    rpc_rate = opts.rpc_rate }
end

--- The last minutes of a healthy devnet, up to now.
---@param opts { now: number, seconds: integer, labels: string, block_time: number, rpc_rate: number }
---   labels: those that its series get when they are scraped, e.g. job="devnet"
---@return string text
function M.text(opts)
  local state, out = {}, {}
  for before = opts.seconds, STEP, -STEP do
    local chain = chain_before(before, opts.now, opts)
    metrics.advance(state, STEP, chain, no, yes)
    local time = string.format(" %.3f", opts.now - before)
    for line in metrics.render(state, chain, no, yes):gmatch "[^\n]+" do
      local name, labels, value = line:match "^([%w_]+){?([^}]*)}? (%S+)$"
      if name then
        out[#out + 1] = name .. "{" .. labels .. (labels == "" and "" or ",") .. opts.labels .. "} " .. value .. time
      end
    end
  end
  out[#out + 1] = "# EOF\n"
  return table.concat(out, "\n")
end

return M
