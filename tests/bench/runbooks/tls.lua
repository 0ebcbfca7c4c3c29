return runbook {
  summary = "one read over TLS, what a plain run needs",
  run = function()
    step("read", function()
      return #k8s.list("namespaces")
    end)
  end,
}
