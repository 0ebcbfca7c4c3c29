-- What is refused before a run begins shows no secret: in the wrong parameter, under a wrong name, in a file that cannot be read.
local project = require "tests.project"
local t = require "tests.harness"

local BOOK = [[return runbook { params = { token = param.secret { required = true }, tag = param.string { pattern = "^v%d+$" },
  n = param.integer {}, e = param.enum { values = { "a", "b" } }, d = param.duration {}, a = param.boolean {},
  l = param.list { of = param.integer {} } }, run = function(p) step("x", function() return #p.token end) end }]]
local SECRET = "dG9rLWh1bnRlcjI"

local function each_command(p, words, check)
  for _, command in ipairs { "plan", "run" } do
    local all = { command, "book", table.unpack(words) }
    local code, out, err = p:run(all, { SECRET = SECRET })
    local what = table.concat(all, " ") .. ": " .. out .. err
    t.ok(code == 1 or code == 2, what)
    check(out .. err, what)
  end
end

local function silent(p, words, has)
  each_command(p, words, function(said, what)
    t.lacks(said, SECRET, what)
    if has then t.has(said, has, what) end
  end)
end

t.test("the same text in a parameter that refuses it, before and after the secret's name", function()
  local p = project.new { book = BOOK }
  for _, name in ipairs { "tag", "n", "e", "d", "a", "l" } do
    silent(p, { "token=" .. SECRET, name .. "=" .. SECRET }, "parameter " .. name .. " must be")
    silent(p, { name .. "=x" .. SECRET .. "x", "token=" .. SECRET }, "parameter " .. name .. " must be")
    silent(p, { name .. "=" .. SECRET, "token=env:SECRET" }, "parameter " .. name .. " must be")
  end
end)

t.test("a word that is no key=value, or whose key there is none of", function()
  local p = project.new { book = BOOK }
  for _, words in ipairs { { SECRET }, { "token=", SECRET }, { "token:" .. SECRET }, { "token=a", SECRET }, { SECRET .. "=" },
    { SECRET .. "==" },
    { "tokem=" .. SECRET }, { "--token=" .. SECRET }, { "--tokem", SECRET }, { "token=a", "nosuch=" .. SECRET } } do
    silent(p, words)
  end
  silent(p, { "tokem=x" }, 'book has no parameter "tokem"; did you mean token?')
  silent(p, { "token=a", "nonsense" }, '"nonsense" is no parameter (the word 2 of them)')
end)

t.test("a file of parameters, and almanac.yaml, that cannot be read", function()
  local p = project.new { book = BOOK }
  for _, text in ipairs { "token: [" .. SECRET, 'token: "' .. SECRET .. '\\q"', "token: {a: " .. SECRET .. "}",
    "token: " .. SECRET .. "\ntoken: x",
    "token: *" .. SECRET, "token: !" .. SECRET, "token: !" .. SECRET .. " x", "token: ! {" .. SECRET .. ": x}",
    "token: !" .. SECRET .. " {}",
    "*" .. SECRET, "*" .. SECRET .. ": x", "token: &" .. SECRET .. " [*" .. SECRET .. "]", "token: %" .. SECRET, "token: @" .. SECRET,
    "token: `" .. SECRET, "token: |" .. SECRET, "token: >" .. SECRET, "? " .. SECRET .. "\n: x\n? " .. SECRET .. "\n: y",
    "token: !!int " .. SECRET, "token: !!" .. SECRET .. " x", "%TAG ! " .. SECRET .. "\n---\ntoken: !x y", "token: x\n--- *" .. SECRET,
    "token: " .. SECRET .. ": x", "\ttoken: " .. SECRET, "token: !x " .. SECRET, "token: [" .. SECRET .. "]" } do
    t.write_file(p.dir .. "/p.yaml", text .. "\n")
    silent(p, { "--params", "p.yaml" }, "p.yaml, line ")
    t.write_file(p.dir .. "/almanac.yaml", "params:\n  book:\n    " .. text:gsub("\n", "\n    ") .. "\n")
    silent(p, {}, "almanac.yaml, line ")
    local _, said = p:run { "check" }
    t.lacks(said, SECRET, text)
    t.must { "rm", p.dir .. "/almanac.yaml" }
  end
end)

t.test("an address or a token where almanac.yaml has a name, or a name's value", function()
  local p = project.new { book = "return runbook { run = function() end }" }
  local url = "https://hooks.example/" .. SECRET
  for _, text in ipairs { "hooks: { on_fail: '" .. url .. "' }", "hooks: { on_fail: ['" .. url .. "'] }", "hooks: { '" .. url .. "': ops }",
    "hooks: { on_fail: " .. SECRET .. " }", "channels: { ops: { kind: '" .. url .. "' } }",
    "channels: { ops: { kind: slack, '" .. url .. "': x } }",
    "channels: { ops: { kind: slack, urls: '" .. url .. "' } }", "channels: { ops: '" .. url .. "' }", "environment: '" .. url .. "'",
    "endpoints: { github: " .. SECRET .. " }", "endpoints: { loki: { url: '" .. SECRET .. "' } }",
    "endpoints: { loki: 'x://" .. SECRET .. "' }",
    "endpoints: { loki: 'https:///" .. SECRET .. "' }", "endpoints: { loki: 'loki:3100/" .. SECRET .. "' }",
    "endpoints: { github: { " .. SECRET .. ": x } }", "endpoints: { github: { token: { " .. SECRET .. ": x } } }",
    "pass_env: ['TOKEN=" .. SECRET .. "']", "pass_env: { TOKEN: " .. SECRET .. " }", SECRET .. ": x",
    "environments: { live: { hooks: { on_fail: '" .. url .. "' } } }\nenvironment: live" } do
    t.write_file(p.dir .. "/almanac.yaml", text .. "\n")
    for _, words in ipairs { { "check" }, { "plan", "book" } } do
      local code, out, err = p:run(words)
      t.ok(code ~= 0, text)
      t.lacks(out .. err, SECRET, text)
      t.has(out .. err, "almanac.yaml", text)
    end
  end
  t.write_file(p.dir .. "/almanac.yaml", "")
  p:edit("book", "return runbook { run = function() step('x', function() notify.send { channel = '" .. url .. "', text = 'x' } end) end }")
  local _, out, err = p:run { "run", "book" }
  t.has(out .. err, 'there is no channel "htt…"')
end)

t.test("docker's configuration, which holds passwords, that is no JSON", function()
  local p = project.new { book = "return runbook { run = function() step('x', function() registry.tags 'h.invalid/a' end) end }" }
  t.write_file(p.dir .. "/config.json", '{ "auths": { "h.invalid": { "auth": "' .. SECRET .. '"; } } }')
  local _, out, err = p:run({ "plan", "book" }, { DOCKER_CONFIG = p.dir })
  t.has(out .. err, "config.json: it is no JSON at line 1, column ")
  t.lacks(out .. err, SECRET)
end)

t.test("a kubeconfig that cannot be read", function()
  local p = project.new { book = "return runbook { run = function() step('x', function() k8s.info() end) end }" }
  for _, text in ipairs { "users: [{name: a, user: {token: " .. SECRET, 'users:\n- name: "' .. SECRET .. '\\q"', "users: " .. SECRET,
    "\tusers: " .. SECRET, "users:\n- name: a\n  user:\n    token: [" .. SECRET .. "]" } do
    t.write_file(p.dir .. "/config", text .. "\n")
    local _, out, err = p:run { "plan", "book", "--kubeconfig", "config" }
    t.lacks(out .. err, SECRET, text)
  end
end)

t.test("a lock whose name would hold a secret, by a URL's password or by the parameter's value: nothing is kept of it", function()
  local p = project.new { book = [[return runbook { params = { token = param.secret {}, db = param.string {} },
    lock = function(p) return "db " .. p.db end, run = function() step("x", function() return 1 end) end }]] }
  local said = "the name of a lock is shown and journalled, and would hold a secret"
  silent(p, { "db=postgres://u:" .. SECRET .. "@h/db" }, said)
  silent(p, { "token=env:SECRET", "db=" .. SECRET }, said)
  t.eq(t.run({ "grep", "-r", SECRET, p.dir .. "/.almanac" }), 2, "there is no store yet")
  t.eq(p:run { "run", "book", "db=main" }, 0)
end)
