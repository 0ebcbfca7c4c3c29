-- No journal keeps a secret: a result that holds one has a label in its place, also for the script. That label is never put into
-- the world as if it were the text, and a file is not put back with one in it.
local base64 = require "almanac.base.base64"
local cluster = require "tests.attacks.cluster"
local fs = require "native.fs"
local projects = require "tests.project"
local t = require "tests.harness"

local URL = "postgres://app:n3w-Pa55word@db/x"

local COPY = [[
return runbook { summary = "x", params = { key = param.secret {} }, run = function(p)
  local text = step("read it", function() RETURN end)
  step("say it", function() note(text) end)
  step("write it", function() fs.write("copy", text) end)
end }
]]

--- Refused by a plan, by a run, and by its resume, which has the text out of the journal.
local function refused(given)
  local p = projects.new { book = (COPY:gsub("RETURN", (given:gsub("%%", "%%%%")))) }
  t.write_file(p.dir .. "/original", "the first line\n" .. URL .. "\nAAAAabcdefgh12345678\n")
  for _, command in ipairs { "plan", "run", "resume" } do
    local code, out, err = p:run { command, command == "resume" and p:newest() or "book" }
    t.eq(code, 1, command .. ": " .. out .. err)
    t.has(out .. err, 'fs.write: its input holds "(secret userinfo)", which stands for a secret in the result of step "read it"', command)
    t.lacks(out .. err, "Pa55word")
  end
  t.eq(fs.exists(p.dir .. "/copy"), false)
end

t.test("what a step read: a URL with a password in a file, in what a program printed", function()
  refused 'return fs.read "original"'
  refused [[return { out = sh.read { "cat", "original" }.stdout } end) text = text.out step("x", function() ]]
end)

t.test("what an effect gave, in the step that made it", function()
  local p = projects.new { book = [[return runbook { summary = "x", run = function()
    step("both", function() fs.write("copy", sh.run { "printf", "https://u:longpassword@h/" }.stdout) end)
  end }]] }
  local code, _, err = p:run { "run", "book" }
  t.eq(code, 1, err)
  t.has(err, 'fs.write: its input holds "(secret userinfo)"')
  t.eq(fs.exists(p.dir .. "/copy"), false)
end)

t.test("a step that reads it and uses it has the whole text", function()
  local p = projects.new { book = [[return runbook { summary = "x", run = function()
    step("both", function() fs.write("copy", fs.read "original") end)
  end }]] }
  t.write_file(p.dir .. "/original", URL)
  local code, _, err = p:run { "run", "book" }
  t.eq(code, 0, err)
  t.eq(fs.read(p.dir .. "/copy"), URL)
end)

t.test("words for people may have the label in them", function()
  local p = projects.new { book = [[return runbook { summary = "x", run = function()
    local text = step("read it", function() return fs.read "original" end)
    step("tell it", function() notify.send { channel = "ops", text = text } end)
  end }]] }
  t.write_file(p.dir .. "/original", URL)
  t.write_file(p.dir .. "/tell", "#!/bin/sh\ncat >told\n")
  t.must { "chmod", "755", p.dir .. "/tell" }
  t.write_file(p.dir .. "/almanac.yaml", "channels: { ops: { kind: command, argv: [./tell] } }\n")
  local code, _, err = p:run { "run", "book" }
  t.eq(code, 0, err)
  t.has(fs.read(p.dir .. "/told"), "(secret userinfo)")
end)

t.test("a file that held a secret is not put back without it", function()
  for _, change in ipairs { 'fs.write("app.env", "new")', 'fs.remove("app.env")' } do
    local p = projects.new { book = [[return runbook { summary = "x", run = function()
      step("change it", function() ]] .. change .. [[ end)
    end }]] }
    t.write_file(p.dir .. "/app.env", "DB=" .. URL)
    t.eq((p:run { "run", "book" }), 0)
    local code, _, err = p:run { "rollback", "book" }
    t.eq(code, 1, err)
    t.has(err, "app.env cannot be put back: it held a secret, which no journal keeps")
    t.lacks(fs.exists(p.dir .. "/app.env") and fs.read(p.dir .. "/app.env") or "", "secret")
  end
end)

--- Ways to hand a text v to a Secret of the cluster, which conceals what it is given.
local INTO_SECRETS = {
  create = 'k8s.create { apiVersion = "v1", kind = "Secret", metadata = { name = "made" }, stringData = { p = v } }',
  ["create, encoded"] = [[k8s.create { apiVersion = "v1", kind = "Secret", metadata = { name = "made" },
    data = { p = sh.read { argv = { "base64", "-w0" }, stdin = "pw=" .. v }.stdout } }]],
  apply = 'k8s.apply { apiVersion = "v1", kind = "Secret", metadata = { name = "made" }, stringData = { p = "pw=" .. v } }',
  ["apply of YAML"] = [[k8s.apply('{apiVersion: v1, kind: Secret, metadata: {name: made}, stringData: {p: "' .. v .. '"}}')]],
  ["apply of a list"] = 'k8s.apply { { apiVersion = "v1", kind = "Secret", metadata = { name = "made" }, stringData = { p = v } } }',
  patch = 'k8s.patch("secret/there", { stringData = { p = v } })',
  ["patch by operations"] = 'k8s.patch("secret/there", { { op = "replace", path = "/data/p", value = v } }, { type = "json" })',
}

t.test("no value of a Secret of the cluster, encoded or not: by a plan, a run and a resume; and the label is no secret by that", function()
  local tries = {}
  for name, call in pairs(INTO_SECRETS) do
    tries[#tries + 1] = string.format('attempt(%q, function() %s end)', name, call)
  end
  local p = projects.new { book = [[
local v
local function attempt(name, fn)
  step(name, function()
    local ok, err = errors.try(fn)
    note(name .. ": " .. (ok and "IT WENT" or err.message))
  end)
end
return runbook { params = { s = param.secret {} }, run = function(p)
  v = step("get", function() return sh.read { argv = { "sh", "-c", 'printf %s "$S"' }, env = { S = p.s } }.stdout end)
  step("stop", function() if not fs.exists "go" then error "not yet" end end)
  ]] .. table.concat(tries, "\n") .. [[
end }]] }
  local api, env = cluster.start(p, { "ns1" })
  cluster.create(api, "secrets", { kind = "Secret", metadata = { name = "there", namespace = "default" }, type = "Opaque",
    data = { p = base64.encode "as it was" } })
  env.S = "Tr0ub4dor-Zebra"
  t.eq((p:run({ "run", "book", "s=env:S" }, env)), 1)
  t.write_file(p.dir .. "/go", "")
  for _, words in ipairs { { "plan", "book", "s=env:S" }, { "run", "book", "s=env:S" }, { "resume", p:newest() } } do
    local _, out, err = p:run(words, env)
    t.lacks(out .. err, "IT WENT", words[1])
    local _, told = (out .. err):gsub('its input holds "%(secret s%)", which stands for a secret in the result of step "get"', "")
    t.ok(told >= 7, out .. err)
    t.lacks(out .. err, "Tr0ub4dor")
  end
  local secrets = t.must({ "curl", "-s", api .. "/api/v1/namespaces/default/secrets" })
  t.lacks(secrets, '"made"')
  t.has(secrets, base64.encode "as it was")
end)

t.test("no request, whatever it encodes, and no word or variable of a program that looks", function()
  for name, call in pairs {
    ["http.request"] = 'http.post("http://127.0.0.1:1/", { query = { p = v } })',
    ["http.get"] = 'http.get("http://127.0.0.1:1/", { query = { p = v } })',
    ["http.head"] = 'http.head("http://127.0.0.1:1/", { user = "u", password = v })',
    ["http.rpc"] = 'http.rpc("http://127.0.0.1:1/", "m", { v })',
    ["sh.read"] = 'sh.read { "printf", v }',
  } do
    local p = projects.new { book = [[return runbook { params = { s = param.secret {} }, run = function(p)
      local v = step("get", function() return sh.read { argv = { "sh", "-c", 'printf %s "$S"' }, env = { S = p.s } }.stdout end)
      step("use", function() ]] .. call .. [[ end)
    end }]] }
    local code, out, err = p:run({ "run", "book", "s=env:S" }, { S = "Tr0ub4dor-Zebra" })
    t.eq(code, 1, out .. err)
    t.has(err, name .. ': its input holds "(secret s)", which stands for a secret in the result of step "get"')
  end
end)
