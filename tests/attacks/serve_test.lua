-- almanac serve: nothing without the token, nothing from another site's page, no header of a client's making.
local fs = require "native.fs"
local http = require "native.http"
local httpd = require "native.httpd"
local projects = require "tests.project"
local t = require "tests.harness"
local tls = require "tests.tls"

local BOOK = [[
return runbook { run = function()
  confirm "roll on"
  step("after", function() return fs.write("after", "1\n") end)
end }]]

--- A project with a run that waits, and its server.
local function serving(words)
  local p = projects.new { book = BOOK }
  t.eq((p:run { "run", "book" }), 3)
  local argv = { "serve", "--port", "0" }
  for _, word in ipairs(words or {}) do argv[#argv + 1] = word end
  local server = p:spawn(argv)
  local url, token = server:wait_line("^http://127", 20):match "^(http://127%.0%.0%.1:%d+)/%?token=(%x+)$"
  return { p = p, id = p:newest(), url = url, token = token }
end

local function ask(s, path, options)
  options = options or {}
  local headers = {}
  if not options.anonymous then headers.Authorization = "Bearer " .. s.token end
  for name, value in pairs(options.headers or {}) do headers[name] = value end
  return http.request { url = s.url .. path, method = options.method or "GET", headers = headers, body = options.body, redirects = 0 }
end

local function escape(text)
  return (text:gsub("[^%w]", function(c) return string.format("%%%02X", c:byte()) end))
end

--- The fields of the first form of a page, as a browser sends them.
local function form_of(page, more)
  local parts = {}
  for name, value in page:gmatch '<input type="hidden" name="(%w+)" value="([^"]*)">' do parts[#parts + 1] = { name, value } end
  for name, value in pairs(more) do parts[#parts + 1] = { name, value } end
  for i, part in ipairs(parts) do parts[i] = escape(part[1]) .. "=" .. escape(part[2]) end
  return table.concat(parts, "&")
end

local FORM = { ["Content-Type"] = "application/x-www-form-urlencoded" }

local function answers(s)
  local _, log = s.p:run { "log", s.id }
  return select(2, log:gsub("confirm.answered", ""))
end

t.test("without the token nothing is shown, whatever is asked for", function()
  local s = serving()
  for _, path in ipairs { "/", "/run/" .. s.id, "/run/" .. s.id .. "/events", "/?token=0", "/?token=", "/?token=" .. s.token:sub(1, 31) } do
    local answer = ask(s, path, { anonymous = true })
    t.eq(answer.status, 401, path)
    t.lacks(answer.body, s.id)
  end
  for _, cookie in ipairs { "almanac=1", "almanac_1=" .. s.token, s.url:match "%d+$" .. "=" .. s.token } do
    t.eq(ask(s, "/", { anonymous = true, headers = { Cookie = cookie } }).status, 401)
  end
  t.eq(ask(s, "/", { anonymous = true, headers = { Authorization = "Bearer " .. s.token .. "x" } }).status, 401)
  t.eq(ask(s, "/run/" .. s.id .. "/answer", { anonymous = true, method = "POST", body = "answer=yes", headers = FORM }).status, 401)
  t.eq(answers(s), 0)
end)

t.test("the token goes into a cookie that scripts and other sites do not get, and out of the address", function()
  local s = serving()
  local answer = ask(s, "/?token=" .. s.token, { anonymous = true })
  t.eq(answer.status, 303)
  t.lacks(answer.headers.location, s.token)
  local cookie = answer.headers["set-cookie"]
  t.has(cookie, "; HttpOnly; SameSite=Strict")
  t.lacks(cookie, s.token)
  local page = ask(s, answer.headers.location, { anonymous = true, headers = { Cookie = cookie:match "^[^;]+" } })
  t.eq(page.status, 200)
  t.has(page.body, s.id)
  for name, value in pairs { ["x-frame-options"] = "DENY", ["cache-control"] = "no-store", ["referrer-policy"] = "same-origin" } do
    t.eq(page.headers[name], value)
  end
  t.has(page.headers["content-security-policy"], "default-src 'none'")
end)

t.test("a browser's cookie is for a path that nobody can guess: no other server here is sent it; elsewhere it is nothing", function()
  local s = serving()
  local jar = s.p.dir .. "/jar"
  local function curl(url, ...) return t.must { "curl", "-sS", "-c", jar, "-b", jar, "-w", "\n%{http_code}", url, ... } end
  local base = ask(s, "/?token=" .. s.token, { anonymous = true }).headers.location
  t.ok(base:find "^/%x+/$" and #base >= 34, base)
  local page = curl(s.url .. "/run/" .. s.id .. "?token=" .. s.token, "-L")
  t.has(page, "200")
  local got = {}
  local other <close> = httpd.listen { handler = function(request, response)
    got[#got + 1] = { path = request.path, cookie = request.headers.cookie }
    response:send(200, {}, "")
  end }
  local elsewhere = "http://127.0.0.1:" .. other:port()
  for _, path in ipairs { "/", "/run/" .. s.id, "/run/" .. s.id .. "/answer", ("/0"):rep(16), "/" .. ("0"):rep(32) .. "/" } do
    curl(elsewhere .. path)
  end
  t.eq(#got, 5)
  for _, one in ipairs(got) do t.eq(one.cookie, nil, one.path) end

  local cookie = ask(s, "/?token=" .. s.token, { anonymous = true }).headers["set-cookie"]:match "^[^;]+"
  local form, path = form_of(page, { answer = "yes" }), "run/" .. s.id
  for _, before in ipairs { "/", "/" .. ("0"):rep(#base - 2) .. "/", base:sub(1, -3) .. "/", base:upper(), "/" .. base } do
    local headers = { Cookie = cookie, ["Content-Type"] = FORM["Content-Type"] }
    if before ~= base then
      t.eq(ask(s, before .. path, { anonymous = true, headers = headers }).status, 401, before)
      t.eq(ask(s, before .. path .. "/answer", { anonymous = true, method = "POST", headers = headers, body = form }).status, 401, before)
    end
  end
  t.eq(ask(s, base .. path, { anonymous = true }).status, 401, "the path alone")
  t.eq(answers(s), 0)
  local mixed = { Cookie = cookie:match "^[^=]+" .. "=theirs; " .. cookie, ["Content-Type"] = FORM["Content-Type"] }
  t.eq(ask(s, base .. path .. "/answer", { anonymous = true, method = "POST", headers = mixed, body = form }).status, 303,
    "another server may set one of that name: it is in nobody's way")
  t.eq(answers(s), 1)
end)

t.test("a form of another site, without the form's own token, or by another name of the server does nothing", function()
  local s = serving()
  local page = ask(s, "/run/" .. s.id).body
  local good = form_of(page, { answer = "yes" })
  local path = "/run/" .. s.id .. "/answer"
  local function post(headers, body)
    local all = { ["Content-Type"] = FORM["Content-Type"] }
    for name, value in pairs(headers) do all[name] = value end
    return ask(s, path, { method = "POST", body = body, headers = all }).status
  end
  t.eq(post({ Origin = "http://evil.example" }, good), 403)
  t.eq(post({ Origin = "null" }, good), 403)
  t.eq(post({ ["Sec-Fetch-Site"] = "cross-site" }, good), 403)
  t.eq(post({}, (good:gsub("form=%x+", "form=0"))), 403)
  t.eq(post({}, (good:gsub("form=%x+&", ""))), 403)
  t.eq(post({ Host = "evil.example" }, good), 421)
  t.eq(ask(s, path .. "?" .. good).status, 404, "a link is no form")
  t.eq(answers(s), 0)
end)

t.test("an answer is bound to what was asked about, and is given once", function()
  local s = serving()
  local page, path = ask(s, "/run/" .. s.id).body, "/run/" .. s.id .. "/answer"
  local good = form_of(page, { answer = "yes", reason = "looks <b>good</b>" })
  local function post(body) return ask(s, path, { method = "POST", body = body, headers = FORM }) end
  t.eq(post((good:gsub("script=%x+", "script=00"))).status, 409)
  t.eq(post((good:gsub("question=[^&]+", "question=other"))).status, 409)
  t.eq(post((good:gsub("answer=yes", "answer=perhaps"))).status, 409)
  t.eq(answers(s), 0)
  local done = post(good)
  t.eq({ done.status, done.headers.location }, { 303, "/run/" .. s.id })
  t.eq(post(good).status, 409)
  t.eq(answers(s), 1)
  t.has(ask(s, "/run/" .. s.id).body, "looks &lt;b&gt;good&lt;/b&gt;")
  t.eq((s.p:run { "resume", s.id }), 0)
end)

t.test("a row that was changed is told of in the list and on the run's page, which asks nothing; nothing answers it", function()
  local s = serving()
  local fields = form_of(ask(s, "/run/" .. s.id).body, { answer = "yes" })
  t.must { "python3", "-c", [[
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
    db.execute("DROP TRIGGER " + name)
db.execute("UPDATE events SET payload = replace(payload, 'roll on', 'roll in')")
db.commit()]], s.p.dir .. "/.almanac/journal.db" }
  local list, page = ask(s, "/"), ask(s, "/run/" .. s.id)
  t.eq({ list.status, page.status }, { 200, 200 }, page.body)
  t.has(list.body, "not to be believed: " .. s.id .. ": broken at event ")
  t.has(page.body, "not to be believed: " .. s.id .. ": broken at event ")
  t.lacks(page.body, 'value="yes"')
  local answer = ask(s, "/run/" .. s.id .. "/answer", { method = "POST", headers = FORM, body = fields })
  t.eq(answer.status, 409, answer.body)
  t.has(answer.body, "is damaged at event ")
end)

t.test("no header and no markup comes from a path, a query or a filter; what is no run is not found", function()
  local s = serving()
  for _, path in ipairs {
    "/run/" .. s.id .. "%0d%0aSet-Cookie:%20a=b", "/run/a%2fb", "/run/%00", "/run/nobody", "/%0d%0aX:y", "//evil.example",
    "/run/" .. s.id:sub(1, -2), "/run/" .. s.id .. "/nothing",
  } do
    local answer = ask(s, path)
    t.eq(answer.status, 404, path)
    t.eq({ answer.headers["set-cookie"], answer.headers.location, answer.headers.x }, {})
  end
  local evil = ask(s, "/?runbook=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&param=a%3Db%22%27&status=%7C&by=%0d%0a")
  t.eq(evil.status, 200)
  t.lacks(evil.body, "<script")
  local no_time = ask(s, "/?runbook=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&since=%3Cscript%3Ex%0d%0aX:y")
  t.eq({ no_time.status, no_time.headers.x }, { 400, nil })
  t.lacks(no_time.body, "<script")
  t.eq(ask(s, "/", { method = "PUT", body = "x" }).status, 405)
  t.ok(ask(s, "/run/" .. s.id .. "/answer", { method = "POST", body = ("x"):rep(1 << 20), headers = FORM }).status >= 400)
end)

t.test("over a network it is not served without TLS, and a token that others can read or guess is refused", function()
  local p = projects.new { book = BOOK }
  p:run { "run", "book" }
  local code, _, err = p:run { "serve", "--address", "0.0.0.0", "--port", "0" }
  t.eq(code, 2, err)
  t.has(err, "--cert FILE --key FILE")
  t.write_file(p.dir .. "/token", "short\n")
  t.must { "chmod", "600", p.dir .. "/token" }
  t.eq((p:run { "serve", "--token-file", "token", "--port", "0" }), 2)
  t.write_file(p.dir .. "/token", ("0123456789abcdef"):rep(2) .. "\n")
  t.must { "chmod", "644", p.dir .. "/token" }
  code, _, err = p:run { "serve", "--token-file", "token", "--port", "0" }
  t.eq(code, 2, err)
end)

--- An authority, a server's certificate and one of the client "operator", in a directory.
local function authority(p)
  local dir = t.tmpdir()
  local maker = p:spawn { "sim", "--tls", dir }
  maker:wait_line("^api=", 30)
  maker:kill "TERM"
  return dir
end

--- A server of that authority.
---@return fun(certificate: string?, path: string, ...: string): string  what is answered, and its status, to who has that certificate
---@return string path  of the newest run
local function served(p, dir)
  local server = p:spawn { "serve", "--port", "0", "--cert", dir .. "/server.pem", "--key", dir .. "/server.key", "--client-ca",
    dir .. "/ca.pem" }
  local url = server:wait_line("^https://127", 20):match "^(https://127%.0%.0%.1:%d+)/"
  return function(certificate, path, ...)
    local words = { "curl", "-sS", "--cacert", dir .. "/ca.pem", "-w", "\n%{http_code}", url .. path, ... }
    if certificate then table.move({ "--cert", certificate .. ".pem", "--key", certificate .. ".key" }, 1, 4, #words + 1, words) end
    local _, out = t.run(words)
    return out
  end, "/run/" .. p:newest()
end

--- A certificate of CN=operator that the authority signs, with those extensions.
---@return string path  without its ending
local function signed(dir, name, extensions, ca)
  t.write_file(dir .. "/" .. name .. ".ext", extensions)
  t.must({ "sh", "-ec", [[
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=operator -keyout "$1.key" -out "$1.csr"
    openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days 2 -extfile "$1.ext" -out "$1.pem"
  ]], "sh", name, ca or "ca" }, { cwd = dir })
  return dir .. "/" .. name
end

t.test("over TLS a client certificate of the authority is enough, and answers in its own name; another one is nothing", function()
  local p = projects.new { book = BOOK }
  t.eq((p:run { "run", "book" }), 3)
  local dir, other = authority(p), t.tmpdir()
  tls.certificate(other)
  t.must({ "sh", "-c", "mv cert.pem own.pem; mv key.pem own.key" }, { cwd = other })
  local curl, path = served(p, dir)
  for _, certificate in ipairs { false, other .. "/own" } do
    local said = curl(certificate, path)
    t.ok(said:find "401$" or said:find "000$", said)
    t.lacks(said, "roll on")
  end
  local page = curl(dir .. "/client", path)
  t.has(page, "roll on")
  t.has(curl(dir .. "/client", path .. "/answer", "-d", form_of(page, { answer = "yes" })), "303")
  local _, log = p:run { "log", p:newest() }
  t.has(log, '"by":"operator"')
end)

t.test("a key that others can read, and what others can write or another user owns, is not used", function()
  local p = projects.new { book = BOOK }
  t.eq((p:run { "run", "book" }), 3)
  local dir = authority(p)
  local function refused(file, why)
    local code, out, err = p:run { "serve", "--port", "0", "--cert", dir .. "/server.pem", "--key", dir .. "/server.key", "--client-ca",
      dir .. "/ca.pem" }
    t.eq(code, 2, out .. err)
    t.has(err, file .. why)
  end
  for _, mode in ipairs { "666", "644", "604", "660", "640" } do
    t.must { "chmod", mode, dir .. "/server.key" }
    -- A group may read a key that is root's.
    if mode ~= "640" or fs.stat(dir .. "/server.key").uid ~= 0 then refused("server.key", " is no key to trust: ") end
  end
  t.must { "chmod", "600", dir .. "/server.key" }
  for file, noun in pairs { ["server.pem"] = "certificate", ["ca.pem"] = "authority" } do
    t.must { "chmod", "666", dir .. "/" .. file }
    refused(file, " is no " .. noun .. " to trust: it belongs to another user, or others can write to it")
    t.must { "chmod", "644", dir .. "/" .. file }
  end
  t.ok(served(p, dir)(dir .. "/client", "/"):find "200$", "what is as it should be is used")
end)

t.test("over TLS a certificate of the authority that is for something else than clients is nothing", function()
  local p = projects.new { book = BOOK }
  t.eq((p:run { "run", "book" }), 3)
  local dir = authority(p)
  local curl, path = served(p, dir)
  signed(dir, "servers", "basicConstraints=critical,CA:TRUE\nextendedKeyUsage=serverAuth\n")
  local refused = {
    server = signed(dir, "a", "extendedKeyUsage=serverAuth\n"),
    others = signed(dir, "b", "extendedKeyUsage=critical,codeSigning,emailProtection,timeStamping\n"),
    ["by an authority for servers"] = signed(dir, "c", "extendedKeyUsage=clientAuth\n", "servers"),
    ["by no authority"] = signed(dir, "d", "extendedKeyUsage=clientAuth\n", "a"),
  }
  for _, name in ipairs { "c", "d" } do -- their chain is sent, too
    local above = name == "c" and "servers" or "a"
    t.write_file(dir .. "/" .. name .. ".pem", t.read_file(dir .. "/" .. name .. ".pem") .. t.read_file(dir .. "/" .. above .. ".pem"))
  end
  for what, certificate in pairs(refused) do
    local said = curl(certificate, path)
    t.ok(said:find "40[13]$" or said:find "000$", what .. ": " .. said)
    t.lacks(said, "roll on", what)
  end
  for what, extensions in pairs { ["no purpose"] = "basicConstraints=CA:FALSE\n", both = "extendedKeyUsage=serverAuth,clientAuth\n",
    any = "extendedKeyUsage=anyExtendedKeyUsage\n" } do
    t.has(curl(signed(dir, "good", extensions), path), "roll on", what)
  end
end)
