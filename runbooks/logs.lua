--- Section 10 of the devnet's procedure: the last lines of the logs.
---
--- When: at any time. Touches: nothing. Undone: there is nothing to undo.
local devnet = require "lib.devnet"

local function all_refs()
  local refs = {}
  for i, workload in ipairs(devnet.workloads) do refs[i] = workload.ref end
  return refs
end

return runbook {
  summary = "The last lines that the devnet's workloads logged",
  params = {
    workloads = param.list { default = { "statefulset/animica-node", "deployment/animica-miner" },
      help = "whose, e.g. deployment/animica-explorer; all: of all six" },
    tail = param.integer { default = 200, min = 1, max = 5000, help = "lines of each" },
    previous = param.boolean { default = false, help = "of the container that ran before, as after a crash" },
    namespace = param.string { default = devnet.namespace, help = "where, e.g. animica-canary" },
  },
  allow = { read = { k8s = { devnet.namespace, "animica-canary" } } },
  run = function(p)
    local refs = p.workloads[1] == "all" and all_refs() or p.workloads
    for _, ref in ipairs(refs) do
      step((ref:gsub("/", " ")), function()
        local text = k8s.logs(ref, { namespace = p.namespace, tail = p.tail, previous = p.previous })
        local count = 0
        for line in text:gmatch "[^\n]+" do
          note(line)
          count = count + 1
        end
        return { lines = count }
      end)
    end
  end,
}
