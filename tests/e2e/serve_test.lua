-- almanac serve: the runs and one run live, paused and cancelled from its page; in a real browser too.
local browser = require "tests.browser"
local fs = require "native.fs"
local httpd = require "native.httpd"
local projects = require "tests.project"
local t = require "tests.harness"

local BOOK = [[
return runbook { run = function()
  step("begun", function() note "begun" end)
  step("long", function() return sh.read { "sh", "-c", "until test -e go-on; do sleep 0.05; done" } end)
  step("after", function() return fs.write("after", "1\n") end)
end }]]

local function serving(p)
  local server = p:spawn { "serve", "--port", "0" }
  local url, token = server:wait_line("^http://127", 20):match "^(http://[%d.:]+)/%?token=(%x+)$"
  return { url = url, token = token, curl = function(path, ...)
    return t.must { "curl", "-sS", "-H", "Authorization: Bearer " .. token, url .. path, ... }
  end }
end

--- A run that is under way, its project and a server.
local function under_way()
  local p = projects.new { book = BOOK }
  t.defer(function() fs.write(p.dir .. "/go-on", "") end)
  local run = p:spawn { "run", "book", "--plain" }
  run:wait_line("begun", 20)
  return p, run, serving(p)
end

local function stop(s, id, what)
  s.form = s.form or s.curl("/run/" .. id):match 'name="form" value="(%x+)"'
  return t.must { "curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "-H", "Authorization: Bearer " .. s.token, "-d",
    "form=" .. s.form .. "&what=" .. what, s.url .. "/run/" .. id .. "/stop" }
end

t.test("a run that is under way tells of each event, and is paused from its page", function()
  local p, run, s = under_way()
  local id = p:newest()
  local stream = t.spawn { "curl", "-sSN", "-H", "Authorization: Bearer " .. s.token, s.url .. "/run/" .. id .. "/events" }
  local first = tonumber(stream:wait_line("^data: ", 20):match "%d+")
  t.has(s.curl("/run/" .. id), '<button name="what" value="pause">')
  t.eq(stop(s, id, "pause"), "303")
  fs.write(p.dir .. "/go-on", "")
  t.eq(run:wait(20), 130)
  repeat
    local seq = tonumber(stream:wait_line("^data: ", 20):match "%d+")
  until seq > first
  stream:kill "TERM"
  t.lacks(s.curl("/run/" .. id), 'value="pause"')
  t.eq((p:run { "resume", id }), 0)
  t.has(s.curl "/?status=done", id)
  t.lacks(s.curl "/?status=failed", id)
  t.has(s.curl "/?since=2026-01-01", id)
  t.lacks(s.curl "/?since=2999-01-01", id)
  t.has(s.curl "/?since=soon", "since takes a time")
end)

t.test("what a run tells of that the watched one made is told, too: the page has as many events as were told", function()
  local p = projects.new {
    outer = [[return runbook { run = function() step("call", function() runbook.call("inner", {}) end) end }]],
    inner = [[return runbook { run = function()
      step("one", function() end)
      step("two", function() while not fs.exists "go" do sh.read { "sleep", "0.05" } end end)
    end }]],
  }
  local run = p:spawn { "run", "outer", "--no-ask" }
  run:wait_line "▶ call/inner/two"
  local s = serving(p)
  local id
  for line in select(2, p:run { "runs", "--json=id" }):gmatch "[^\n]+" do id = line:match '"(outer%-[^"]*)"' or id end
  local stream = t.spawn { "curl", "-sSN", "-H", "Authorization: Bearer " .. s.token, s.url .. "/run/" .. id .. "/events" }
  local first = tonumber(stream:wait_line("^data: ", 20):match "%d+")
  local function shown() return tonumber(s.curl("/run/" .. id):match 'data%-events="(%d+)"') end
  t.ok(shown() >= first)
  fs.write(p.dir .. "/go", "")
  t.eq(run:wait(20), 0)
  local last
  t.eventually("all events were told", function()
    last = last or stream:wait_line("^data: ", 20)
    local told = tonumber(last:match "%d+")
    if told >= shown() then return true end
    last = nil
  end)
  stream:kill "TERM"
end)

t.test("one that is pausing, in the middle of an effect, is cancelled by the button, however often it is pressed", function()
  local p = projects.new { book = [[return runbook { run = function()
    step("long", function() sh.run { "sh", "-c", "trap '' INT; echo begun >begun; exec sleep 60" } end)
  end }]] }
  local run = p:spawn { "run", "book", "--plain" }
  t.eventually("its effect is under way", function() return fs.exists(p.dir .. "/begun") end)
  local s = serving(p)
  local id = p:newest()
  t.eq(stop(s, id, "pause"), "303")
  t.eq(stop(s, id, "cancel"), "303")
  stop(s, id, "cancel")
  t.eq(run:wait(30), 130)
  t.eq(run.signal, nil)
  t.has(run:text(), "go on:")
end)

t.test("and cancelled", function()
  local p, run, s = under_way()
  t.eq(stop(s, p:newest(), "cancel"), "303")
  t.eq(run:wait(20), 130)
  t.eq(stop(s, p:newest(), "cancel"), "409", "nobody runs it any more")
end)

t.test("what was answered on a page can be answered otherwise there, until the run goes on", function()
  local p = projects.new { ask = 'return runbook { run = function() confirm "roll on" end }' }
  t.eq((p:run { "run", "ask" }), 3)
  local s, id = serving(p), p:newest()
  t.eq(p:run { "approve", id }, 0)
  local html = s.curl("/run/" .. id)
  t.has(html, "until the run goes on it can be answered otherwise")
  t.lacks(html, ">approve<")
  local fields = {}
  for name, value in html:match '<form method="post".-</form>':gmatch 'type="hidden" name="(%w+)" value="(.-)"' do
    fields[#fields + 1] = "--data-urlencode"
    fields[#fields + 1] = name .. "=" .. value
  end
  t.has(s.curl("/run/" .. id .. "/answer", "-w", "%{http_code}", "--data", "answer=no", table.unpack(fields)), "303")
  t.eq((p:run { "resume", id }), 1)
end)

local why = browser.missing()
if why or t.getenv "ALMANAC_BUILD" == "build/asan" then
  print("skipped: " .. (why or "the plain run looks at the pages in a browser"))
  return
end

--- Gives a value once that is one.
local function once(expression)
  return string.format([[new Promise(done => {
    const look = () => { const value = %s; value ? done(value) : setTimeout(look, 20) }
    look()
  })]], expression)
end

--- Sends the form that pauses, and leaves the page as it is.
local PAUSE = [=[(form => fetch(form.action, { method: "POST", body: new URLSearchParams([...new FormData(form), ["what", "pause"]]) })
  .then(answer => answer.status))(document.querySelector("form[action$=stop]"))]=]

t.test("in a browser: the address leads to the runs, one of them is followed to its end, and what is unfolded stays so", function()
  local p, run, s = under_way()
  local page = browser.look(s.url .. "/?token=" .. s.token)
  t.has(page.dom, p:newest())
  t.eq(page.console, {})
  local values, console = browser.drive(s.url .. "/run/" .. p:newest() .. "?token=" .. s.token, {
    "document.querySelector('details').open = true; location.search", PAUSE,
    once "document.title.includes('paused') && document.querySelector('h1').textContent",
    "document.querySelector('details').open",
  })
  t.eq(values, { "", 200, "‖ paused book", true })
  t.eq(console, "")
  t.eq(run:wait(20), 130)
end)

t.test("in a browser: a question is answered, by the form as the browser sends it", function()
  local p = projects.new { ask = 'return runbook { run = function() confirm "roll on" end }' }
  t.eq((p:run { "run", "ask" }), 3)
  local s, id = serving(p), p:newest()
  local values = browser.drive(s.url .. "/run/" .. id .. "?token=" .. s.token, {
    "document.querySelector('[name=reason]').value = 'dashboards are green'; document.querySelector('button').click()", "LOAD",
    "location.pathname + ' ' + document.querySelector('.what').textContent",
  })
  t.eq(values[2]:gsub("^/%x+", ""), "/run/" .. id .. " Was answered, and waits for somebody to go on with it")
  local _, log = p:run { "log", id }
  t.has(log, "dashboards are green")
end)

t.test("in a browser: a page of another server of this machine gets no cookie and answers nothing, also where it knows the path", function()
  local p = projects.new { ask = 'return runbook { run = function() confirm "roll on" end }' }
  t.eq((p:run { "run", "ask" }), 3)
  local s, id = serving(p), p:newest()
  local base = t.must { "curl", "-sS", "-o", "/dev/null", "-w", "%{redirect_url}", s.url .. "/?token=" .. s.token }
  local form = s.curl("/run/" .. id):match '<form method="post".-</form>'
  local cookies = {}
  for before, said in pairs {
    [s.url .. "/"] = "Open the address that almanac serve printed", [base] = "Nothing was done: it was sent from ",
  } do
    local theirs = form:gsub('action="/', 'action="' .. before)
    local evil <close> = httpd.listen { handler = function(request, response)
      cookies[#cookies + 1] = request.headers.cookie
      response:send(200, { ["Content-Type"] = "text/html" }, theirs)
    end }
    local values = browser.drive(s.url .. "/?token=" .. s.token, {
      string.format("location.href = 'http://127.0.0.1:%d/run/%s'", evil:port(), id), "LOAD",
      "document.querySelector('button').click()", "LOAD", "document.body.textContent",
    })
    t.has(values[3], said)
  end
  t.eq(cookies, {})
  local _, log = p:run { "log", id }
  t.lacks(log, "confirm.answered")
end)
