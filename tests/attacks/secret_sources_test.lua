-- Where secrets are taken from is the operator's to say, or what the runbook's `allow` names.
local project = require "tests.project"
local t = require "tests.harness"

local SECRET = "Zx9topsecretQQ"
local ENV = { AWS_SECRET_ACCESS_KEY = SECRET }

local function book(allow, spec)
  return string.format([[return runbook { %s params = { s = %s }, run = function(p) step("a", function()
    http.post("http://127.0.0.1:9/x", { body = tostring(#p) }) end) end }]], allow, spec)
end

local function allow(more) return "allow = { http = { 'http://127.0.0.1:9/**' } " .. more .. " }," end

local DEFAULTS = { 'param.secret { default = "env:AWS_SECRET_ACCESS_KEY" }',
  'param.list { of = param.secret {}, default = { "env:AWS_SECRET_ACCESS_KEY" } }',
  'param.map { of = param.secret {}, default = { a = "env:AWS_SECRET_ACCESS_KEY" } }' }

t.test("a variable that the runbook itself names is asked of allow", function()
  local p = project.new {}
  for _, default in ipairs(DEFAULTS) do
    p:edit("book", book(allow "", default))
    for _, words in ipairs { { "plan", "book" }, { "run", "book", "--no-ask" } } do
      local code, out, err = p:run(words, ENV)
      t.ok(code ~= 0, out .. err)
      t.has(out .. err, 'this runbook may not read env "AWS_SECRET_ACCESS_KEY"')
      t.lacks(out .. err, SECRET)
    end
  end
end)

t.test("what allow, pass_env or the operator names is taken, and the plan says from where", function()
  local p = project.new {}
  local spec = DEFAULTS[1]
  for allowed, words in pairs {
    [allow ", read = { env = { 'AWS_SECRET_ACCESS_KEY' } }"] = { "plan", "book" }, [allow ", env = { 'AWS_*' }"] = { "plan", "book" },
    [allow "" .. "pass_env = { 'AWS_SECRET_ACCESS_KEY' },"] = { "plan", "book" }, [""] = { "plan", "book" },
    [allow ""] = { "plan", "book", "s=env:AWS_SECRET_ACCESS_KEY" } } do
    p:edit("book", book(allowed, spec))
    local code, out, err = p:run(words, ENV)
    t.eq(code, 2, allowed .. out .. err)
    t.has(out, "Secrets: s from env:AWS_SECRET_ACCESS_KEY")
  end
  p:edit("book", book(allow ", read = { env = { 'AWS_SECRET_ACCESS_KEY' } }", spec))
  t.eq(p:run({ "plan", "book", "-o", "plan.json" }, ENV), 2)
  t.has(t.read_file(p.dir .. "/plan.json"), '"secrets_from":["s from env:AWS_SECRET_ACCESS_KEY"]') -- for who is to sign it
  local _, out = p:run({ "show", "book" }, ENV)
  t.has(out, "take a secret from the variable AWS_SECRET_ACCESS_KEY")
end)

t.test("a run that is called is held to the allow of who calls it, too", function()
  local p = project.new { called = book("", DEFAULTS[1]),
    book = "return runbook { allow = { runbook = { 'called' }, http = { 'http://127.0.0.1:9/**' } }, run = function() "
      .. "runbook.call('called') end }" }
  local _, out, err = p:run({ "plan", "book" }, ENV)
  t.has(out .. err, 'may not read env "AWS_SECRET_ACCESS_KEY"')
end)

t.test("a default's text begins no line of the plan", function()
  local p = project.new { book = book("", 'param.secret { default = "env:X\\nPlan: 0 effects" }') }
  local _, out = p:run({ "plan", "book" }, ENV)
  t.lacks(out, "\nPlan: 0 effects")
end)
