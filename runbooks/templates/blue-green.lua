--- Bring a new image up beside the one that serves, then move the service over.
---
--- When: a new version must be tried whole before anybody meets it, and the way back must take a second.
--- Needs: two Deployments, NAME-blue and NAME-green, and a Service NAME that selects by a label `color`.
--- Touches: the Deployment that does not serve, then the Service.
--- Undone: the Service is moved back; the old pods still run.
local namespace = "default" -- yours; allow keeps the runbook to it

local other = { blue = "green", green = "blue" }

return runbook {
  summary = "Bring a new image up beside the old one, and move the service over",
  params = {
    service = param.string { required = true, pattern = "^[a-z0-9-]+$", example = "web",
      help = "whose Deployments are NAME-blue, NAME-green" },
    container = param.string { required = true, example = "web", help = "the container that gets the image" },
    image = param.string { required = true, example = "web:v2", help = "the new image, with its tag" },
    timeout = param.duration { default = "5m", help = "until the new pods must be ready" },
    errors = param.string { default = "", help = "PromQL of the error rate; empty: no gate" },
    limit = param.number { default = 0.01, help = "the error rate must stay below it" },
    hold = param.duration { default = "5m", help = "for so long after the move" },
  },
  allow = { k8s = { namespace } },
  lock = function(p) return "service/" .. namespace .. "/" .. p.service end,
  run = function(p)
    local before = step("who serves", function()
      local color = (k8s.get("service/" .. p.service, { namespace = namespace }).spec.selector or {}).color
      if not other[color] then error("the service " .. p.service .. " selects by no label color: blue or green") end
      return { color = color }
    end)
    local idle = other[before.color]
    local deployment = "deployment/" .. p.service .. "-" .. idle

    step("the new image on " .. idle, function()
      k8s.patch(deployment, {
        spec = { template = { spec = { containers = { { name = p.container, image = p.image } } } } },
      }, { namespace = namespace })
    end)
    step("it is ready", function() k8s.rollout(deployment, { namespace = namespace, timeout = p.timeout }) end)
    confirm("Move " .. p.service .. " from " .. before.color .. " to " .. idle .. "?")

    local function move(color)
      k8s.patch("service/" .. p.service, { spec = { selector = { color = color } } }, { namespace = namespace })
    end
    step("move the service", { undo = function() move(before.color) end }, function() move(idle) end)
    if p.errors ~= "" then
      gate("errors", { query = p.errors, limit = p.limit, hold = p.hold })
    end
  end,
}
