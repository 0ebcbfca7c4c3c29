-- blue-green, tried on a simulated cluster. Run by: almanac test blue-green
local function deployment(color)
  local labels = { app = "web", color = color }
  return {
    apiVersion = "apps/v1", kind = "Deployment", metadata = { name = "web-" .. color, namespace = "default" },
    spec = {
      replicas = 1, selector = { matchLabels = labels },
      template = { metadata = { labels = labels }, spec = { containers = { { name = "main", image = "web:1" } } } },
    },
  }
end

local service = {
  apiVersion = "v1", kind = "Service", metadata = { name = "web", namespace = "default" },
  spec = { selector = { app = "web", color = "blue" }, ports = { { port = 80, targetPort = 80 } } },
}
local PARAMS = { service = "web", container = "main", image = "web:2" }

describe("blue-green", function()
  local w
  before_each(function() w = world { objects = { deployment "blue", deployment "green", service } } end)

  it("asks before it moves the service, and moves it when that is approved", function()
    local run = w:run("blue-green", PARAMS)
    assert.equal("waiting", run.status)
    assert.equal("blue", w:get("service/web").spec.selector.color)
    run:approve()
    run:resume()
    assert.equal("done", run.status)
    assert.equal("green", w:get("service/web").spec.selector.color)
    assert.equal("web:2", w:get("deployment/web-green").spec.template.spec.containers[1].image)
    assert.equal("web:1", w:get("deployment/web-blue").spec.template.spec.containers[1].image)
  end)

  it("moves the service back", function()
    local run = w:run("blue-green", PARAMS)
    run:approve()
    run:resume()
    run:rollback()
    assert.equal("blue", w:get("service/web").spec.selector.color)
  end)
end)
