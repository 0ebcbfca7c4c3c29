-- Names of variables, and those that have programs do something else.
local t = require "tests.harness"
local variable = require "almanac.base.variable"

t.test("a name is letters, digits and underscores", function()
  for _, name in ipairs { "A", "_", "IMAGE_TAG", "http_proxy", "a1" } do t.eq(variable.is_name(name), true, name) end
  for _, name in ipairs { "", "1A", "A=B", "X\nLD_PRELOAD", "A B", "A-B", "A.B", "BASH_FUNC_x%%", "A\0B", "É", 1, {}, false } do
    t.eq(variable.is_name(name), false, tostring(name))
  end
end)

t.test("what steers programs is told from what they are given", function()
  for _, name in ipairs { "LD_PRELOAD", "PATH", "HOME", "BASH_ENV", "PYTHONPATH", "GIT_SSH_COMMAND", "HELM_PLUGINS", "KUBECONFIG",
    "DOCKER_HOST", "COMPOSE_FILE", "https_proxy", "ALL_PROXY", "NODE_OPTIONS" } do t.eq(variable.steers(name), true, name) end
  for _, name in ipairs { "IMAGE_TAG", "RPC_HTTP_URL", "MY_PATH", "CHAIN_ID" } do t.eq(variable.steers(name), false, name) end
end)
