-- vars.read: a section of almanac.yaml, as a runbook declares it.
local project = require "tests.project"
local t = require "tests.harness"

local BOOK = [[
return runbook { run = function()
  local v = step("read", function()
    return vars.read("devnet", {
      registry = param.string { required = true, help = "where the images are, e.g. ghcr.io/org" },
      max_lag = param.integer { default = 5, min = 1 },
      files = param.map { default = {} },
      wait = param.duration { default = "2m" },
    })
  end)
  step("show", function() note(v.registry .. " " .. v.max_lag .. " " .. v.wait .. " " .. tostring(v.files["a.py"])) end)
end }]]

local function project_with(yaml)
  local p = project.new { book = BOOK }
  t.write_file(p.dir .. "/almanac.yaml", yaml)
  return p
end

t.test("a section is read by its declaration, the environment's values before those at the top", function()
  local p = project_with [[
vars: { devnet: { registry: ghcr.io/org, files: { a.py: 'v = {version}' }, wait: 90s } }
environments: { other: { vars: { devnet: { registry: local } } } }
]]
  local code, out, err = p:run { "run", "book" }
  t.eq(code, 0, err)
  t.has(out .. err, "ghcr.io/org 5 90 v = {version}")
  local _, other, said = p:run { "run", "book", "-e", "other" }
  t.has(other .. said, "local 5 90 v = {version}")
end)

t.test("what does not fit, is missing or unknown is refused with its place", function()
  for yaml, want in pairs {
    ["vars:\n  devnet:\n    registry: x\n    max_lagg: 3\n"] =
      'almanac.yaml, line 4, column 5: no key "max_lagg" in vars.devnet; did you mean max_lag?',
    ["vars:\n  devnet:\n    registry: x\n    max_lag: 0\n"] = "line 4, column 5: vars.devnet.max_lag must be at least 1",
    ["vars: {}\n"] = "almanac.yaml: vars.devnet has no registry",
    ["vars: { devnet: 17 }\n"] = "vars.devnet must be a mapping",
    ["vars: { devnet: { registry: x, files: [a] } }\n"] = "vars.devnet.files must be names and values, as a=1,b=2",
  } do
    local code, out, err = project_with(yaml):run { "run", "book" }
    t.ok(code ~= 0, yaml)
    t.has(out .. err, want)
  end
end)

t.test("a declaration that is none is the script's error", function()
  for declaration, want in pairs {
    ["{ registry = 5 }"] = "registry must be a parameter", ["5"] = "takes a table of parameters",
    ["{ token = param.secret {} }"] = "token would be a secret in the journal",
  } do
    local read = 'vars.read("x", ' .. declaration .. ")"
    local p = project.new { book = 'return runbook { run = function() step("a", function() ' .. read .. " end) end }" }
    local code, out, err = p:run { "run", "book" }
    t.eq(code, 1, declaration)
    t.has(out .. err, want)
  end
end)

t.test("a resume has what the step read, whatever the file says now", function()
  local p = project.new { book = BOOK:gsub("step%(\"show\", function%(%)", '%0 if not fs.exists "go" then error("wait", 0) end') }
  t.write_file(p.dir .. "/almanac.yaml", "vars: { devnet: { registry: first } }\n")
  t.eq((p:run { "run", "book" }), 1)
  t.write_file(p.dir .. "/almanac.yaml", "vars: { devnet: { registry: second } }\n")
  t.write_file(p.dir .. "/go", "")
  local code, out, err = p:run { "resume" }
  t.eq(code, 0, err)
  t.has(out .. err, "first 5")
end)
