--- What the devnet's containers print: a start, signs of life, and the last words of one that crashes.
--- Lines are JSON as the devnet's own, but for a traceback.
local faults = require "almanac.sim.world.faults"

local chatter = {}

--- The short name of a workload, as the devnet's own logs and its Loki labels have it.
---@param workload string
---@return string
function chatter.app(workload)
  return (workload:gsub("^animica%-", ""))
end

local LAST_WORDS = {
  node = {
    '{"level":"INFO","msg":"opening chain database","path":"/data/chain.db"}',
    '{"level":"ERROR","msg":"panic: chain db corrupt"}',
    "Traceback (most recent call last):",
    '  File "/app/node/__main__.py", line 88, in main',
    "RuntimeError: panic: chain db corrupt",
  },
  other = {
    '{"level":"INFO","msg":"reading configuration"}',
    '{"level":"ERROR","msg":"panic: configuration is invalid"}',
    "Traceback (most recent call last):",
    '  File "/app/__main__.py", line 31, in main',
    "RuntimeError: panic: configuration is invalid",
  },
}

--- A container has started.
function chatter.started(kubelet, record, c, pod)
  local crash = kubelet:fault(record, "crash", c)
  kubelet.logs:print(pod, c.name, ('{"level":"INFO","msg":"starting","app":"%s","version":"%s","mode":"%s"}'):format(
    chatter.app(record.workload), faults.tag(c.image), crash and "crash" or "ok"))
end

--- A container ends with an exit code.
function chatter.exited(kubelet, record, c, pod, code)
  if code == 0 then
    kubelet.logs:print(pod, c.name, '{"level":"INFO","msg":"done"}')
    return
  end
  if code == 137 then return end -- the kernel leaves no time for words
  for _, line in ipairs(LAST_WORDS[chatter.app(record.workload)] or LAST_WORDS.other) do
    kubelet.logs:print(pod, c.name, line)
  end
end

--- One sign of life of every container that runs and is ready.
---@param kubelet table
---@param height integer the chain's head
function chatter.tick(kubelet, height)
  kubelet:each_running(function(record, c, pod)
    if not c.ready then return end
    local app = chatter.app(record.workload)
    if kubelet.faults:on_pod("log-errors", record.ns, record.workload, c.image) then
      kubelet.logs:print(pod, c.name,
        '{"level":"ERROR","msg":"Internal Server Error","lat_ms":1200,"method":"tx.send"}')
    elseif app == "node" then
      kubelet.logs:print(pod, c.name, ('{"level":"INFO","msg":"imported block","height":%d}'):format(height))
    else
      kubelet.logs:print(pod, c.name, ('{"level":"INFO","msg":"ok","app":"%s"}'):format(app))
    end
  end)
end

return chatter
