return runbook {
  summary = "n steps that do nothing, then one that fails the first time",
  params = { n = param.integer { default = 0, min = 0, help = "how many" } },
  run = function(p)
    for i = 1, p.n do
      step("step " .. i, function()
        return i
      end)
    end
    step("stop here", function()
      if not fs.exists "go-on" then
        error("stopped, to be resumed")
      end
    end)
  end,
}
