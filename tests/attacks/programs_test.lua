-- What a script hands to curl, git and Compose so that they do more than they were asked for.
local fs = require "native.fs"
local project = require "tests.project"
local t = require "tests.harness"

local function run(body, more, command)
  local p = project.new { book = "return runbook { " .. (more or "") .. " run = function() step('it', function()\n" .. body
    .. "\nend) end }" }
  local code, out, err = p:run({ command or "plan", "book" }, {})
  return code, out .. err
end

--- Tries what a script does, which is refused in these words.
local function refused(body, words, more)
  local code, said = run(body, more)
  t.eq(code, 1, said)
  t.has(said, words)
end

--- Tries many calls in one script: each is refused in its words. Nothing listens where they would go.
---@param cases { [1]: string, [2]: string }[]
local function all_refused(cases)
  local lines = {}
  for i, case in ipairs(cases) do
    lines[i] = string.format("do local ok, err = pcall(function() %s end) note('(%d) ' .. (ok and 'went through' or err.message)) end",
      case[1], i)
  end
  local code, said = run(table.concat(lines, "\n"), nil, "run")
  t.eq(code, 0, said)
  for i, case in ipairs(cases) do
    local heard = said:match("%(" .. i .. "%) ([^\n]*)")
    t.has(heard, case[2], case[1])
  end
end

t.test("a header that says where the message ends would send a second request behind the first", function()
  local cases = {}
  local function add(call, words) cases[#cases + 1] = { call, words } end
  for _, header in ipairs { "Content-Length", "content-length", "Transfer-Encoding", "Connection", "Upgrade", "TE", "Expect",
    "Keep-Alive", "Trailer", "Proxy-Connection" } do
    for _, call in ipairs { "http.get('http://127.0.0.1:9/api/a', %s)", "http.post('http://127.0.0.1:9/api/a', %s)",
      "http.rpc('http://127.0.0.1:9/', 'm', {}, %s)" } do
      add(call:format("{ headers = { ['" .. header .. "'] = '0' } }"), "the header " .. header .. " is not a script's to give")
    end
  end
  for _, header in ipairs { "Content_Length", "TRANSFER_ENCODING", "HTTP2-Settings" } do
    add(string.format("http.get('http://127.0.0.1:9/', { headers = { [%q] = '0' } })", header),
      "the header " .. header .. " is not a script's to give")
  end
  for _, value in ipairs { "a\r\nX: y", "a\nX: y", "a\r", "\0", "a\r\n\r\nGET /admin HTTP/1.1" } do
    add(string.format("http.get('http://127.0.0.1:9/', { headers = { X = %q } })", value),
      "the header X holds a line break or a zero byte")
  end
  for _, name in ipairs { "Host;", "Host;x", "A B", "A:B", "" } do
    add(string.format("http.get('http://127.0.0.1:9/', { headers = { [%q] = 'x' } })", name), "is no name of a header")
  end
  all_refused(cases)
end)

t.test("a field of JSON that makes another method of a request is refused", function()
  for _, key in ipairs { "_method", "_METHOD", "x-http-method-override", "_methodOverride" } do
    refused(string.format("http.post('http://127.0.0.1:9/', { json = { [%q] = 'DELETE' } })", key), "the JSON has " .. key)
    refused(string.format("http.post('http://127.0.0.1:9/', { body = '{%q:1}', headers = { ['Content-Type'] = "
      .. "'application/x+json' } })", key), "the JSON has " .. key)
  end
end)

t.test("a header or a query that makes another method or URL of a request is refused", function()
  local cases = {}
  local function add(call, words) cases[#cases + 1] = { call, words } end
  for _, header in ipairs { "X-HTTP-Method-Override", "x-http-method", "X-Method-Override", "X_HTTP_Method_Override",
    "X-Original-Method", "HTTP-Method", "X-Forwarded-Method", "Method-Override", "x-verb-override", "X-Verb",
    "x_verb", "X-Http-Verb", "Verb", "X-Tunneled-Method", "X-Rest-Method" } do
    for _, verb in ipairs { "get", "head", "post" } do
      add(string.format("http.%s('http://127.0.0.1:9/', { headers = { [%q] = 'DELETE' } })", verb, header),
        "the header " .. header .. " would make another method of it")
    end
  end
  for _, header in ipairs { "X-Original-URL", "x-rewrite-url", "X_Original_Url", "X-Forwarded-Uri", "x-forwarded-path",
    "X_Forwarded_Prefix", "X-Envoy-Original-Path", "X-Accel-Redirect", "X-Sendfile", "X-URL-Override", "X-Original-URI" } do
    add(string.format("http.get('http://127.0.0.1:9/', { headers = { [%q] = '/admin' } })", header),
      "the header " .. header .. " would make another URL of it")
  end
  for _, call in ipairs { "http.get 'http://127.0.0.1:9/x?a=1&_method=DELETE'", "http.get 'http://127.0.0.1:9/?%5fmethod=put'",
    "http.get('http://127.0.0.1:9/', { query = { _method = 'DELETE' } })", "http.head 'http://127.0.0.1:9/?a;_METHOD=x'",
    "http.rpc('http://127.0.0.1:9/?_method=delete', 'x')" } do
    add(call, "which would make another method of it")
  end
  for _, field in ipairs { "method=DELETE", "method=delete", "Method=%50UT", "a=1&verb=PATCH", "x-verb=POST",
    "$method=DELETE", "%24method=PUT",
    "http_verb=PURGE", "requestMethod=%20delete", "method=MOVE%00", "method%5B%5D=DELETE", "method=%2544ELETE", "method=MKCOL" } do
    local words = field:match "([^&]*)=[^=]*$" .. ", which would make another method of it"
    add("http.get 'http://127.0.0.1:9/?" .. field .. "'", "the query has " .. words)
    add("http.post('http://127.0.0.1:9/', { body = '" .. field .. "' })", "the form has " .. words)
  end
  for _, name in ipairs { "X-HTTP-Method", "_HttpMethod", "_method[]", "_method[a]", "_method%00", "_method%00x", "_method%20",
    "%20_method", "+_method", ".method", "%2emethod", "%255fmethod", "__method",
    "x_http_method_override", "_MethodOverride", "HTTP-METHOD" } do
    local words = name .. ", which would make another method of it"
    add("http.get 'http://127.0.0.1:9/?a=1&" .. name .. "=DELETE'", "the query has " .. words)
    add("http.post('http://127.0.0.1:9/?" .. name .. "')", "the query has " .. words)
    add("http.post('http://127.0.0.1:9/', { body = 'a=1&" .. name .. "=DELETE' })", "the form has " .. words)
    add("http.put('http://127.0.0.1:9/', { body = '" .. name .. "=x;a', headers = { ['content_type'] = "
      .. "'Application/x-www-form-urlencoded; charset=utf-8' } })", "the form has " .. words)
  end
  for _, field in ipairs { 'name="_method"', "name=_method", 'NAME = "_method"', "name*=utf-8''_method",
    'x; name="X-HTTP-Method-Override"' } do
    add(string.format("http.post('http://127.0.0.1:9/', { body = %q, headers = { ['Content-Type'] = "
      .. "'multipart/form-data; boundary=x' } })", "--x\r\nContent-Disposition: form-data; "
      .. field .. "\r\n\r\nDELETE\r\n--x--"), "which would make another method of it")
  end
  for _, kind in ipairs { "application/x-www-form-urlencoded", "text/plain", "application/jsonx;json" } do
    add("http.rpc('http://127.0.0.1:9/', 'x', { '&_method=DELETE&' }, { headers = { ['content-type'] = '" .. kind .. "' } })",
      "would make something else of the call")
  end
  for _, body in ipairs { "method=x", "a=_method", "payment_method=card", "shipping-method=x", "_methods=x" } do
    add("http.post('http://127.0.0.1:9/?" .. body .. "', { body = '" .. body .. "' })", "nothing listens at")
  end
  for method, words in pairs {
    ["DELETE /admin HTTP/1.1\r\nX: "] = "is no method", ["A B"] = "is no method", [""] = "method must be text",
  } do
    add(string.format("http.request { url = 'http://127.0.0.1:9/', method = %q }", method), words)
  end
  all_refused(cases)
end)

t.test("nobody else is asked for at the API server", function()
  for _, header in ipairs { "Impersonate-User", "impersonate-group", "X-Remote-User", "Authorization", "Impersonate_Extra-x" } do
    refused(string.format("http.get('svc://ns1/x:80/', { headers = { [%q] = 'system:admin' } })", header),
      "no credentials can be sent to svc://ns1/x:80/")
  end
end)

t.test("a repository within a repository, and one with a program that watches its files, run nothing", function()
  local p = project.new { book = "return runbook { allow = { read = { git = { '*', 'data/*' } } }, run = function() "
    .. "step('it', function() local ok, err = pcall(git.status, { dir = 'data/x' }); note('bare: ' .. tostring(ok) .. err.message) "
    .. "note('own: ' .. #git.status { dir = 'own' } .. git.head { dir = 'own' }.branch) end) end }" }
  local bare = p.dir .. "/data/x"
  t.must { "mkdir", "-p", bare .. "/objects", bare .. "/refs" }
  t.write_file(bare .. "/HEAD", "ref: refs/heads/main\n")
  t.write_file(bare .. "/config", "[core]\n\tbare = false\n\tworktree = ../\n\tfsmonitor = 'touch " .. p.dir .. "/ran;false'\n")
  t.must { "git", "init", "-q", p.dir .. "/own" }
  t.must { "git", "-C", p.dir .. "/own", "config", "core.fsmonitor", "touch " .. p.dir .. "/ran;false" }
  t.must { "mkdir", "-p", p.dir .. "/own/.git/hooks" }
  t.write_file(p.dir .. "/own/.git/hooks/post-index-change", "#!/bin/sh\ntouch " .. p.dir .. "/ran\n")
  t.must { "chmod", "+x", p.dir .. "/own/.git/hooks/post-index-change" }
  t.write_file(p.dir .. "/own/file", "x")
  t.must { "git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-C", p.dir .. "/own", "add", "file" }
  t.must { "git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "user.name=a", "-c", "user.email=a@b",
    "-C", p.dir .. "/own", "commit", "-q", "-m", "x" }
  t.must { "touch", "-d", "2020-01-01", p.dir .. "/own/file" }
  t.must { "cp", "-a", p.dir .. "/own", p.dir .. "/plain" }
  t.must { "git", "-C", p.dir .. "/plain", "status" }
  t.ok(fs.exists(p.dir .. "/ran"), "git by itself runs it")
  t.must { "rm", p.dir .. "/ran" }
  local code, out, err = p:run({ "plan", "book" }, {})
  t.eq(code, 0, out .. err)
  code, out, err = p:run({ "run", "book" }, {}) -- which shows what was looked at
  t.eq(code, 0, out .. err)
  t.has(out .. err, "cannot use bare repository")
  t.has(out .. err, "own: 0ma")
  t.ok(not fs.exists(p.dir .. "/ran"), "something ran")
end)

t.test("a Compose file is a path", function()
  for _, file in ipairs { "oci://evil.invalid/x", "https://evil.invalid/x.git#main:sub", "git@evil.invalid:x", "ssh://evil.invalid/x" } do
    refused(string.format("compose.config { files = { %q } }", file), "is no path of a Compose file", "allow = { compose = { '.' } },")
  end
end)

t.test("a plan says which permissions a new file is given, and none makes it run as another user", function()
  local code, said = run "fs.write('run.sh', 'id', { mode = 0x1FF })"
  t.eq(code, 2, said)
  t.has(said, "mode: 0777")
  code, said = run "fs.write('run.sh', 'id', { mode = 0xDFF })"
  t.eq(code, 1, said)
  t.has(said, "mode must be from 0 to 0x1FF (0777), not 0xDFF")
end)
