-- docs/devnet-almanac.yaml: the example explains every key that the runbooks know, and no other. Its limits are compared in
-- limits_test.lua.
local project = require "tests.project"
local t = require "tests.harness"
local yaml = require "native.yaml"

local EXAMPLE = "docs/devnet-almanac.yaml"

local BOOK = [[
local config = require "lib.config"
return runbook { run = function()
  step("read", function()
    local c = config.read()
    for name, spec in pairs(config.declaration) do
      note(name .. " is " .. json.encode(c[name]) .. ", default " .. (spec.default == nil and "none" or json.encode(spec.default)))
    end
    return {}
  end)
end }]]

t.test("every key is in the example, with a comment above it, and is read", function()
  local p = project.new { book = BOOK }
  local text = t.read_file(EXAMPLE)
  t.write_file(p.dir .. "/almanac.yaml", text)
  local code, out, err = p:run { "run", "book" }
  t.eq(code, 0, err)
  local known, shown = 0, yaml.decode(text).vars.devnet
  for name in (out .. err):gmatch "([%w_]+) is [^\n]-, default" do
    known = known + 1
    t.ok(shown[name] ~= nil, name .. " is in the example")
  end
  t.ok(known > 25, known .. " keys")
  -- A comment stands for the keys below it, up to the next empty line or heading.
  local explained, in_limits, keys, limits = false, false, 0, 0
  for line in text:match("vars:.*"):gmatch "([^\n]*)\n" do
    in_limits = in_limits or line == "  devnet_limits:"
    local key = line:match "^    (%l[%w_]*):"
    if key then
      keys, limits = keys + 1, limits + (in_limits and 1 or 0)
      t.ok(explained, key .. " is explained")
    elseif line:find "^%s*$" or line:find "^    # .*%-%-%-%-$" then
      explained = false
    elseif line:find "^    #" then
      explained = true
    end
  end
  t.eq(keys, known + limits)
end)

t.test("a part that the devnet has not is refused", function()
  local p = project.new { book = BOOK }
  t.write_file(p.dir .. "/almanac.yaml", "vars: { devnet: { urls: { exploror: x } } }\n")
  local code, _, err = p:run { "run", "book" }
  t.eq(code, 1)
  t.has(err, "there are rpc, explorer, services and da")
end)

t.test("a mistyped key stops a rollout before it begins, and not when its release is upgraded", function()
  local p = project.new {}
  t.write_file(p.dir .. "/almanac.yaml", "vars: { devnet: { imges: [x] } }\n")
  for _, name in ipairs { "rollout", "cutover", "canary", "preflight", "verify", "rollback" } do
    local takes_tag = name ~= "verify" and name ~= "cutover" and name ~= "rollback"
    local code, _, err = p:run { "run", name, takes_tag and "tag=v0.5.0-a1b2c3d" or nil }
    t.eq(code, 2, err)
    t.has(err, 'no key "imges" in vars.devnet; did you mean images?')
  end
  t.eq((select(2, p:run { "runs" })), "", "no run was begun")
end)
