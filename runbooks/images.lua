--- Section 10 of the devnet's procedure: which images run.
---
--- When: at any time. Touches: nothing. Undone: there is nothing to undo.
local devnet = require "lib.devnet"

return runbook {
  summary = "The images of the devnet's workloads, as they are declared and as their pods run them",
  params = {
    namespace = param.string { default = devnet.namespace, help = "where, e.g. animica-canary" },
  },
  allow = { read = { k8s = { devnet.namespace, "animica-canary" } } },
  run = function(p)
    return step("images", function()
      local declared = {}
      for _, kind in ipairs { "deployments", "statefulsets" } do
        for _, object in ipairs((k8s.list(kind, { namespace = p.namespace }))) do
          for _, container in ipairs(object.spec.template.spec.containers) do
            local images = declared[object.metadata.name] or {}
            images[container.name], declared[object.metadata.name] = container.image, images
            note(string.format("%-22s %s", object.metadata.name, container.image))
          end
        end
      end
      for _, pod in ipairs(k8s.images { namespace = p.namespace }) do
        local name = (pod.workload or ""):match "/(.*)$"
        local image = (declared[name] or {})[pod.container]
        if image and image ~= pod.image then note(string.format("  but %s runs %s", pod.pod, pod.image)) end
      end
      return declared
    end)
  end,
}
