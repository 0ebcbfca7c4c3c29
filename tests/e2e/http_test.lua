-- http in a runbook: a secret in a URL is sent whole, and shown and kept nowhere.
local httpd = require "native.httpd"
local project = require "tests.project"
local t = require "tests.harness"

t.test("a write whose query holds a secret: sent whole, planned and journalled by its label", function()
  local seen = {}
  local server = httpd.listen { handler = function(request, response)
    seen[#seen + 1] = request.method .. " " .. request.raw_path .. "?" .. (request.raw_query or "")
    response:send(200, {}, "ok")
  end }
  local p = project.new { book = string.format([[return runbook {
    params = { token = param.secret { required = true } }, allow = { http = { "http://127.0.0.1:*/hook*" } },
    run = function(p)
      step("hook", function() return http.post("http://127.0.0.1:%d/hook", { query = { token = p.token, id = { 1, 2 } } }).status end)
    end }]], server:port()) }
  t.write_file(p.dir .. "/token", "hunter2 & more\n")
  local _, plan = p:run { "plan", "book", "token=file:token" }
  t.has(plan, "?id=1&id=2&token=(secret token)")
  t.eq(#seen, 0, "a plan sends nothing")
  local code, out, err = p:run { "run", "book", "token=file:token" }
  t.eq(code, 0, err)
  t.eq(seen, { "POST /hook?id=1&id=2&token=hunter2%20%26%20more" })
  local _, log = p:run { "log", p:newest(), "--json" }
  for _, text in ipairs { plan, out, err, log } do t.lacks(text, "hunter2") end
  t.has(log, "token=(secret token)")
  server:close()
end)

t.test("what a redo sends has another Idempotency-Key: a server that honours it would answer, and do nothing", function()
  local keys, is_known, done = {}, {}, 0
  local server = httpd.listen { handler = function(request, response)
    local key = request.headers["idempotency-key"]
    keys[#keys + 1] = key
    if not is_known[key] then done = done + 1 end
    is_known[key] = true
    response:send(200, {}, "ok")
  end }
  local p = project.new { book = string.format([[return runbook { run = function()
    step("put", function() return http.put("http://127.0.0.1:%d/share", { body = "10" }).status end)
    step("look", function() if fs.read "mode" == "bad" then error "bad" end end)
  end }]], server:port()) }
  t.write_file(p.dir .. "/mode", "bad")
  local again = { "resume", "--redo", "put", "--no-ask" }
  for _, words in ipairs { { "run", "book", "--no-ask" }, again, again } do
    local code, _, err = p:run(words)
    t.eq(code, 1, err)
  end
  t.eq({ #keys, done }, { 3, 3 })
  server:close()
end)
