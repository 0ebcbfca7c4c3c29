-- helm follows what schemas of a chart's values refer to, whenever it renders: what they lead to is asked of `allow`, refused in a
-- test, and told by a plan, also of a chart within a chart, of packed ones, and of one that comes from elsewhere.
local clusters = require "tests.attacks.cluster"
local fs = require "native.fs"
local httpd = require "native.httpd"
local process = require "native.process"
local t = require "tests.harness"

local BIN = process.cwd() .. "/.deps/bin/"

--- A server that gives charts of a directory, and a schema for all else; and what it was asked.
local function server_of(dir)
  local asked = {}
  local server = httpd.listen { port = 0, handler = function(request, response)
    asked[#asked + 1] = request.path
    local file = dir .. request.path
    response:send(200, {}, fs.exists(file) and t.read_file(file) or '{ "type": "object" }')
  end }
  t.defer(function() server:close() end)
  return "http://127.0.0.1:" .. server:port(), asked
end

local function make_chart(dir, name, schema)
  t.must { "mkdir", "-p", dir .. "/" .. name .. "/templates", dir .. "/" .. name .. "/charts" }
  local base = name:match "[^/]+$"
  t.write_file(dir .. "/" .. name .. "/Chart.yaml", "apiVersion: v2\nname: " .. base .. "\nversion: 0.1.0\n")
  t.write_file(dir .. "/" .. name .. "/templates/settings.yaml",
    "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: " .. base .. " }\n")
  if schema then t.write_file(dir .. "/" .. name .. "/values.schema.json", schema) end
end

local function pack(dir, name, into)
  t.must { "sh", "-ec", string.format('cd "%s/%s/.." && tar czf "%s/%s" "%s"', dir, name, dir, into, name:match "[^/]+$") }
end

--- A project with charts whose schemas lead to the server: by itself, in a chart within it, packed, and packed within packed.
local function world(helm)
  local p = clusters.world { "ns1" }
  local url, asked = server_of(p.dir)
  local ref = string.format('{ "properties": { "x": { "$ref": "%s/fetched" } } }', url)
  make_chart(p.dir, "plain", '{ "$schema": "http://json-schema.org/draft-07/schema#", "$id": "https://example.invalid/x", '
    .. '"$ref": "#/definitions/a", "definitions": { "a": { "type": "object" } } }')
  make_chart(p.dir, "own", ref)
  make_chart(p.dir, "within", nil)
  make_chart(p.dir, "within/charts/below", ref)
  make_chart(p.dir, "packed", nil)
  make_chart(p.dir, "packed/charts/below", ref)
  pack(p.dir, "packed/charts/below", "packed/charts/below.tgz")
  t.must { "rm", "-r", p.dir .. "/packed/charts/below" }
  pack(p.dir, "packed", "packed.tgz")
  pack(p.dir, "plain", "plain.tgz")
  make_chart(p.dir, "file", '{ "$ref": "file://' .. p.dir .. '/other.json" }')
  t.write_file(p.dir .. "/other.json", '{ "$ref": "' .. url .. '/fetched" }')
  make_chart(p.dir, "proc", '{ "$ref": "file:///proc/self/environ" }')
  pack(p.dir, "proc", "proc.tgz")
  make_chart(p.dir, "odd", '{ "$ref": "file://host/x" }')
  t.write_file(p.dir .. "/almanac.yaml", "helm: " .. BIN .. helm .. "\n")
  return p, url, asked
end

local function book(allow, call)
  return string.format("return runbook { summary = 'x', %s run = function() step('x', function() %s end) end }", allow or "", call)
end

local function template(chart) return string.format("return #helm.template { release = 'ns1', chart = %q }", chart) end
local function upgrade(chart) return string.format("helm.upgrade { release = 'ns1', chart = %q, install = true }", chart) end

local function count(asked, path)
  local n = 0
  for _, one in ipairs(asked) do n = n + (one == path and 1 or 0) end
  return n
end

local CHARTS = { "own", "within", "packed", "packed.tgz", "file" }

local function allow_of(url, more)
  return string.format("allow = { helm = { 'ns1' }, read = { fs = { '*', '*/**' }, http = { '%s/*.tgz' %s } } },", url, more or "")
end

for _, helm in ipairs { "helm3", "helm4" } do
  t.test(helm .. ": `allow` is asked for what the schemas of a chart refer to", function()
    local p, url, asked = world(helm)
    local refused = 'this runbook may not read http "' .. url .. '/fetched"'
    local function refuses(chart, call, words, want)
      p:edit("book", book(allow_of(url), call(chart)))
      local _, out, err = p:run(words, p.env)
      t.has(out .. err, want or refused, chart)
      t.eq(count(asked, "/fetched"), 0, chart .. " by " .. table.concat(words, " "))
    end
    for _, chart in ipairs(helm == "helm3" and CHARTS or { "own" }) do
      refuses(chart, template, { "plan", "book" })
      refuses(chart, upgrade, { "run", "book", "--no-ask" })
    end
    refuses("own", upgrade, { "plan", "book" })
    refuses("odd", template, { "plan", "book" }, "a schema of the chart has helm fetch cannot be told")
    refuses(url .. "/packed.tgz", template, { "plan", "book" })
    refuses(url .. "/packed.tgz", upgrade, { "run", "book", "--no-ask" })
    p:edit("book", book(allow_of(url), template "plain" .. " + " .. template(url .. "/plain.tgz"):gsub("return ", "")))
    local code, out, err = p:run({ "plan", "book" }, p.env)
    t.eq(code, 0, "a schema that stays in its chart, and names what helm has itself, is not asked for: " .. out .. err)
    p:edit("book", book(allow_of(url, ", '" .. url .. "/fetched'"), upgrade(url .. "/packed.tgz")))
    code, out, err = p:run({ "run", "book", "--no-ask" }, p.env)
    t.eq(code, 0, "what allow names is fetched: " .. out .. err)
    t.ok(count(asked, "/fetched") > 0)
  end)

  t.test(helm .. ": a plan without `allow` says what the schemas refer to", function()
    local p, url = world(helm)
    for chart, call in pairs { own = template, packed = upgrade, [url .. "/packed.tgz"] = helm == "helm3" and upgrade or template } do
      p:edit("book", book(nil, call(chart)))
      local _, out, err = p:run({ "plan", "book" }, p.env)
      t.has((out .. err):gsub("\n[%s|↳]*", " "), "helm fetches what a schema of the chart refers to (", chart)
      t.has(out .. err, url .. "/fetched", chart)
    end
    p:edit("book", book(nil, template "odd"))
    local _, out, err = p:run({ "plan", "book" }, p.env)
    t.has(out .. err, "has helm fetch cannot be told") -- helm itself fails, or takes another file than is written
    p:edit("book", book(nil, template "plain"))
    _, out = p:run({ "plan", "book" }, p.env)
    t.lacks(out, "schema")
    p:edit("book", book(nil, upgrade "plain"))
    local code
    code, out, err = p:run({ "run", "book", "--no-ask" }, p.env)
    t.eq(code, 0, out .. err)
  end)
end

t.test("nothing of a chart is told that `allow` does not let be read", function()
  local p, url = world "helm3"
  p:edit("book", book("allow = { helm = { 'ns1' }, read = { fs = { 'plain/**' } } },", template "own"))
  local _, out, err = p:run({ "plan", "book" }, p.env)
  t.has(out .. err, 'may not read fs "own"')
  t.lacks(out .. err, url)
end)

t.test("what /proc tells of a process is no schema", function()
  local p = world "helm3"
  make_chart(p.dir, "proc", '{ "$ref": "file:///proc/self/environ" }')
  p:edit("book", book(nil, upgrade "proc"))
  for _, words in ipairs { { "plan", "book" }, { "run", "book", "--no-ask" } } do
    local _, out, err = p:run(words, p.env)
    t.has(out .. err, "/proc/self/environ leads to /proc/")
  end
end)

t.test("a test of a runbook fetches none, packed ones neither", function()
  local p, _, asked = world "helm3"
  t.must { "mkdir", p.dir .. "/runbooks/tests", p.dir .. "/tools" }
  t.must { "ln", "-s", BIN .. "helm3", p.dir .. "/tools/helm" }
  p.env.PATH = p.dir .. "/tools:" .. t.getenv "PATH"
  p:edit("tests/book_test", "it('is run', function() local w = world { namespaces = { 'ns1' } } "
    .. "error('told: ' .. w:run('book').output) end)")
  for _, chart in ipairs(CHARTS) do
    p:edit("book", book(nil, template(chart)))
    local _, out, err = p:run({ "test" }, p.env)
    t.has(out .. err, "a test's helm reads no other schema", chart)
  end
  t.eq(#asked, 0)
end)

t.test("a chart's name is the same for helm and for `allow`", function()
  local p = world "helm3"
  for _, name in ipairs { " own", "own ", "own\\n", "\\u{a0}own", "own\\u{2003}", "\\u{3000}own" } do
    p:edit("book", book(nil, 'return #helm.template { release = "ns1", chart = "' .. name .. '" }'))
    local _, out, err = p:run({ "plan", "book" }, p.env)
    t.has(out .. err, "helm.template: chart must not begin or end with a space", name)
  end
end)

t.test("a chart of elsewhere whose schema leads to what is told of processes is refused, by a plan and under allow", function()
  local p, url = world "helm4"
  for _, allow in ipairs { "", allow_of(url) } do
    p:edit("book", book(allow, upgrade(url .. "/proc.tgz")))
    local _, out, err = p:run({ "plan", "book" }, p.env)
    t.has(out .. err, "and so to what is told of processes there", allow)
  end
end)
