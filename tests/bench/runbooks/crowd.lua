return runbook {
  summary = "list a namespace's pods, and look at each",
  allow = { k8s = { "crowd" } },
  run = function()
    step("count", function()
      local restarted, all = 0, k8s.list("pods", { namespace = "crowd" })
      for _, pod in ipairs(all) do
        for _, c in ipairs(pod.status.containerStatuses or {}) do
          if c.restartCount > 0 then restarted = restarted + 1 end
        end
      end
      if #all ~= 5000 then error("there are " .. #all .. " pods") end
      return { all = #all, restarted = restarted }
    end)
  end,
}
