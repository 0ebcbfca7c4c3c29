-- grafana: annotations that are made once, killed or not, and taken back; links.
local fake_grafana = require "tests.fake_grafana"
local grafana = require "almanac.http.grafana"
local project = require "tests.project"
local settings = require "almanac.config.settings"
local t = require "tests.harness"
local task = require "native.task"

local ENV = { GRAFANA_TOKEN = "t0ken" }

local function start(fields)
  local server = fake_grafana.start()
  local p = project.new { book = string.format([[
return runbook { allow = { grafana = { "peers", "annotations" } }, run = function()
  step("mark", function() return grafana.annotate { %s } end)
end }]], fields) }
  t.write_file(p.dir .. "/almanac.yaml", string.format('endpoints: { grafana: { url: "%s/", token: "env:GRAFANA_TOKEN" } }\n', server.url))
  return server, p
end

t.test("planned, made, and taken back", function()
  local server, p = start 'text = "v2", tags = { "deploy" }, dashboard = "peers", panel = 4, time = 100.5, time_end = 200'
  local code, out = p:run({ "plan", "book" }, ENV)
  t.eq(code, 2, out)
  t.has(out, "on peers: v2 [deploy]")
  t.eq(#server.annotations, 0, "a plan makes nothing")
  local done, _, err = p:run({ "run", "book" }, ENV)
  t.eq(done, 0, err)
  local made = server.annotations[1]
  t.eq({ made.text, made.dashboardUID, made.panelId, made.time, made.timeEnd, #made.tags }, { "v2", "peers", 4, 100500, 200000, 2 })
  t.ok(made.tags[2]:find "^almanac:%x+$", made.tags[2])
  local undone, _, why = p:run({ "rollback", "--plain" }, ENV)
  t.eq(undone, 0, why)
  t.eq(#server.annotations, 0)
end)

t.test("killed when it was made, before that was journalled: made once, and now is when it was made", function()
  local server, p = start 'text = "v2"'
  local child
  server.on_post = function()
    server.on_post = nil
    child:kill "KILL"
  end
  child = p:spawn({ "run", "book" }, ENV)
  child:wait()
  local code, _, err = p:run({ "resume", "--no-ask" }, ENV)
  t.eq(code, 0, err)
  t.eq(server.made, 1)
  t.ok(math.abs(server.annotations[1].time - task.wall_ms()) < 600000, "in milliseconds")
end)

t.test("down: the step fails, unless it is optional", function()
  local server, p = start 'text = "v2"'
  server.is_down = true
  local code, _, err = p:run({ "run", "book", "--no-ask" }, ENV)
  t.ok(code ~= 0, err)
  t.has(err, "/api/annotations answered 503: down")
  local optional, q = start 'text = "v2", optional = true'
  optional.is_down = true
  local fine, _, said = q:run({ "run", "book" }, ENV)
  t.eq(fine, 0, said)
  t.has(said, "the annotation may not have been made")
end)

t.test("what is wrong is said before anything is sent", function()
  for fields, want in pairs {
    ['text = "x", time = 2, time_end = 1'] = "time_end must not be before time", ['text = "x", panel = 1'] = "a panel needs its dashboard",
    ["tags = {}"] = "text is missing",
  } do
    local server, p = start(fields)
    local code, _, err = p:run({ "run", "book", "--no-ask" }, ENV)
    t.eq({ code, server.made }, { 1, 0 })
    t.has(err, want)
  end
end)

t.test("links", function()
  settings.endpoints = { grafana = "https://grafana.example/" }
  t.defer(function() settings.endpoints = {} end)
  t.eq(grafana.link { dashboard = "peers", from = 1.5 }, "https://grafana.example/d/peers?from=1500&to=now")
  t.eq(grafana.link { dashboard = "a/b", from = 1, to = 2, panel = 3, vars = { ns = { "x", "y z" } }, url = "https://g/" },
    "https://g/d/a%2Fb?from=1000&to=2000&var-ns=x&var-ns=y%20z&viewPanel=3")
  settings.endpoints = {}
  t.has(t.raises("usage", grafana.link, { dashboard = "x", from = 1 }).message, "no URL of grafana is known")
end)
