-- What helm's process is given of the environment.
local t = require "tests.harness"

--- What `environment()` sets in a process with these variables.
local function environment_with(more)
  local script = t.tmpdir() .. "/print.lua"
  t.write_file(script, [[
    for name, value in pairs(require("almanac.helm.cli").environment()) do print(name, value) end
  ]])
  local env = { GOGC = false, GOMEMLIMIT = false }
  for name, value in pairs(more) do env[name] = value end
  return t.must({ (t.getenv "ALMANAC_BUILD" or "build") .. "/almanac", "lua", script }, { env = env })
end

t.test("helm's collector runs seldom, unless the operator says how much memory it may take", function()
  t.has(environment_with {}, "GOGC\t400")
  t.has(environment_with { GOGC = "50" }, "GOGC\t50")
  local said = environment_with { GOMEMLIMIT = "64MiB" }
  t.has(said, "GOMEMLIMIT\t64MiB")
  t.lacks(said, "GOGC")
end)

t.test("what would send helm elsewhere is taken out", function()
  local said = environment_with { HELM_NAMESPACE = "other" }
  for _, name in ipairs { "HELM_NAMESPACE", "HELM_KUBECONTEXT", "HELM_KUBEAPISERVER" } do t.has(said, name .. "\tfalse") end
end)
