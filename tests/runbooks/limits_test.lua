-- The limits of the devnet's gates: declared, almanac.yaml's to change, and told with where they are written.
local httpd = require "native.httpd"
local project = require "tests.project"
local sandbox = require "almanac.script.sandbox"
local t = require "tests.harness"
local yaml = require "native.yaml"

local gates = sandbox.load("runbooks/any.lua", 'return require "lib.gates"').result

local BOOK = [[
local gates = require "lib.gates"
return runbook { summary = "gates", vars = { [gates.section] = gates.declaration }, run = function()
  local limits = step("read the limits", gates.read)
  parallel("gates", gates.branches(limits, { hold = "1s", interval = "200ms", only = { "RPC errors", "beacon", "peers" } }))
end }]]

--- A Prometheus that says the same to whatever is asked.
local function new(yaml_text, value)
  local server = httpd.listen { handler = function(_, response)
    response:send(200, {}, string.format(
      '{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1795457677.031,"%s"]}]}}', value or 10))
  end }
  t.defer(function() server:close() end)
  local p = project.new { book = BOOK }
  t.write_file(p.dir .. "/almanac.yaml", string.format('endpoints: { prometheus: "http://127.0.0.1:%d" }\n%s', server:port(), yaml_text))
  return p
end

local LIMITS = [[
vars:
  devnet_limits:
    rpc_errors: 0.5
    rpc_errors_critical: 1
    beacon_age: 8s
    beacon_age_critical: 15m
    peers: 12
]]

t.test("the example has every limit with its default, and each gate says what to do", function()
  local shown = yaml.decode(t.read_file "docs/devnet-almanac.yaml").vars.devnet_limits
  local p = new("", 10)
  local out = select(2, p:run { "show", "book", "--vars" })
  local example = new(yaml.encode { vars = { devnet_limits = shown } })
  local written = select(2, example:run { "show", "book" })
  local keys = 0
  for key in pairs(gates.declaration) do
    keys = keys + 1
    t.ok(shown[key] ~= nil, key .. " is in the example")
    local default = out:match("\n  " .. key .. " +(%S+)  default")
    t.eq(written:match("\n  " .. key .. " +(%S+)  almanac.yaml:%d+"), default, key)
  end
  t.ok(keys > 40, keys .. " limits")
  for key in pairs(shown) do t.ok(gates.declaration[key], key .. " is known") end
  for _, spec in ipairs(gates.specs) do t.ok(spec.act:find ": ", spec.name .. ": what it means, and what to do") end
end)

t.test("show, plan and a failure say which limit holds and where it is written", function()
  local p = new(LIMITS)
  local code, out, err = p:run { "show", "book" }
  t.eq(code, 0, err)
  t.ok(out:find "\n  beacon_age +8s +almanac.yaml:6 +beacon must be below it; seconds\n", out)
  t.ok(out:find "\nvars%.devnet_limits: and %d+ as they are by default, with %-%-vars\n", out)
  t.lacks(out, "head_lag")
  out = select(2, p:run { "show", "book", "--vars" })
  t.ok(out:find "\n  head_lag +5 +default +node head lag must be at most it; blocks\n", out)
  code, out, err = p:run { "plan", "book" }
  t.eq(code, 0, err)
  t.has(out, "WOULD FAIL NOW: 10 is not < 8 (limit of almanac.yaml:6, critical: almanac.yaml:7), would watch for 1s")
  t.has(out, "WOULD FAIL NOW: 10 is not >= 12 (limit of almanac.yaml:8)")
  code, out, err = p:run { "run", "book" }
  t.eq(code, 1, out)
  t.has(err, 'gate "RPC errors": fail: 10 is past the critical limit 1')
  t.has(err, "clients get errors: the node's log says which methods")
  t.has(err, "the limit: almanac.yaml:4, critical: almanac.yaml:5")
  local healthy = new(LIMITS:gsub("peers: 12", "peers: 9"):gsub("8s", "11s"):gsub("0%.5", "0.9"), "0.2")
  t.has(select(2, healthy:run { "plan", "book" }), "gate: 0.2 < 0.9 (limit of almanac.yaml:4, critical: almanac.yaml:5)")
end)

t.test("what is no limit is refused before anything is done, with its place", function()
  for text, want in pairs {
    ["vars:\n  devnet_limits:\n    rpc_errorz: 1\n"] =
      'line 4, column 5: no key "rpc_errorz" in vars.devnet_limits; did you mean rpc_errors?',
    ["vars:\n  devnet_limits:\n    rpc_errors: 5\n"] = "line 4, column 5: vars.devnet_limits.rpc_errors must be at most 1",
    ["vars:\n  devnet_limits:\n    beacon_age: soon\n"] = "vars.devnet_limits.beacon_age must be a duration",
  } do
    for _, command in ipairs { "run", "plan", "show" } do
      local code, out, err = new(text):run { command, "book" }
      t.ok(code == 2 or command == "plan" and code == 1, command .. "\n" .. out .. err)
      t.has(err, want)
    end
  end
  local code, _, err = new("vars: { devnet_limits: { rpc_errors: 0.3 } }\n"):run { "run", "book" }
  t.eq(code, 1)
  t.has(err, "vars.devnet_limits: rpc_errors_critical (0.2) is on the healthy side of rpc_errors (0.3)")
end)
