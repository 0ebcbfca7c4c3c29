--- Credential plugins, run by kubectl and by Almanac: what they may answer, and what wins beside them.
local t = require "tests.harness"
local who_asks = require "tests.conformance.who_asks"

local M = { area = "exec plugins", against = "kubectl 1.34", kubectl = ".deps/bin/kubectl34" }

local V1 = "client.authentication.k8s.io/v1"

local function config(user, exec)
  return string.format([[
clusters: [{ name: c, cluster: { server: "%%SERVER%%", insecure-skip-tls-verify: true } }]
users: [{ name: u, user: { %sexec: { %s } } }]
contexts: [{ name: one, context: { cluster: c, user: u } }]
current-context: one]], user, exec or "apiVersion: " .. V1 .. ", command: %DIR%/plugin, interactiveMode: Never")
end

local GOOD = '{"apiVersion":"' .. V1 .. '","kind":"ExecCredential","status":{"token":"from-plugin"}}'
local function status(text) return '{"apiVersion":"' .. V1 .. '","kind":"ExecCredential","status":' .. text .. "}" end

--- Name, what the plugin prints, what stands beside it in the user, the exec itself.
M.cases = {
  { "a token", GOOD },
  { "a token beside it", GOOD, "token: static, " },
  { "an empty token beside it", GOOD, 'token: "", ' },
  { "a token file beside it", GOOD, "tokenFile: %DIR%/token, " },
  { "name and password beside it", GOOD, "username: ann, password: pw, " },
  { "a certificate beside it", GOOD, "client-certificate: cert.pem, client-key: key.pem, " },
  { "impersonation beside it", GOOD, "as: tom, " },
  { "YAML", "apiVersion: " .. V1 .. "\nkind: ExecCredential\nstatus:\n  token: from-plugin\n" },
  { "YAML in flow style", "{apiVersion: " .. V1 .. ", kind: ExecCredential, status: {token: from-plugin}}" },
  { "JSON in two lines with tabs", "{\n\t\"apiVersion\": \"" .. V1 .. "\",\n\t\"kind\": \"ExecCredential\",\n\t" ..
    "\"status\": {\"token\": \"from-plugin\"}}\n" },
  { "a BOM before JSON", "\u{FEFF}" .. GOOD },
  { "a BOM before YAML", "\u{FEFF}apiVersion: " .. V1 .. "\nkind: ExecCredential\nstatus:\n  token: from-plugin\n" },
  { "blank lines around", "\n\n" .. GOOD .. "\n\n" },
  { "text before it", "logged in\n" .. GOOD },
  { "text behind it", GOOD .. "\ndone\n" },
  { "two of them", GOOD .. "\n" .. GOOD },
  { "nothing", "" },
  { "text", "just text" },
  { "another kind", (GOOD:gsub("ExecCredential", "Token")) },
  { "no kind", '{"apiVersion":"' .. V1 .. '","status":{"token":"x"}}' },
  { "no version", '{"kind":"ExecCredential","status":{"token":"x"}}' },
  { "another version than configured", (GOOD:gsub("/v1", "/v1beta1")) },
  { "no status", '{"apiVersion":"' .. V1 .. '","kind":"ExecCredential"}' },
  { "null as the status", status "null" },
  { "an empty status", status "{}" },
  { "an empty token", status '{"token":""}' },
  { "null as the token", status '{"token":null}' },
  { "a number as the token", status '{"token":5}' },
  { "a list as the status", status "[]" },
  { "unknown fields", status '{"token":"from-plugin","colour":"red"}' },
  { "the token twice", status '{"token":"a","token":"b"}' },
  { "a certificate without a key", status '{"clientCertificateData":"x"}' },
  { "a certificate that is none", status '{"clientCertificateData":"x","clientKeyData":"y"}' },
  { "an expiry", status '{"token":"from-plugin","expirationTimestamp":"2099-01-01T00:00:00Z"}' },
  { "an expiry in another zone", status '{"token":"from-plugin","expirationTimestamp":"2099-01-01T00:00:00+02:00"}' },
  { "an expiry with a fraction", status '{"token":"from-plugin","expirationTimestamp":"2099-01-01T00:00:00.5Z"}' },
  { "an expiry that has passed", status '{"token":"from-plugin","expirationTimestamp":"2001-01-01T00:00:00Z"}' },
  { "an expiry that is no time", status '{"token":"from-plugin","expirationTimestamp":"tomorrow"}' },
  { "null as the expiry", status '{"token":"from-plugin","expirationTimestamp":null}' },
  { "a number as the expiry", status '{"token":"from-plugin","expirationTimestamp":4070908800}' },
  { "a key twice, in another case", status '{"Token":"from-plugin"}' },
  { "no interactiveMode in v1", GOOD, "", "apiVersion: " .. V1 .. ", command: %DIR%/plugin" },
  { "no interactiveMode in v1beta1", (GOOD:gsub("/v1", "/v1beta1")), "",
    "apiVersion: client.authentication.k8s.io/v1beta1, command: %DIR%/plugin" },
  { "an unknown interactiveMode", GOOD, "", "apiVersion: " .. V1 .. ", command: %DIR%/plugin, interactiveMode: Sometimes" },
  { "no command", GOOD, "", "apiVersion: " .. V1 .. ", interactiveMode: Never" },
  { "v1alpha1", GOOD, "", "apiVersion: client.authentication.k8s.io/v1alpha1, command: %DIR%/plugin, interactiveMode: Never" },
  { "a command that is not there", GOOD, "", "apiVersion: " .. V1 .. ", command: %DIR%/gone, interactiveMode: Never" },
  { "a command that fails", GOOD, "", "apiVersion: " .. V1 .. ", command: \"false\", interactiveMode: Never" },
  { "a relative command", GOOD, "", "apiVersion: " .. V1 .. ", command: ./plugin, interactiveMode: Never" },
  { "arguments and environment", status '{"token":"$X-$1"}', "", "apiVersion: " .. V1 ..
    ", command: %DIR%/plugin, interactiveMode: Never, args: [a], env: [{ name: X, value: b }]" },
}

--- Each plugin, run by both.
function M.run()
  local world, out = who_asks.new(M.kubectl), {}
  t.write_file(world.dir .. "/token", "from-the-file\n")
  t.write_file(world.dir .. "/plugin", "#!/bin/sh\ncat <<EOF\n\nEOF\n")
  t.must { "chmod", "+x", world.dir .. "/plugin" }
  for i, case in ipairs(M.cases) do
    t.write_file(world.dir .. "/plugin", '#!/bin/sh\ncat "$(dirname "$0")/answer" | sed "s/[$]X/$X/; s/[$]1/$1/"\n')
    t.write_file(world.dir .. "/answer", case[2])
    out[i] = world:compare(case[1], config(case[3] or "", case[4]))
  end
  world:close()
  return out
end

M.differ = {}

return M
