-- The parameters of a runbook, as show prints them.
local param = require "almanac.base.param"
local parameters = require "almanac.render.parameters"
local t = require "tests.harness"

t.test("a line for each, in the order of names, with what it must be below it", function()
  local lines = parameters.lines {
    tag = param.string { required = true, pattern = "^v", help = "what to deploy" },
    env = param.enum { values = { "dev", "prod" }, default = "dev" },
    wait = param.duration { min = 60, max = 3600 },
    n = param.integer { min = 1 },
    note = param.string { default = "" },
  }
  for i, line in ipairs(lines) do lines[i] = line:gsub("%s+$", "") end
  t.eq(lines, {
    "parameters:",
    "  env   enum      default dev",
    "        one of dev, prod",
    "  n     integer   optional",
    "        at least 1",
    '  note  string    default ""',
    "  tag   string    required     what to deploy",
    "        pattern ^v",
    "  wait  duration  optional",
    "        from 1m to 1h",
  })
  t.eq(parameters.lines {}, { "parameters: none" })
end)
