--- Section 8 of the devnet's procedure: the checklist, every point of it.
---
--- When: after a rollout or a cutover, once the devnet ran for the window that is looked back on.
--- Touches: nothing. Undone: there is nothing to undo. What was seen, and who ticked the rest, is in the journal.
local config = require "lib.config"
local devnet = require "lib.devnet"
local gates = require "lib.gates"
local evidence = require "lib.evidence"

return runbook {
  summary = "Tick the devnet's checklist: by evidence where there is evidence, by a named person where there is none",
  params = {
    window = param.duration { default = "10m", min = 1, help = "that is looked back on" },
    alerts = param.duration { default = "20m", min = 1, help = "without a critical alert" },
    strict = param.boolean { default = true, help = "the smoke check must reach explorer and metrics" },
  },
  allow = { shell = { "ops/scripts/*" }, read = { env = devnet.smoke_env } },
  pass_env = devnet.smoke_env,
  vars = { devnet = config.declaration, [gates.section] = gates.declaration },
  run = function(p)
    local c = step("read almanac.yaml", config.read)

    --- An item that is ticked by gates which held.
    local function held(text, ...)
      local names = { ... }
      return { text = text, evidence = function() return evidence.held(names, p.window) end }
    end

    return checklist("the devnet is verified", {
      { text = "1 smoke_devnet.sh passed", evidence = function()
        return devnet.smoke { strict = p.strict }
      end },
      { text = "2 the head advances at its expected interval", evidence = function()
        return evidence.block_interval(p.window, c.block_target, c.block_tolerance)
      end },
      held("3 Γ is not zero, and the mix is fair", "gamma moves", "fairness", "mix ratio"),
      held("4 mempool admission and eviction are healthy", "mempool ready", "mempool queue", "mempool rejections"),
      held("5 DA proofs verify, and p_fail is below its threshold", "DA sampling", "DA proofs"),
      held("6 beacon rounds finalize, and the VDF verifies in time", "beacon", "VDF failures", "VDF p95"),
      held("7 AICF jobs are assigned and completed, without slash spikes", "AICF jobs assigned", "AICF jobs completed",
        "AICF timeouts", "AICF SLA", "AICF slashing"),
      held("8 explorer 5xx are low, and its WebSockets healthy", "explorer 5xx", "explorer WS"),
      { text = "9 no critical alerts", evidence = function() return evidence.no_critical_alerts(p.alerts) end },
      -- No metric says these: a person is asked last, when the rest is known.
      "3 acceptance is near its target Θ",
      "5 DA post and get answer",
    })
  end,
}
