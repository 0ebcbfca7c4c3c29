-- An answer that has not the list which it was asked for is not taken for one that says "none": no check, no line, no tag, no issue,
-- no container. By "none" a script goes on, and a recovery makes a thing twice.
local checks = require "almanac.http.github.checks"
local fake_github = require "tests.fake_github"
local httpd = require "native.httpd"
local json = require "native.json"
local loki = require "almanac.observe.loki"
local prom = require "almanac.observe.prom"
local project = require "tests.project"
local registry = require "almanac.http.registry.registry"
local settings = require "almanac.config.settings"
local t = require "tests.harness"

--- A server that answers each path with what `pages` says, by a pattern.
local function server(pages)
  local made = httpd.listen { handler = function(request, response)
    for pattern, body in pairs(pages) do
      if request.path:find(pattern) then return response:send(200, { ["Content-Type"] = "application/json" }, body) end
    end
    response:send(404, {}, "")
  end }
  t.defer(function() made:close() end)
  return "http://127.0.0.1:" .. made:port()
end

local GREEN = '{"total_count":1,"state":"success","statuses":[{"context":"a","state":"success"}]}'
local LINT = '{"name":"lint","status":"completed","conclusion":"success"}'
local NONE = '{"total_count":0,"check_runs":[]}'

t.test("checks of a commit: no list of runs or statuses, a list of other things, and fewer than it says there are", function()
  t.defer(function() settings.endpoints = {} end)
  local pages = { ["/status$"] = GREEN, ["/check%-runs$"] = "" }
  settings.endpoints = { github = { url = server(pages) } }
  local function ask() return checks.checks { repo = "o/r", ref = "v1" } end
  for _, odd in ipairs {
    "{}", "[]", '{"ok":true}', '{"check_runs":null,"total_count":5}', '{"check_runs":[],"total_count":5}', '{"check_runs":[]}',
    '{"check_runs":{},"total_count":0}', '{"check_runs":[{}],"total_count":1}', '{"check_runs":[null],"total_count":1}',
    '{"check_runs":["lint"],"total_count":1}', '{"check_runs":[{"name":null,"status":"completed","conclusion":"success"}],"total_count":1}',
    '{"check_runs":[' .. LINT .. '],"total_count":2}', "",
  } do
    pages["/check%-runs$"] = odd
    local err = t.raises("protocol", ask)
    t.has(err.message, "github.checks: ", odd)
  end
  pages["/check%-runs$"] = NONE
  for _, odd in ipairs { "{}", '{"state":"failure","statuses":null}', '{"state":"failure","total_count":2,"statuses":[]}',
    '{"total_count":1,"statuses":[{"state":"success"}]}' } do
    pages["/status$"] = odd
    t.raises("protocol", ask)
  end
  pages["/status$"] = '{"state":"pending","statuses":[],"total_count":0}'
  t.eq(ask().verdict, "none")
  pages["/check%-runs$"] = '{"total_count":1,"check_runs":[' .. LINT .. "]}"
  t.eq(ask().green, { "lint" })
end)

t.test("the issues among which a killed run looks for its own: it is not made once more", function()
  local github = fake_github.start()
  local p = project.new { book = [[return runbook { run = function()
    step("a", function() return github.issue { repo = "org/app", title = "x", body = "b" } end)
  end }]] }
  t.write_file(p.dir .. "/almanac.yaml", string.format('endpoints: { github: { url: "%s", token: "env:GITHUB_TOKEN" } }\n', github.url))
  local env, child = { GITHUB_TOKEN = "t0ken" }, nil
  github.on_post = function()
    github.on_post = nil
    child:kill "KILL"
  end
  child = p:spawn({ "run", "book" }, env)
  child:wait()
  github.refuse = function(request) if request.method == "GET" then return 200, { message = "maintenance" } end end
  local code, out, err = p:run({ "resume", "--no-ask" }, env)
  t.ok(code ~= 0, out .. err)
  t.has(out .. err, "answered no list as it must be")
  t.eq(#github.issues, 1)
  github.refuse = nil
  code, out, err = p:run({ "resume", "--no-ask" }, env)
  t.eq(code, 0, out .. err)
  t.eq(#github.issues, 1)
end)

local ODD = {
  {}, { result = json.array {} }, { resultType = "lines", result = json.array {} }, { resultType = "vector", result = {} },
  { resultType = "vector", result = 4 }, { resultType = "matrix", result = { series = 1 } }, { resultType = "scalar", result = 4 },
  { resultType = "vector", result = json.array { "x" } }, { resultType = "vector", result = json.array { { metric = "up" } } },
}

t.test("a query of Prometheus: no result, or one of no type that there is", function()
  for i, data in ipairs(ODD) do t.has(t.raises("protocol", prom.result, { data = data }).message, "no result of a query", tostring(i)) end
  t.eq(prom.result({ data = { resultType = "vector", result = json.array {} } }).series, {})
end)

t.test("lines of Loki and their number: no result is no silence", function()
  for _, data in ipairs(ODD) do t.raises("protocol", loki.result, { data = data }) end
  for _, result in ipairs { {}, json.array { 4 }, json.array { { values = 4 } }, json.array { { values = { "x" } } } } do
    t.raises("protocol", loki.result, { data = { resultType = "streams", result = result } })
  end
  t.eq(loki.result({ data = { resultType = "streams", result = json.array {} } }).entries, {})
  local pages = {}
  local url = server(pages)
  for _, value in ipairs { '"1.5"', '"NaN"', '"x"', "null", "4" } do
    pages["/query$"] = '{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,' .. value .. "]}]}}"
    local ok, err = pcall(loki.count, "{a=\"b\"}", { url = url })
    t.ok(not ok and err.kind == "protocol", value)
  end
  pages["/query$"] = '{"status":"success","data":{"resultType":"vector","result":[]}}'
  t.eq(loki.count("{a=\"b\"}", { url = url }), 0)
end)

t.test("the tags of a repository, and what an image is made of", function()
  local pages = {}
  local host = server(pages):match "//(.*)$"
  for _, odd in ipairs { "{}", '{"tags":[]}', '{"name":"app","tags":{"v1":1}}', '{"name":"app","tags":[4]}', '{"errors":[]}' } do
    pages["/tags/list$"] = odd
    t.raises("protocol", registry.tags, host .. "/app", { plain_http = true })
  end
  for _, none in ipairs { '{"name":"app","tags":[]}', '{"name":"app","tags":null}' } do
    pages["/tags/list$"] = none
    t.eq(registry.tags(host .. "/app", { plain_http = true }), {})
  end
  local digest = "sha256:" .. ("0"):rep(64)
  for _, layers in ipairs { "", ',"layers":null', ',"layers":{}' } do
    pages["/manifests/v1$"] = string.format('{"config":{"digest":"%s"}%s}', digest, layers)
    t.has(t.raises("registry", registry.verify, { image = host .. "/app:v1", plain_http = true }).message, "no list of what it is made of")
  end
end)
