return runbook {
  summary = "n steps that do nothing",
  params = { n = param.integer { default = 0, min = 0, help = "how many" } },
  run = function(p)
    for i = 1, p.n do
      step("step " .. i, function()
        return i
      end)
    end
  end,
}
