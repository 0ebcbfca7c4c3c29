--- Kubeconfigs, given to kubectl and to Almanac: who asks the server for what, or a refusal.
local t = require "tests.harness"
local who_asks = require "tests.conformance.who_asks"

local M = { area = "kubeconfig", against = "kubectl 1.34" }

--- A kubeconfig with one cluster, user and context; %s is the server.
local function config(cluster, user, more)
  return string.format([[
apiVersion: v1
kind: Config
current-context: one
clusters: [{ name: c, cluster: { %s } }]
users: [{ name: u, user: { %s } }]
contexts: [{ name: one, context: { cluster: c, user: u } }]
%s]], cluster, user, more or "")
end

local SERVER = 'server: "%SERVER%", insecure-skip-tls-verify: true'
local function user(fields) return config(SERVER, fields) end
local function cluster(fields) return config(fields, "token: abc") end
local ONE = "contexts: [{ name: one, context: { cluster: c } }]\ncurrent-context: one"
local ONE_U = "contexts: [{ name: one, context: { cluster: c, user: u } }]\ncurrent-context: one"
local function whole(text) return (text:gsub("%$S", { ["$S"] = "{ name: c, cluster: { server: 'http://%PLAIN%' } }" })) end

M.cases = {
  -- Users.
  { "a token", user "token: abc" },
  { "a token that looks like a number", user "token: 12345678" },
  { "a token in quotes", user 'token: "007"' },
  { "a token with its file: the file wins", user "token: abc, tokenFile: %DIR%/token" },
  { "only a token file", user "tokenFile: %DIR%/token" },
  { "a relative token file", user "tokenFile: token" },
  { "name and password", user "username: ann, password: pw" },
  { "a token beside name and password", user "token: abc, username: ann, password: pw" },
  { "a name without a password", user "username: ann" },
  { "nobody", user "" },
  { "impersonation", user "token: abc, as: tom, as-groups: [a, b], as-uid: '7'" },
  { "impersonated extras", user "token: abc, as: tom, as-user-extra: { scopes: [a, b] }" },
  { "groups without a user", user "token: abc, as-groups: [a]" },
  -- Clusters.
  { "a slash behind the server", cluster 'server: "%SERVER%/", insecure-skip-tls-verify: true' },
  { "a server without a scheme", cluster "server: '%ADDRESS%', insecure-skip-tls-verify: true" },
  { "a server without a scheme, not said to be TLS", cluster "server: '%PLAIN%'" },
  { "a token for a server without TLS", cluster 'server: "http://%PLAIN%"' },
  { "no server", cluster "insecure-skip-tls-verify: true" },
  { "an empty server", cluster 'server: ""' },
  { "a scheme alone", cluster 'server: "https:"' },
  { "a scheme and slashes", cluster 'server: "http://"' },
  { "a scheme of another kind", cluster 'server: "ftp://%ADDRESS%"' },
  { "a port that is none", cluster 'server: "http://127.0.0.1:port"' },
  { "a port past 65535", cluster 'server: "http://127.0.0.1:70000"' },
  { "a blank before the server", cluster 'server: " %SERVER%", insecure-skip-tls-verify: true' },
  { "a line break in the server", cluster 'server: "%SERVER%\\n", insecure-skip-tls-verify: true' },
  { "a query in the server", cluster 'server: "%SERVER%?a=b", insecure-skip-tls-verify: true' },
  { "TLS with a server that speaks none", cluster 'server: "https://%PLAIN%", insecure-skip-tls-verify: true' },
  { "a certificate of an unknown authority", cluster 'server: "%SERVER%"' },
  { "the authority and insecure", cluster(SERVER .. ", certificate-authority: %DIR%/cert.pem") },
  { "the authority as a file", cluster 'server: "%SERVER%", certificate-authority: cert.pem' },
  { "an authority that is no file", cluster 'server: "%SERVER%", certificate-authority: nowhere.pem' },
  { "an authority that is no base64", cluster 'server: "%SERVER%", certificate-authority-data: "%%%"' },
  -- Types.
  { "a number as the server", cluster "server: 5" },
  { "a list as the server", cluster 'server: ["%SERVER%"]' },
  { "a map as the token", user "token: { a: b }" },
  { "a boolean as the token", user "token: true" },
  { "a number as the user's name", user "username: 5, password: 6" },
  { "text as insecure-skip-tls-verify", cluster 'server: "%SERVER%", insecure-skip-tls-verify: "true"' },
  { "yes as insecure-skip-tls-verify", cluster 'server: "%SERVER%", insecure-skip-tls-verify: yes' },
  { "a number as insecure-skip-tls-verify", cluster 'server: "%SERVER%", insecure-skip-tls-verify: 1' },
  { "text as a list of groups", user "token: abc, as: tom, as-groups: a" },
  { "text as args of a plugin", user "exec: { apiVersion: client.authentication.k8s.io/v1, command: x, interactiveMode: Never, args: a }" },
  { "a map of contexts", whole "clusters: [$S]\nusers: []\ncontexts: { one: {} }\ncurrent-context: one" },
  { "text as the clusters", whole("clusters: x\n" .. ONE) },
  { "a list as a cluster", whole("clusters: [{ name: c, cluster: [] }]\n" .. ONE) },
  { "a number as a name", whole "clusters: [$S]\ncontexts: [{ name: 1, context: { cluster: c } }]\ncurrent-context: '1'" },
  { "a list as the current context", whole "clusters: [$S]\ncontexts: [{ name: one, context: { cluster: c } }]\ncurrent-context: [one]" },
  { "another kind", whole("kind: Pod\napiVersion: v1\nclusters: [$S]\n" .. ONE) },
  { "another version", whole("kind: Config\napiVersion: v2\nclusters: [$S]\n" .. ONE) },
  { "text as the file", "just text" },
  { "a list as the file", "[1, 2]" },
  -- Null and empty.
  { "null for the users", whole("clusters: [$S]\nusers: null\n" .. ONE) },
  { "null for a user", whole("clusters: [$S]\nusers: [{ name: u, user: null }]\n" .. ONE_U) },
  { "null for the token", whole("clusters: [$S]\nusers: [{ name: u, user: { token: null } }]\n" .. ONE_U) },
  { "a user without user", whole("clusters: [$S]\nusers: [{ name: u }]\n" .. ONE_U) },
  { "a context without a user", whole("clusters: [$S]\n" .. ONE) },
  { "a context of a user that is not there", whole("clusters: [$S]\n" .. ONE_U) },
  { "a context of a cluster that is not there", whole(ONE) },
  { "no current context", whole "clusters: [$S]\ncontexts: [{ name: one, context: { cluster: c } }]" },
  { "an unknown current context", whole "clusters: [$S]\ncontexts: [{ name: one, context: { cluster: c } }]\ncurrent-context: two" },
  -- Names twice.
  { "two clusters of one name", whole("clusters: [$S, { name: c, cluster: { server: 'http://127.0.0.1:9' } }]\n" .. ONE) },
  { "two users of one name", whole("clusters: [$S]\nusers: [{ name: u, user: { token: a } }, " ..
    "{ name: u, user: { token: b } }]\n" .. ONE_U) },
  { "two contexts of one name", whole "clusters: [$S]\ncontexts: [{ name: one, context: { cluster: c } }, " ..
    "{ name: one, context: { cluster: d } }]\ncurrent-context: one" },
  { "two clusters of one name that nobody uses", whole("clusters: [$S, { name: d, cluster: {} }, { name: d, cluster: {} }]\n" .. ONE) },
  { "the same key twice", user "token: abc, token: def" },
  { "users twice", user "token: abc } }]\nusers: [{ name: u, user: { token: def" },
  -- Syntax.
  { "unknown fields", user "token: abc, colour: red" },
  { "JSON", '{"clusters":[{"name":"c","cluster":{"server":"http://%PLAIN%"}}],' ..
    '"contexts":[{"name":"one","context":{"cluster":"c"}}],"current-context":"one"}' },
  { "a BOM", "\u{FEFF}" .. user "token: abc" },
  { "an anchor", whole("clusters: [$S]\nusers: [{ name: a, user: &u { token: abc, as: tom } }, { name: u, user: *u }]\n" .. ONE_U) },
  { "a tab", "clusters:\n\t- x" },
  { "a second document", user "token: abc" .. "\n---\nusers: []\n" },
}

--- Each file, given to both.
function M.run()
  local world, out = who_asks.new(M.kubectl), {}
  t.write_file(world.dir .. "/token", "from-the-file\n")
  for i, case in ipairs(M.cases) do out[i] = world:compare(case[1], case[2]) end
  world:close()
  return out
end

M.kubectl = ".deps/bin/kubectl34"

M.differ = {
  nobody = "kubectl asks for a name at the terminal; Almanac asks the server as nobody",
  ["a context of a user that is not there"] = "kubectl asks as nobody; Almanac refuses, for nobody means that",
  ["a server without a scheme"] = "kubectl speaks plain HTTP to it; Almanac TLS, for only that has a certificate to skip",
  ["a query in the server"] = "kubectl drops it; Almanac refuses",
}

return M
