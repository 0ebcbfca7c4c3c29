-- Programs that a script hands to another program, which would start them: no command that only looks has them started, whoever
-- asks; a run does, under its allow.
local clusters = require "tests.attacks.cluster"
local fs = require "native.fs"
local process = require "native.process"
local t = require "tests.harness"

local BIN = process.cwd() .. "/.deps/bin/"

local CHART = {
  ["chart/Chart.yaml"] = "apiVersion: v2\nname: c\nversion: 0.1.0\n", ["chart/values.yaml"] = "text: one\n",
  ["chart/templates/settings.yaml"] = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings }\n"
    .. "data: { text: {{ .Values.text | quote }} }\n",
}

--- Each helm knows plugins of its own form alone.
local PLUGINS = {
  helm3 = { ["plugins/fetch/plugin.yaml"] = 'name: fetch\nversion: 0.1.0\ncommand: "true"\n'
    .. "downloaders:\n- command: fetch.sh\n  protocols: [evil]\n" },
  helm4 = { ["plugins/stamp/plugin.yaml"] = 'apiVersion: v1\ntype: postrenderer/v1\nname: stamp\nversion: 0.1.0\nruntime: subprocess\n'
    .. 'runtimeConfig: { platformCommand: [ { command: "${HELM_PLUGIN_DIR}/stamp.sh" } ] }\n' },
}

--- A project with a cluster, a chart, and programs that leave a mark: a post-renderer and helm's plugins.
local function world(helm)
  local p = clusters.world { "ns1" }
  t.must { "mkdir", "-p", p.dir .. "/chart/templates", p.dir .. "/plugins/fetch", p.dir .. "/plugins/stamp", p.dir .. "/bin" }
  for _, files in ipairs { CHART, PLUGINS[helm] } do
    for name, text in pairs(files) do t.write_file(p.dir .. "/" .. name, text) end
  end
  local mark = "#!/bin/sh\ntouch " .. p.dir .. "/pwned\n"
  t.write_file(p.dir .. "/bin/post", mark .. "cat\n")
  t.write_file(p.dir .. "/plugins/stamp/stamp.sh", mark .. "cat\n")
  t.write_file(p.dir .. "/plugins/fetch/fetch.sh", mark .. "echo 'text: two'\n")
  t.must { "chmod", "+x", p.dir .. "/bin/post", p.dir .. "/plugins/stamp/stamp.sh", p.dir .. "/plugins/fetch/fetch.sh" }
  t.write_file(p.dir .. "/almanac.yaml", "helm: " .. BIN .. helm .. "\n")
  p.env.HELM_PLUGINS = p.dir .. "/plugins"
  return p
end

local function chart(more)
  return "release = 'ns1', namespace = 'ns1', chart = 'chart'" .. more
end

local function upgrade(more) return "helm.upgrade { install = true, " .. chart(more) .. " }" end
local function template(more) return "return #helm.template { " .. chart(more) .. " }" end

local function book(body, before)
  return string.format("%s\nreturn runbook { run = function() step('x', function() %s end) end }", before or "", body)
end

local LOOKS = { { "plan", "book" }, { "rehearse", "book", "--empty" } }
local ALL_LOOKS = { { "check" }, { "show", "book" }, { "doc", "book" }, { "plan", "book", "--json" }, { "backtest", "book" },
  { "rehearse", "book", "--empty", "--yes", "--kill", "every" }, table.unpack(LOOKS) }

--- Nothing is started of a script, whatever command it is looked at by; and what is said of it.
local function looked_at(p, what, script, said, looks)
  p:edit("book", script)
  for _, words in ipairs(looks or LOOKS) do
    local _, out, err = p:run(words, p.env)
    local told = what .. ": " .. table.concat(words, " ") .. ": " .. out .. err
    t.eq(fs.exists(p.dir .. "/pwned"), false, told)
    t.lacks(out .. err, "bug at", told)
    local want = said[words[1]]
    if want and words[3] ~= "--json" then t.has((out .. err):gsub("\n[%s|↳]*", " "), want, told) end
  end
end

local NOT_RUN = { plan = "the post-renderer was not run: ", rehearse = "a rehearsal does not run the post-renderer " }

for helm, post in pairs { helm3 = "'bin/post'", helm4 = "'stamp'" } do
  t.test(helm .. ": a post-renderer is started by a run alone", function()
    local p = world(helm)
    local with = ", post_renderer = " .. post
    looked_at(p, "an upgrade", book(upgrade(with)), NOT_RUN, ALL_LOOKS)
    looked_at(p, "one of several words", book(upgrade(", post_renderer = { " .. post .. ", 'a,b' }")), NOT_RUN)
    looked_at(p, "a read", book(template(with)), NOT_RUN)
    looked_at(p, "a read whose text is used", book("k8s.apply(helm.template { " .. chart(with) .. " }, { namespace = 'ns1' })"),
      NOT_RUN)
    looked_at(p, "in a branch, behind pcall",
      book("parallel('both', { a = function() pcall(function() " .. template(with) .. " end) end })"), NOT_RUN)
    looked_at(p, "in an effect of its own", book("effect.perform('my.own', {})", string.format("effect.define('my.own', { "
      .. "observe = function() helm.template { %s } return {} end, preview = function() helm.template { %s } return {} end, "
      .. "apply = function() helm.template { %s } return {} end })", chart(with), chart(with), chart(with))), {})
    for _, typed in ipairs { upgrade(with), (template(with):gsub("return ", "")) } do
      local options = p:options(p.env)
      options.stdin = typed .. "\n"
      local _, out, err = t.run({ process.exe(), "repl" }, options)
      t.has(out .. err, "the post-renderer was not run")
      t.eq(fs.exists(p.dir .. "/pwned"), false, out .. err)
    end
    p:edit("book", book(upgrade(with)))
    local code, out, err = p:run({ "run", "book", "--no-ask" }, p.env)
    t.eq(code, 0, out .. err)
    t.eq(fs.exists(p.dir .. "/pwned"), true, "the run starts it")
  end)
end

t.test("a plugin of helm that fetches is started by a run alone", function()
  local p = world "helm3"
  local said = { plan = "the helm plugin that fetches evil:", rehearse = "by a plugin, a program that a rehearsal does not start" }
  looked_at(p, "values", book(upgrade ", values = 'evil://x'"), said)
  looked_at(p, "values without slashes", book(upgrade ", values = { 'chart/values.yaml', 'EVIL:x' }"),
    { plan = "the helm plugin that fetches EVIL:", rehearse = said.rehearse })
  looked_at(p, "a read", book(template ", values = 'evil://x'"), said)
  looked_at(p, "a chart", book "helm.upgrade { release = 'ns1', chart = 'evil://x/c.tgz', install = true }", said)
  looked_at(p, "a chart that is read", book "helm.template { release = 'ns1', chart = 'evil://x/c.tgz' }", said)
  p:edit("book", book(upgrade ", values = 'evil://x'"))
  local code, out, err = p:run({ "run", "book", "--no-ask" }, p.env)
  t.eq(code, 0, out .. err)
  t.eq(fs.exists(p.dir .. "/pwned"), true, "the run starts it")
end)

t.test("a run that keeps to a plan does what the plan could not show, and is bound to the program", function()
  local p = world "helm3"
  p:edit("book", book(upgrade ", post_renderer = './bin/post'"))
  local code, out, err = p:run({ "plan", "book", "-o", "plan.json" }, p.env)
  t.eq(code, 2, out .. err)
  t.write_file(p.dir .. "/bin/post", t.read_file(p.dir .. "/bin/post") .. "# another\n")
  code, out, err = p:run({ "run", "--plan", "plan.json", "--no-ask" }, p.env)
  t.eq(code, 3, out .. err)
  t.has(err, "post-renderer ./bin/post has changed")
  t.eq(fs.exists(p.dir .. "/pwned"), false)
  p:run({ "plan", "book", "-o", "plan.json" }, p.env)
  code, out, err = p:run({ "run", "--plan", "plan.json", "--no-ask" }, p.env)
  t.eq(code, 0, out .. err)
  t.eq(fs.exists(p.dir .. "/pwned"), true)
end)

t.test("a plan starts it where whoever reviews says so, and its run is bound to what came of it", function()
  local p = world "helm3"
  t.write_file(p.dir .. "/bin/stamp", "#!/bin/sh\nsed s/one/stamped/\n")
  t.must { "chmod", "+x", p.dir .. "/bin/stamp" }
  for _, call in ipairs { upgrade ", post_renderer = 'bin/stamp'", upgrade ", values = 'evil://x'" } do
    p:edit("book", book("note(#" .. template ", post_renderer = 'bin/stamp'":gsub("return #", "") .. ") " .. call))
    local code, out, err = p:run({ "plan", "book", "-o", "plan.json", "--start-programs" }, p.env)
    t.eq(code, 2, out .. err)
    t.lacks(out, "was not run")
    t.has(out, "configmap/settings")
    code, out, err = p:run({ "run", "--plan", "plan.json", "--no-ask" }, p.env)
    t.eq(code, 0, out .. err)
  end
  t.eq(fs.exists(p.dir .. "/pwned"), true)
end)

t.test("a test of a runbook starts none", function()
  local p = world "helm3"
  t.must { "mkdir", p.dir .. "/runbooks/tests", p.dir .. "/tools" }
  t.must { "ln", "-s", BIN .. "helm3", p.dir .. "/tools/helm" }
  p.env.PATH = p.dir .. "/tools:" .. t.getenv "PATH"
  p:edit("tests/book_test", "it('is run', function() local w = world { namespaces = { 'ns1' } } "
    .. "error('told: ' .. w:run('book').output) end)")
  for _, call in ipairs { upgrade ", post_renderer = 'bin/post'", template ", post_renderer = 'bin/post'" } do
    p:edit("book", (book(call):gsub("runbook {", "runbook { summary = 'x',")))
    local _, out, err = p:run({ "test" }, p.env)
    t.eq(fs.exists(p.dir .. "/pwned"), false, out .. err)
    t.has(out .. err, "a test does not run the post-renderer")
  end
end)

t.test("under allow a run starts no program that is not named, and a plan says so", function()
  local p = world "helm3"
  p:edit("book", "return runbook { allow = { helm = { 'ns1' }, read = { fs = { '**' } } }, run = function() step('x', function() "
    .. upgrade ", post_renderer = 'bin/post'" .. " end) end }")
  for _, words in ipairs { { "plan", "book" }, { "run", "book", "--no-ask" } } do
    local _, out, err = p:run(words, p.env)
    t.has(out .. err, 'may not touch shell "bin/post"')
    t.eq(fs.exists(p.dir .. "/pwned"), false)
  end
end)

t.test("kustomize starts no function, plugin or helm that an overlay names", function()
  local p = world "helm3"
  t.write_file(p.dir .. "/almanac.yaml", "kustomize: " .. BIN .. "kubectl34\n")
  local exec = "apiVersion: x/v1\nkind: Evil\nmetadata:\n  name: e\n  annotations:\n    config.kubernetes.io/function: |\n"
    .. "      exec: { path: " .. p.dir .. "/bin/post }\n"
  for i, text in ipairs { "generators: [fn.yaml]\n", "transformers: [fn.yaml]\n", "validators: [fn.yaml]\n",
    "helmCharts: [{ name: c, repo: 'http://127.0.0.1:9/', version: '1' }]\nhelmGlobals: { chartHome: ../chart }\n",
    "resources: ['evil::" .. p.dir .. "']\n", "resources: ['ext::sh -c touch% " .. p.dir .. "/pwned']\n",
    "resources: ['file:///nowhere/r.git//?ref=--upload-pack=touch " .. p.dir .. "/pwned']\n" } do
    local dir = p.dir .. "/overlay" .. i
    t.must { "mkdir", dir }
    t.write_file(dir .. "/kustomization.yaml", text)
    t.write_file(dir .. "/fn.yaml", exec)
  end
  looked_at(p, "overlays", book "for i = 1, 7 do note(select(2, pcall(kustomize.build, 'overlay' .. i)).message) end",
    { rehearse = "accumulating resources" })
end)

t.test("a question of a rehearsal is shown with its words", function()
  local p = world "helm3"
  p:edit("book", book("effect.perform('my.own', {})", "effect.define('my.own', { preview = function() return {} end, "
    .. "apply = function() return {} end })"))
  local _, out, err = p:run({ "rehearse", "book", "--empty", "--yes", "--kill", "every" }, p.env)
  t.lacks(out .. err, "table: 0x")
  t.has(err, "? An effect is in doubt.")
  t.has(err, " redo (--yes)")
end)
