-- hooks of almanac.yaml: channels are told of a run, whatever runbook ran, and a channel that is down fails nothing.
local httpd = require "native.httpd"
local json = require "native.json"
local project = require "tests.project"
local t = require "tests.harness"

local BOOK = [[
return runbook { pass_env = { "TOKEN" }, params = { token = param.secret { default = "env:TOKEN" } }, run = function()
  step("act", { undo = function() sh.run { argv = { "true" }, idempotent = true } end }, function()
    sh.run { argv = { "sh", "-c", "echo acted >> world" }, check = { "grep", "-q", "acted", "world" } }
  end)
  if step("look", function() return fs.exists "ask" end) then confirm "on" end
  step("judge", function() if fs.exists "bad" then error("bad, says " .. os.getenv "TOKEN") end end)
end }]]

--- A receiver of webhooks, and what it got: by hook, and by idempotency key.
local function listen()
  local got = { texts = {}, keys = {}, status = 200 }
  local server = httpd.listen { port = 0, handler = function(request, response)
    local body = json.decode(request.body)
    local key = request.headers["idempotency-key"]
    got[#got + 1] = body.hook
    got.texts[body.hook] = body.text
    got.keys[key] = body.hook
    response:send(got.status, {}, "no")
  end }
  t.defer(function() server:close() end)
  got.port = server:port()
  return got
end

local function new(port, more)
  local p = project.new { book = BOOK }
  t.write_file(p.dir .. "/almanac.yaml", string.format([[
channels:
  ops: { kind: webhook, url: "http://127.0.0.1:%d/" }
  desk: { kind: command, argv: [sh, -c, "cat >> told; echo >> told"] }
hooks: { on_start: ops, on_wait: ops, on_fail: [ops], on_done: ops, on_undo: ops }
%s]], port, more or ""))
  return p
end

local env = { TOKEN = "open-sesame-1795" }

local function must(p, words, want)
  local code, out, err = p:run(words, env)
  t.eq(code, want, table.concat(words, " ") .. "\n" .. out .. err)
  return out .. err
end

--- How many different words were said of a hook.
local function words_of(got, hook)
  local n = 0
  for _, of in pairs(got.keys) do n = n + (of == hook and 1 or 0) end
  return n
end

t.test("who begins, waits, fails, is done and is taken back is told, once each, and no secret with it", function()
  local got = listen()
  local p = new(got.port)
  t.write_file(p.dir .. "/ask", "")
  t.write_file(p.dir .. "/bad", "")
  must(p, { "run", "book" }, 3)
  local id = p:newest()
  must(p, { "approve", id }, 0)
  must(p, { "resume", id }, 1)
  t.must { "rm", p.dir .. "/bad" }
  must(p, { "resume", id }, 0)
  must(p, { "rollback", id }, 0)
  t.eq({ table.unpack(got) }, { "on_start", "on_wait", "on_fail", "on_done", "on_undo" })
  t.has(got.texts.on_start, id .. " began, by ")
  t.has(got.texts.on_wait, id .. ' waits at "on": waiting for the operator: on\ngo on: almanac resume ' .. id)
  t.has(got.texts.on_fail, id .. ' failed at "judge": bad, says (secret token)')
  t.has(got.texts.on_done, id .. " is done, after ")
  t.has(got.texts.on_undo, id .. " was rolled back, by rollback-of-book-")
  t.lacks(json.encode(got.texts), "sesame")
end)

t.test("a channel that is down fails nothing: what it was to be told is kept, and the next command tells it, once", function()
  local got = listen()
  local p = new(got.port)
  p:edit("other", 'return runbook { run = function() step("x", function() end) end }')
  got.status = 503
  local said = must(p, { "run", "book" }, 0)
  t.has(said, "! channel ops was not told (on_start, on_done): channel ops answered 503: no")
  local first = p:newest()
  t.has(must(p, { "log", first }, 0), "notice.failed")
  got.status = 200
  for i = 1, #got do got[i] = nil end
  must(p, { "run", "other" }, 0)
  table.sort(got)
  t.eq({ table.unpack(got) }, { "on_done", "on_done", "on_start", "on_start" })
  must(p, { "run", "other" }, 0)
  t.eq(#got, 6, "nothing was told twice")
  t.eq(words_of(got, "on_done"), 3)
  t.has(must(p, { "log", first, "--verify" }, 0), "whole")
end)

t.test("killed wherever it writes, every word is said, and under one key however often", function()
  local n = 1
  while true do
    local got = listen()
    local p = new(got.port)
    local code = p:run({ "run", "book" }, { TOKEN = "x", ALMANAC_FAULT = string.format("journal.committed:%d:kill", n) })
    if code == 0 then break end
    local _, runs = p:run { "runs" }
    if runs:find "^book" then
      if not runs:find " done " then must(p, { "resume" }, 0) end
      p:edit("other", 'return runbook { run = function() step("x", function() end) end }')
      t.write_file(p.dir .. "/quiet.yaml", (t.read_file(p.dir .. "/almanac.yaml"):gsub("hooks:[^\n]*", "")))
      must(p, { "run", "other", "--config", "quiet.yaml" }, 0)
      for _, hook in ipairs { "on_start", "on_done" } do t.eq(words_of(got, hook), 1, hook .. " after a kill at " .. n) end
      t.eq(words_of(got, "on_fail"), 0)
    end
    n = n + 1
  end
  t.ok(n > 8, "there were points to be killed at: " .. n)
end)

t.test("a program that may have been told is not told again: it can know no key", function()
  local got = listen()
  local p = new(got.port, "")
  t.write_file(p.dir .. "/almanac.yaml", [[
channels: { desk: { kind: command, argv: [sh, -c, "echo told >> told; test -e go-on || kill -9 $PPID"] } }
hooks: { on_done: desk }
]])
  p:run({ "run", "book" }, env)
  t.eq(p:lines "told", { "told" })
  p:edit("other", 'return runbook { run = function() step("x", function() end) end }')
  t.write_file(p.dir .. "/go-on", "")
  must(p, { "run", "other" }, 0)
  t.eq(p:lines "told", { "told", "told" }, "of the other run only")
end)

t.test("an environment has hooks of its own; a hook that is none, or names no channel, is refused with its place", function()
  local got = listen()
  local p = new(got.port, 'environments: { dev: { hooks: { on_start: [], on_done: [desk] } } }\n')
  must(p, { "run", "book", "-e", "dev" }, 0)
  t.eq(#got, 0)
  t.has(t.read_file(p.dir .. "/told"), "is done")
  t.has(t.read_file(p.dir .. "/told"), " on dev")
  t.write_file(p.dir .. "/almanac.yaml", "channels: { ops: { kind: slack, url: 'env:X' } }\nhooks:\n  on_done: opps\n")
  t.has(must(p, { "run", "book" }, 2), 'almanac.yaml, line 3, column 3: hooks.on_done: there is no channel "opps"; did you mean ops?')
  t.write_file(p.dir .. "/almanac.yaml", "hooks:\n  on_end: ops\n")
  t.has(must(p, { "run", "book" }, 2), 'almanac.yaml, line 2, column 3: no key "on_end" in hooks')
end)

t.test("who reads --json sees how the run began, and what is told of it", function()
  local got = listen()
  local p = new(got.port)
  local code, out = p:run({ "run", "book", "--json" }, env)
  t.eq(code, 0, out)
  t.has(out, '"kind":"run.start"')
  t.has(out, '"kind":"notice.due"')
end)

t.test("a run that is made of runs is told of as one", function()
  local got = listen()
  local p = new(got.port)
  p:edit("deploy", 'return runbook { run = function() runbook.call "book" end }')
  must(p, { "run", "deploy" }, 0)
  t.eq({ table.unpack(got) }, { "on_start", "on_done" })
  t.has(got.texts.on_done, "deploy-")
end)

t.test("Slack is told our messages letter by letter: what an error or a step's name says mentions nobody and has no other link", function()
  local said, unfurls
  local server = httpd.listen { port = 0, handler = function(request, response)
    local sent = json.decode(request.body)
    said, unfurls = sent.text, { sent.unfurl_links, sent.unfurl_media }
    response:send(200, {}, "ok")
  end }
  t.defer(function() server:close() end)
  local p = project.new { book = [[return runbook { run = function()
    step("<!channel> s", function() error "<!here> <https://evil.example|almanac approve> & so" end) end }]] }
  t.write_file(p.dir .. "/almanac.yaml",
    string.format("channels: { ops: { kind: slack, url: \"http://127.0.0.1:%d/\" } }\nhooks: { on_fail: ops }\n", server:port()))
  must(p, { "run", "book", "--no-ask" }, 1)
  t.has(said, "&lt;!channel&gt; s")
  t.eq(unfurls, { false, false })
  t.has(said, "&lt;!here&gt; &lt;https://evil.example|almanac approve&gt; &amp; so")
  t.lacks(said, "<")
end)
