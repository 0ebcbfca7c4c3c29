-- notify: told once, shown in a plan, and never with the address.
local httpd = require "native.httpd"
local project = require "tests.project"
local t = require "tests.harness"

local BOOK = [[
return runbook { run = function()
  step("tell", function()
    notify.send { channel = "ops", text = "rolled to v2" }
    notify.send { channel = "desk", text = "rolled to v2" }
  end)
end }]]

local function listen(status)
  local got = {}
  local server = httpd.listen { port = 0, handler = function(request, response)
    got[#got + 1] = { body = request.body, headers = request.headers }
    response:send(status or 200, {}, "no such hook")
  end }
  t.defer(function() server:close() end)
  return server:port(), got
end

t.test("slack, webhook and command are told, with an idempotency key; the address is in no output", function()
  local p = project.new { book = BOOK }
  local port, got = listen()
  t.write_file(p.dir .. "/almanac.yaml", [[
channels:
  ops: { kind: slack, url: "env:HOOK" }
  desk: { kind: command, argv: [sh, -c, "cat > told"] }
]])
  local env = { HOOK = "http://127.0.0.1:" .. port .. "/services/T0/very-secret" }
  local code, out = p:run({ "plan", "book", "-o", "plan.json" }, env)
  t.eq(code, 2, out)
  t.has(out, "ops (slack): rolled to v2")
  t.eq(#got, 0, "a plan tells nobody")
  local done, _, err = p:run({ "run", "book" }, env)
  t.eq(done, 0, err)
  t.eq(#got, 1)
  t.eq(got[1].body, '{"text":"rolled to v2"}')
  t.ok(#(got[1].headers["idempotency-key"] or "") == 16, "an idempotency key")
  t.eq(p:lines "told", { "rolled to v2" })
  local _, log = p:run { "log", "--json" }
  for what, text in pairs { plan = t.read_file(p.dir .. "/plan.json"), err = err, log = log } do
    t.lacks(text, "very-secret", what)
  end
end)

t.test("a channel that fails fails the step, unless it is optional; one that is not there is named", function()
  local p = project.new { book = BOOK, fine = [[
return runbook { run = function()
  step("tell", function() notify.send { channel = "ops", text = "x", optional = true } end)
end }]], none = [[
return runbook { run = function() step("tell", function() notify.send { channel = "nobody", text = "x" } end) end }]] }
  local port = listen(404)
  t.write_file(p.dir .. "/almanac.yaml", string.format(
    "channels: { ops: { kind: webhook, url: 'http://127.0.0.1:%d/' }, desk: { kind: command, argv: [cat] } }\n", port))
  local code, _, err = p:run { "run", "book" }
  t.eq(code, 1, err)
  t.has(err, "channel ops answered 404: no such hook")
  local fine, _, noted = p:run { "run", "fine" }
  t.eq(fine, 0, noted)
  t.has(noted, "ops was not told")
  local none, _, why = p:run { "run", "none" }
  t.eq(none, 1, why)
  t.has(why, "there are desk, ops")
end)

t.test("killed while it tells: whether to tell again is asked, unless it was optional", function()
  local function book(optional)
    return string.format([[
return runbook { run = function() step("tell", function()
  notify.send { channel = "desk", text = "rolled", optional = %s }
end) end }]], optional)
  end
  local p = project.new { must = book "false", may = book "true" }
  t.write_file(p.dir .. "/almanac.yaml", [[
channels: { desk: { kind: command, argv: [sh, -c, "echo told >> told; test -e go-on || kill -9 $PPID"] } }
]])
  p:run { "run", "must" }
  local code, _, err = p:run { "resume", "--no-ask" }
  t.eq(code, 3, err)
  t.has(err, "nobody can ask a channel whether it was told")
  t.write_file(p.dir .. "/go-on", "")
  local again, _, why = p:run { "resume", "--no-ask", "--in-doubt", "redo" }
  t.eq(again, 0, why)
  t.eq(p:lines "told", { "told", "told" })
  t.must { "rm", p.dir .. "/go-on" }
  p:run { "run", "may" }
  local optional, _, noted = p:run { "resume", "--no-ask" }
  t.eq(optional, 0, noted)
  t.eq(#p:lines "told", 3, "not told again")
end)
