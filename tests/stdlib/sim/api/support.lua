--- What the tests of the simulated API share.
local support = require "tests.stdlib.sim.support"
local value = require "almanac.sim.model.value"

local M = { DEPLOYMENTS = "/apis/apps/v1/namespaces/ns/deployments" }

--- A server with two namespaces.
function M.server(opts)
  opts = opts or {}
  opts.namespaces = { "ns", "other" }
  return support.server(opts)
end

function M.deployment(name, image)
  return { apiVersion = "apps/v1", kind = "Deployment", metadata = { name = name, labels = { app = name } }, spec = {
    replicas = 2, selector = { matchLabels = { app = name } }, template = { metadata = { labels = { app = name } },
      spec = { containers = value.array { { name = "main", image = image or "reg/app:v1" } } } } } }
end

return M
