-- registry: against Debian's docker-registry, with images of two platforms.
local base64 = require "almanac.base.base64"
local httpd = require "native.httpd"
local images = require "tests.images"
local json = require "native.json"
local project = require "tests.project"
local registry = require "almanac.http.registry.registry"
local settings = require "almanac.config.settings"
local t = require "tests.harness"
local task = require "native.task"

local AMD64, ARM64 = { os = "linux", architecture = "amd64" }, { os = "linux", architecture = "arm64", variant = "v8" }
local PLAIN = { plain_http = true }

local function pushed(dir)
  local host = images.registry(dir)
  local index = images.push("http://" .. host .. "/v2/org/app", "v1", { AMD64, ARM64 })
  return host, index
end

t.test("a tag and a digest: platforms, digests, and tags", function()
  local host, index = pushed(t.tmpdir())
  local image = registry.manifest(host .. "/org/app:v1", PLAIN)
  t.eq({ image.digest, image.size, #image.platforms }, { index.digest, index.size, 2 })
  t.eq(image.platforms[2], { platform = "linux/arm64/v8", digest = index.children[2].digest })
  local one = registry.manifest(host .. "/org/app@" .. index.children[1].digest, PLAIN)
  t.eq(one.platforms, { { platform = "linux/amd64", digest = index.children[1].digest } })
  images.push_platform("http://" .. host .. "/v2/org/app", AMD64, "a-tag")
  t.eq(registry.tags(host .. "/org/app", PLAIN), { "a-tag", "v1" })
  t.eq(t.raises("limit", registry.tags, host .. "/org/app", { plain_http = true, max = 1 }).hint, "give the option max")
end)

t.test("what is not there is told from what may not be seen", function()
  local host = pushed(t.tmpdir())
  local err = t.raises("not_found", registry.manifest, host .. "/org/app:v2", PLAIN)
  t.has(err.message, host .. "/org/app:v2 is not there")
  t.raises("not_found", registry.manifest, host .. "/org/none:v1", PLAIN)
  t.raises("not_found", registry.tags, host .. "/org/none", PLAIN)
end)

t.test("an image that is whole is verified; a platform, a digest, a blob and a manifest that are not there are named", function()
  local dir = t.tmpdir()
  local host, index = pushed(dir)
  local image = host .. "/org/app:v1"
  local function verify(more)
    local options = { image = image, plain_http = true }
    for key, value in pairs(more or {}) do options[key] = value end
    return registry.verify(options)
  end
  local verified = verify { platforms = { "linux/amd64", "linux/arm64" }, digest = index.digest }
  t.eq({ verified.digest, verified.platforms, verified.blobs }, { index.digest, { "linux/amd64", "linux/arm64/v8" }, 4 })
  local lacking = t.raises("registry", verify, { platforms = "linux/s390x" })
  t.has(lacking.message, "linux/s390x is not in it (it has linux/amd64, linux/arm64/v8)")
  t.has(t.raises("registry", verify, { digest = index.children[1].digest }).message, "its digest is " .. index.digest)
  t.has(t.raises("registry", verify, { image = host .. "/org/app:v2" }).message, "the registry does not have it")
  images.lose(dir, index.children[2].layer.digest)
  local err = t.raises("registry", verify)
  t.eq(err.missing, { "linux/arm64/v8: its blob " .. index.children[2].layer.digest .. " is not there" })
  images.lose(dir, index.children[1].digest)
  t.has(t.raises("registry", verify).message, "linux/amd64: its manifest " .. index.children[1].digest .. " is not there")
end)

-- Credentials ------------------------------------------------------------------------------------

-- "secret", by bcrypt: what htpasswd -nbB makes.
local HTPASSWD = "ci:$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n"

t.test("basic authentication: none, the wrong one, and the right one of docker login or of almanac.yaml", function()
  local dir = t.tmpdir()
  pushed(dir)
  t.write_file(dir .. "/htpasswd", HTPASSWD)
  local host = images.registry(dir, string.format("auth: { htpasswd: { realm: test, path: %s/htpasswd } }\n", dir))
  local p = project.new { book = string.format([[return runbook { run = function()
    step("look", function() return registry.verify { image = "%s/org/app:v1", plain_http = true } end) end }]], host) }
  local env = { DOCKER_CONFIG = p.dir }
  local code, out, err = p:run({ "run", "book" }, env)
  t.eq(code, 1, out)
  t.has(err, "answered 401 Unauthorized: authentication required")
  t.has(err, "docker login " .. host)
  local function log_in(password)
    t.write_file(p.dir .. "/config.json", json.encode { auths = { [host] = { auth = base64.encode("ci:" .. password) } } })
  end
  log_in "wrong-one"
  local wrong, _, why = p:run({ "run", "book" }, env)
  t.eq(wrong, 1, why)
  t.has(why, "the credentials for " .. host .. " do not let org/app be read")
  log_in "secret"
  local good, _, said = p:run({ "run", "book" }, env)
  t.eq(good, 0, said)
  t.write_file(p.dir .. "/config.json", json.encode { credsStore = "desktop" })
  local kept, _, helper = p:run({ "run", "book" }, env)
  t.eq(kept, 1, helper)
  t.has(helper, "docker-credential-desktop, which is not run")
  t.write_file(p.dir .. "/almanac.yaml", string.format('endpoints: { "%s": { user: ci, password: "env:REGISTRY_PASSWORD" } }\n', host))
  env.REGISTRY_PASSWORD = "secret"
  local named, _, text = p:run({ "run", "book" }, env)
  t.eq(named, 0, text)
end)

local function base64_url(bytes)
  return (base64.encode(bytes):gsub("+", "-"):gsub("/", "_"):gsub("=", ""))
end

--- A token as https://distribution.github.io/distribution/spec/auth/jwt/ has it, signed by openssl.
local function sign(dir, repository)
  t.must({ "openssl", "x509", "-in", "issuer.pem", "-outform", "DER", "-out", "issuer.der" }, { cwd = dir })
  local now = task.wall_ms() // 1000
  local text = base64_url(json.encode { typ = "JWT", alg = "RS256", x5c = { base64.encode(t.read_file(dir .. "/issuer.der")) } })
    .. "." .. base64_url(json.encode {
      iss = "the-issuer", sub = "ci", aud = "the-service", exp = now + 300, nbf = now - 60, iat = now, jti = "1",
      access = { { type = "repository", name = repository, actions = { "pull" } } },
    })
  t.write_file(dir .. "/text", text)
  t.must({ "openssl", "dgst", "-sha256", "-sign", "issuer.key", "-out", "signature", "text" }, { cwd = dir })
  return text .. "." .. base64_url(t.read_file(dir .. "/signature"))
end

t.test("token authentication, as Docker's: the challenge is answered at the realm with the credentials", function()
  local dir = t.tmpdir()
  pushed(dir)
  t.must({ "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=issuer",
    "-keyout", "issuer.key", "-out", "issuer.pem" }, { cwd = dir })
  local token, asked = sign(dir, "org/app"), {}
  local issuer = httpd.listen { handler = function(request, response)
    asked[#asked + 1] = request.path .. "?" .. request.raw_query
    if request.headers.authorization ~= "Basic " .. base64.encode "ci:secret" then
      return response:send(401, {}, '{"errors":[{"code":"UNAUTHORIZED","message":"who are you?"}]}')
    end
    response:send(200, { ["Content-Type"] = "application/json" }, json.encode { token = token, expires_in = 300 })
  end }
  t.defer(function() issuer:close() end)
  local host = images.registry(dir, string.format(
    'auth: { token: { realm: "http://127.0.0.1:%d/token", service: the-service, issuer: the-issuer, rootcertbundle: "%s/issuer.pem" } }\n',
    issuer:port(), dir))
  local image = { image = host .. "/org/app:v1", plain_http = true }
  t.defer(function() settings.endpoints = {} end)
  settings.endpoints = { [host] = { url = "http://" .. host, user = "ci", password = "wrong" } }
  t.has(t.raises("http", registry.verify, image).message, "answered 401 Unauthorized: who are you?")
  settings.endpoints[host].password = "secret"
  t.eq(registry.verify(image).blobs, 4)
  t.eq(asked[#asked], "/token?scope=repository%3Aorg%2Fapp%3Apull&service=the-service")
  t.eq(#asked, 2, "one token for all of a call's requests")
  t.eq(t.raises("http", registry.tags, host .. "/org/other", PLAIN).status, 401)
end)

-- What others answer -----------------------------------------------------------------------------

t.test("bytes that are not those of their digest, and an answer of another kind, are refused", function()
  local answer = { status = 200, headers = {}, body = "{}" }
  local server = httpd.listen { handler = function(_, response) response:send(answer.status, answer.headers, answer.body) end }
  t.defer(function() server:close() end)
  local image = "127.0.0.1:" .. server:port() .. "/org/app"
  local digest = "sha256:" .. ("0a"):rep(32)
  t.has(t.raises("registry", registry.manifest, image .. "@" .. digest, PLAIN).message, "not " .. digest)
  answer.headers = { ["Docker-Content-Digest"] = digest }
  t.has(t.raises("registry", registry.manifest, image .. ":v1", PLAIN).message, "not " .. digest)
  answer.headers = {}
  t.has(t.raises("registry", registry.manifest, image .. ":v1", PLAIN).message, "neither an index nor a manifest")
  answer.body = '{"manifests":[{"digest":"../../../x"}]}'
  t.has(t.raises("registry", registry.manifest, image .. ":v1", PLAIN).message, "no sha256 digest: ../../../x")
  answer.body = "<html>sign in</html>"
  t.has(t.raises("protocol", registry.manifest, image .. ":v1", PLAIN).hint, "a registry?")
  answer = { status = 401, headers = { ["WWW-Authenticate"] = 'Bearer realm="ftp://x/",service="s"' }, body = "" }
  t.has(t.raises("refused", registry.manifest, image .. ":v1", PLAIN).message, "sends for its tokens to ftp://x/")
end)

t.test("a plan goes on past an image that is not there yet, and says so", function()
  local host = pushed(t.tmpdir())
  local p = project.new { book = string.format([[return runbook { run = function()
    step("push", function() sh.run { "true" } end)
    step("look", function() return registry.verify { image = "%s/org/app:v9", plain_http = true }.digest end)
    step("after", function() sh.run { "true" } end)
  end }]], host) }
  local _, out, err = p:run { "plan", "book" }
  t.has(out .. err, "the registry does not have it")
  t.has(out .. err, "after")
end)
