-- Where a chart and its values come from: an archive, a registry, a URL, charts that it depends on, and a
-- post-renderer. Each is planned, bound to what it was then, and run.
local devnet = require "tests.devnet"
local fs = require "native.fs"
local httpd = require "native.httpd"
local images = require "tests.images"
local t = require "tests.harness"

local BOOK = [[
return runbook {
  params = {
    chart = param.string { required = true }, values = param.list { default = {} }, post = param.list { default = {} },
    plain_http = param.boolean { default = false },
  },
  ALLOW
  run = function(p)
    step("upgrade", function()
      helm.upgrade { release = "c", namespace = "animica-devnet", chart = p.chart, values = p.values, install = true,
        plain_http = p.plain_http, post_renderer = #p.post > 0 and p.post or nil }
    end)
  end,
}]]

local TEMPLATE = [[
apiVersion: v1
kind: ConfigMap
metadata: { name: settings, labels: { app: c, app: c } }
data: { text: {{ .Values.text | quote }} }
]]

local function write_chart(dir, text)
  fs.mkdir(dir .. "/templates")
  t.write_file(dir .. "/Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\n")
  t.write_file(dir .. "/values.yaml", "text: " .. text .. "\n")
  t.write_file(dir .. "/templates/settings.yaml", TEMPLATE)
end

local function start(helm, allow)
  local world = devnet.start { helm = helm, install = false }
  fs.mkdir(world.dir .. "/runbooks")
  t.write_file(world.dir .. "/runbooks/book.lua", (BOOK:gsub("ALLOW", allow or "")))
  write_chart(world.dir .. "/c", "one")
  return world
end

local function text_of(world)
  return world:get "/api/v1/namespaces/animica-devnet/configmaps/settings".data.text
end

--- Plans, changes what the chart comes from, sees the planned run stop with these words, and plans and runs anew.
local function bound(world, words, change, said, text)
  world:almanac(2, { "plan", "book", "-o", "plan.json", table.unpack(words) })
  change()
  local _, err = world:almanac(3, { "run", "--plan", "plan.json", "--no-ask" })
  t.has(err, said)
  world:almanac(2, { "plan", "book", "-o", "plan.json", table.unpack(words) })
  world:almanac(0, { "run", "--plan", "plan.json", "--no-ask" })
  t.eq(text_of(world), text)
end

--- What a release's objects do not show is bound too: here the chart's description.
local function package(world, description)
  t.write_file(world.dir .. "/c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\ndescription: " .. description .. "\n")
  t.must({ world.helm, "package", "c" }, { cwd = world.dir, env = world.env })
end

for _, helm in ipairs(devnet.helms()) do
  t.test(helm .. ": a chart's archive, with a key that is there twice", function()
    local world = start(helm)
    package(world, "one")
    t.has(world:almanac(2, { "plan", "book", "chart=c-0.1.0.tgz" }), 'WARNING the chart c-0.1.0.tgz, line 5: duplicate key "app"')
    bound(world, { "chart=c-0.1.0.tgz" }, function() package(world, "two") end, "chart c-0.1.0.tgz has changed since the plan", "one")
  end)

  t.test(helm .. ": a chart in a registry is bound by its digest", function()
    local world = start(helm)
    local url = "oci://" .. images.registry(world.dir) .. "/charts"
    local function push(text)
      package(world, text)
      t.must({ world.helm, "push", "c-0.1.0.tgz", url, "--plain-http" }, { cwd = world.dir, env = world.env })
    end
    push "one"
    bound(world, { "chart=" .. url .. "/c", "plain_http=true" }, function() push "two" end, "chart " .. url .. "/c has changed", "one")
    local out, err = world:almanac(1, { "plan", "book", "chart=" .. url .. "/none", "plain_http=true" })
    t.has(out .. err, "none")
  end)

  t.test(helm .. ": values from a URL", function()
    local world = start(helm)
    local text = "remote-one"
    local server = httpd.listen { handler = function(_, response) response:send(200, {}, "text: " .. text .. "\n") end }
    local url = "http://127.0.0.1:" .. server:port() .. "/values.yaml"
    bound(world, { "chart=c", "values=" .. url }, function() text = "remote-two" end,
      "settings as release c renders it has changed", "remote-two")
  end)

  t.test(helm .. ": charts that it depends on are planned, and missed in words", function()
    local world = start(helm)
    t.write_file(world.dir .. "/c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\n"
      .. "dependencies: [{ name: sub, version: 0.1.0, repository: 'file://../sub' }]\n")
    local out = world:almanac(1, { "plan", "book", "chart=c" })
    t.has(out, "missing in charts/ directory: sub")
    t.has(out, "helm dependency build")
    fs.mkdir(world.dir .. "/sub/templates")
    t.write_file(world.dir .. "/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 0.1.0\n")
    t.write_file(world.dir .. "/sub/templates/more.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: more }\n")
    t.must({ world.helm, "dependency", "build", "c" }, { cwd = world.dir, env = world.env })
    out = world:almanac(2, { "plan", "book", "chart=c" })
    t.has(out, "configmap/more")
    t.has(out, "configmap/settings")
  end)

  t.test(helm .. ": a post-renderer is bound by what it is, and asks allow", function()
    local world = start(helm)
    local is_plugin = helm == "helm4" -- which knows post-renderers as plugins only
    local script = is_plugin and world.dir .. "/plugins/stamp/stamp.sh" or world.dir .. "/stamp.sh"
    local name = is_plugin and "stamp" or "./stamp.sh"
    local function write(text)
      local said, comment = text:match "^(.-)(#?)$"
      t.write_file(script, "#!/bin/sh\nsed 's/\"one\"/\"" .. said .. "\"/' " .. comment .. "\n")
      t.must { "chmod", "+x", script }
    end
    if is_plugin then
      fs.mkdir(world.dir .. "/plugins/stamp")
      world.env.HELM_PLUGINS = world.dir .. "/plugins"
      t.write_file(world.dir .. "/plugins/stamp/plugin.yaml", [[
apiVersion: v1
type: postrenderer/v1
name: stamp
version: 0.1.0
runtime: subprocess
runtimeConfig: { platformCommand: [ { command: "${HELM_PLUGIN_DIR}/stamp.sh" } ] }
]])
    end
    write "stamped"
    local words = { "chart=c", "post=" .. name }
    if is_plugin then -- of the operator's own, and not bound
      world:almanac(2, { "plan", "book", "-o", "plan.json", table.unpack(words) })
      world:almanac(0, { "run", "--plan", "plan.json", "--no-ask" })
      t.eq(text_of(world), "stamped")
    else
      bound(world, words, function() write "stamped#" end, "post-renderer ./stamp.sh has changed", "stamped")
    end
    t.has(world:almanac(2, { "plan", "book", table.unpack(words) }), "the post-renderer was not run: " .. name)
    local allowed = 'allow = { helm = { "animica-devnet/c" }, read = { fs = { "**" } } },'
    t.write_file(world.dir .. "/runbooks/book.lua", (BOOK:gsub("ALLOW", allowed)))
    local _, err = world:almanac(1, { "run", "book", "chart=c", "post=" .. name, "--no-ask" })
    t.has(err, 'helm.upgrade: this runbook may not touch shell "' .. name .. '"')
  end)
end
