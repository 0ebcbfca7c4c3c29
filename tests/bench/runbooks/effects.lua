effect.define("bench.nothing", {
  input = function(raw)
    return { n = raw.n }
  end,
  apply = function(input)
    return input.n
  end,
  recover = function()
    return "not_done"
  end,
  title = function(input)
    return "nothing, " .. input.n
  end,
})

return runbook {
  summary = "one step with n effects that do nothing",
  params = { n = param.integer { default = 0, min = 0, help = "how many" } },
  run = function(p)
    step("effects", function()
      for i = 1, p.n do
        effect.perform("bench.nothing", { n = i })
      end
    end)
  end,
}
