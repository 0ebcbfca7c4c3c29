-- almanac.yaml: what is spoilt is refused before anything begins, what is empty says nothing.
local project = require "tests.project"
local t = require "tests.harness"

local function list(text)
  local p = project.new {}
  t.write_file(p.dir .. "/almanac.yaml", text)
  return p:run { "list" }
end

t.test("spoilt files are refused with exit code 2, and named", function()
  for text, said in pairs {
    ["hello"] = "almanac.yaml, line 1, column 1: the file must be a mapping, not a string",
    ["- a"] = "the file must be a mapping, not a list or mapping",
    ["# first\nstore: 5"] = "almanac.yaml, line 2, column 1: store must be a string, not a number",
    ["store: [a]"] = "store must be a string, not a list or mapping",
    ["environments: { a: 5 }"] = "line 1, column 17: environments.a must be a mapping",
    ["environments: [ a ]"] = "environments must be a mapping, not a list",
    ["nope: 1"] = 'no key "nope"',
    ["environments:\n  a:\n    contxt: b"] = 'line 3, column 5: no key "contxt" in environments.a; did you mean context?',
    ["environments: { 'a/b~c': { stor: x } }"] = 'column 28: no key "stor" in environments.a/b~c; did you mean store?',
    ["x: &x { stor: a }"] = "line 1, column 1",
    ["environments:\n  a: &a { vars: {} }\n  b: { <<: *a, stor: x }"] = 'line 3, column 16: no key "stor"',
    ["environment: x"] = 'almanac.yaml, line 1, column 1: no environment "x"',
    ["environment: prd\nenvironments: { prod: {} }"] = "did you mean prod?",
    ["{{"] = "line 1",
    ["endpoints:\n  prometheus: 127.0.0.1:9090"] = 'line 2, column 3: endpoints.prometheus: "127.0.0.1:9090" has no scheme; '
      .. "did you mean http://127.0.0.1:9090?",
    ["endpoints:\n  loki:\n    url: htps://loki"] = 'line 3, column 5: endpoints.loki: "htps://loki": a URL begins with http, '
      .. "https, svc or pod; did you mean https?",
    ["endpoints: { grafana: 'http://' }"] = 'endpoints.grafana: "http://" names no host',
    ["endpoints:\n  promethues: http://p"] = "line 2, column 3: endpoints.promethues: no service is asked for by that name; "
      .. "did you mean prometheus?",
    ["environments:\n  a:\n    endpoints: { lokii: 'http://l' }"] = "line 3, column 18: environments.a.endpoints.lokii: ",
    ["channels:\n  ops: { kind: slak, url: 'env:X' }"] = "line 2, column 10: channels.ops: its kind is slack, webhook or command, "
      .. "not \"slak\"; did you mean slack?",
    ["channels: { ops: 'https://hook' }"] = "column 13: channels.ops must be a mapping",
    ["channels: { ops: { url: 'env:X' } }"] = "channels.ops: its kind is slack, webhook or command, not nil",
    ["channels: { ops: { kind: slack } }"] = "column 13: channels.ops: a slack needs url",
    ["channels: { ops: { kind: webhook, ulr: 'env:X' } }"] = 'column 35: channels.ops: a webhook has no "ulr"; did you mean url?',
    ["channels: { ops: { kind: command, argv: logger } }"] = "channels.ops: a command needs argv, a list of words",
  } do
    local code, _, err = list(text)
    t.eq(code, 2, text .. "\n" .. err)
    t.has(err, said)
  end
end)

t.test("empty keys", function()
  for _, text in ipairs { "", "~", "kubeconfig:", "endpoints:", "environment: a\nenvironments:\n  a:\n" } do
    local code, _, err = list(text)
    t.eq(code, 0, text .. "\n" .. err)
  end
end)

t.test("an environment of the command line that was mistyped", function()
  local p = project.new {}
  t.write_file(p.dir .. "/almanac.yaml", "environments: { devnet: {}, prod: {} }")
  local code, _, err = p:run { "list", "-e", "devnt" }
  t.eq(code, 2)
  t.has(err, 'no environment "devnt" in almanac.yaml; did you mean devnet?')
end)

t.test("check finds the place in almanac.yaml", function()
  local p = project.new { book = "return runbook { run = function() end }" }
  t.write_file(p.dir .. "/almanac.yaml", "store: x\nendpoint:\n  prometheus: http://p\n")
  local code, out = p:run { "check", "--json" }
  t.eq(code, 1)
  local finding = require("native.json").decode(out:match "[^\n]*config[^\n]*")
  t.eq({ finding.file, finding.line, finding.column }, { "almanac.yaml", 2, 1 })
  t.eq(finding.message, 'no key "endpoint"; did you mean endpoints?')
end)

local WRONG = [[
channels:
  ops: { kind: command, command: [ops/tell.sh] }
  desk: hello
endpoints: { promtheus: "http://p:9090" }
pass_env: ["A-B"]
hooks: { on_fail: [ops, nobody] }
approval: { quorum: 0, valid_for: soon }
params:
  book: { settel: 20s, settle: never, key: "file:nowhere" }
environments:
  prod:
    contxt: a
    params: { book: { n: x } }
]]

t.test("check says all that is wrong in almanac.yaml at once, each at its place, and what a channel has", function()
  local p = project.new {
    book = "return runbook { params = { settle = param.duration {}, n = param.integer {}, key = param.secret {} }, run = function() end }",
  }
  t.write_file(p.dir .. "/almanac.yaml", WRONG)
  local code, out = p:run { "check" }
  t.eq(code, 1, out)
  local said = {}
  for _, words in ipairs {
    '2:25: error: channels.ops: a command has no "command"; did you mean argv?',
    "  next: a command has kind, and argv, a list of words",
    "3:3: error: channels.desk must be a mapping",
    "4:14: error: endpoints.promtheus: no service is asked for by that name; did you mean prometheus?",
    '5:12: error: "A-B" is no name of a variable',
    '6:10: error: hooks.on_fail: there is no channel "nobody"',
    "7:13: error: approval.quorum is a whole number from 1, not 0",
    "7:24: error: approval.valid_for is a duration",
    '9:11: error: book has no parameter "settel"; did you mean settle?',
    "9:24: error: book: parameter settle must be a duration such as 90s, 10m or 1h30m, not \"never\"",
    '12:5: error: no key "contxt" in environments.prod; did you mean context?',
    "13:23: error: book: parameter n must be a whole number",
  } do
    t.has(out, words)
    said[#said + 1] = words:find ": error: " and words or nil
  end
  t.eq(select(2, out:gsub("almanac.yaml:", "")), #said + 2, "and that both of approval need signers, and nothing else: " .. out)
end)

t.test("endpoints of services and registries, and channels of each kind", function()
  local code, _, err = list [[
endpoints:
  prometheus: http://127.0.0.1:9090
  loki: { url: "svc://logs/loki:3100" }
  github: { token: "env:GITHUB_TOKEN" }
  ghcr.io: { user: ci, password: "env:X" }
  localhost:5000: http://localhost:5000
  ours: https://ours.example
channels:
  ops: { kind: slack, url: "env:SLACK_WEBHOOK" }
  page: { kind: webhook, url: "https://pager.example/hook" }
  desk: { kind: command, argv: [logger, -t, almanac] }
]]
  t.eq(code, 0, err)
end)

t.test("check finds the parameters of a runbook that there is not", function()
  local p = project.new { book = "return runbook { params = { n = param.integer {} }, run = function(p) note(p.n) end }" }
  t.write_file(p.dir .. "/almanac.yaml", "params:\n  book: { n: 1 }\n  rollout: { observe: 1m }\n  bok: { n: 2 }\n")
  local code, out = p:run { "check", "--json" }
  t.eq(code, 1, out)
  local finding = require("native.json").decode(out:match "[^\n]*config[^\n]*")
  t.eq({ finding.line, finding.column, finding.message }, { 4, 3, 'params: there is no runbook "bok"; did you mean book?' })
  t.eq(select(2, out:gsub('"config"', "")), 1, out)
end)

local book = [[
return runbook {
  params = { tag = param.string { pattern = "^v%d+$" }, count = param.integer { default = 1 } },
  run = function(p) note(p.tag or "no tag") end,
}
]]

t.test("a parameter that is wrong in a file is named with its place, and the key that was probably meant", function()
  local p = project.new { book = book }
  local function refused(file, text, said, ...)
    t.write_file(p.dir .. "/" .. file, text)
    for _, command in ipairs { "run", "plan" } do
      local code, _, err = p:run { command, "book", ... }
      t.eq(code, command == "plan" and 1 or 2, err)
      t.has(err, said)
    end
    t.write_file(p.dir .. "/" .. file, "")
  end
  local file = { "--params", "p.yaml" }
  refused("p.yaml", "count: 2\ntagg: v1\n", 'p.yaml, line 2, column 1: book has no parameter "tagg"; did you mean tag?', table.unpack(file))
  refused("p.yaml", '{\n  "tag": "x"\n}', "p.yaml, line 2, column 3: book: parameter tag must be", table.unpack(file))
  refused("p.yaml", "- a\n", "p.yaml, line 1, column 1: the file must be a mapping", table.unpack(file))
  refused("p.yaml", "tag: v1\na: ]", "p.yaml, line 2", table.unpack(file))
  refused("almanac.yaml", "params:\n  book: { tagg: v1 }\n", 'almanac.yaml, line 2, column 11: book has no parameter "tagg"')
  refused("almanac.yaml", "params: { book: { tag: v1 } }\nenvironments:\n  a:\n    params:\n      book: { tag: x }\n",
    "almanac.yaml, line 5, column 15: book: parameter tag must be", "-e", "a")
end)

t.test("a word wins over a file, and its error names no file", function()
  local p = project.new { book = book }
  t.write_file(p.dir .. "/p.yaml", "tag: wrong\n")
  t.eq((p:run { "run", "book", "--params", "p.yaml", "tag=v1" }), 0)
  local code, _, err = p:run { "run", "book", "--params", "p.yaml", "tag=x" }
  t.eq(code, 2)
  t.eq(err:find("p.yaml", 1, true), nil)
end)

t.test("a key with nothing behind it is a parameter that is not given", function()
  local p = project.new { book = book }
  t.write_file(p.dir .. "/p.yaml", "tag:\ncount: ~\n")
  local code, _, err = p:run { "run", "book", "--params", "p.yaml" }
  t.eq(code, 0, err)
  t.write_file(p.dir .. "/p.yaml", "")
  t.eq((p:run { "run", "book", "--params", "p.yaml" }), 0)
end)
