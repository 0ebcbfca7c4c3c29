--- Lead an incident: who does what, what is known, who was told, and that it is over.
---
--- When: something is wrong that others notice.
--- Touches: the channel below. What was said and when is in the journal: almanac log, almanac report.
--- Undone: nothing is to be taken back.
local channel = "ops" -- a channel of almanac.yaml

return runbook {
  summary = "Lead an incident, from the first word to the last",
  params = {
    what = param.string { required = true, help = "what others notice, in one line" },
    lead = param.string { required = true, help = "who leads" },
    severity = param.enum { default = "major", values = { "minor", "major", "critical" } },
  },
  allow = { notify = { channel } },
  on_failure = "stop",
  run = function(p)
    step("tell people", function()
      notify.send { channel = channel, text = p.severity .. " incident: " .. p.what .. " (led by " .. p.lead .. ")" }
    end)
    checklist("first", {
      "Somebody else than the lead looks into it",
      "What changed in the last hour is known",
      "The way back was considered before a mend",
    })
    confirm "Do those who noticed it say that it is over?"
    checklist("afterwards", {
      { text = "No critical alert fires", evidence = function()
        local critical = alerts.critical()
        if #critical > 0 then error(critical[1].name .. " fires") end
        return "none"
      end },
      "What was done by hand is written down",
      "There is a date for looking back at it",
    })
    step("tell people that it is over", function()
      notify.send { channel = channel, text = "over: " .. p.what }
    end)
  end,
}
