return runbook {
  summary = "an upgrade that changes 100 of the 200 objects of a release",
  run = function()
    step("upgrade", function()
      helm.upgrade { release = "many", chart = "charts/many", namespace = "default", set = { text = "two", ["image.tag"] = "v2" } }
    end)
  end,
}
