return runbook {
  summary = "the same objects applied by Almanac itself",
  run = function()
    step("apply", function()
      k8s.apply(fs.read "objects.yaml", { namespace = "default", force = true })
    end)
  end,
}
