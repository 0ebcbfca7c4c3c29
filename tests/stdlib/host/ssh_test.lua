-- Keys and signatures of SSH, by the real ssh-keygen.
local ssh = require "almanac.host.ssh"
local signers = require "tests.signers"
local t = require "tests.harness"

t.test("whose a key is by allowed_signers: names, lists, options, quotes; no patterns, authorities and comments", function()
  local file = [[
# alice@comment AAAA1
alice@example.com ssh-ed25519 AAAA1 comment
bob@example.com,b@example.com namespaces="almanac,git",valid-before="20300101" ssh-ed25519 AAAA1
"carol@example.com,dan@example.com" ssh-ed25519 AAAA1
*@example.com ssh-ed25519 AAAA1
ca@example.com cert-authority ssh-ed25519 AAAA1
eve@example.com ssh-ed25519 AAAA12
]]
  t.eq(ssh.principals(file, "AAAA1"),
    { "alice@example.com", "bob@example.com", "b@example.com", "carol@example.com", "dan@example.com" })
  t.eq(ssh.principals(file, "AAAA2"), {})
  t.eq(ssh.principals("", "AAAA1"), {})
end)

for _, kind in ipairs { "ed25519", "ecdsa", "rsa" } do
  t.test(kind .. ": a key signs, and its fingerprint is the one that ssh-keygen gives", function()
    local alice = signers.person("alice", { kind = kind })
    local key = ssh.key(alice.key)
    t.has(t.must { "ssh-keygen", "-l", "-f", alice.key }, key.fingerprint)
    t.eq(ssh.key(alice.key .. ".pub").blob, key.blob)
    local files = { signers = alice:line() }
    t.eq(ssh.verify(files, "alice@example.com", "text", ssh.sign(key, "text")), key.fingerprint)
    local got, why = ssh.verify(files, "alice@example.com", "another text", ssh.sign(key, "text"))
    t.eq(got, nil)
    t.has(why, "does not hold over what was signed")
  end)
end

t.test("a private key alone is enough; what is no key is refused", function()
  local alice = signers.person "alice"
  t.must { "rm", alice.key .. ".pub" }
  t.eq(ssh.key(alice.key).text:match "^%S+ %S+", alice.public:match "^%S+ %S+")
  t.write_file(alice.home .. "/rubbish", "no key\n")
  t.has(t.raises("refused", function() ssh.key(alice.home .. "/rubbish") end).message, "is no key that can be used")
  t.has(t.raises("refused", function() ssh.key(alice.home .. "/nothing") end).message, "there is no key")
end)

t.test("a name that would be an option of ssh-keygen is none", function()
  local alice = signers.person "alice"
  local signature = ssh.sign(ssh.key(alice.key), "text")
  for _, name in ipairs { "-f/etc/passwd", "-", "" } do
    local got, why = ssh.verify({ signers = alice:line() }, name, "text", signature)
    t.eq(got, nil)
    t.has(why, "is no principal")
  end
end)

t.test("of a time in the past what counted then counts", function()
  local alice = signers.person "alice"
  local files = { signers = alice:line 'valid-after="20200101Z",valid-before="20210101Z"' }
  local signature = ssh.sign(ssh.key(alice.key), "text")
  t.ok(ssh.verify(files, "alice@example.com", "text", signature, 1590000000), "May 2020")
  local got, why = ssh.verify(files, "alice@example.com", "text", signature)
  t.eq(got, nil)
  t.has(why, "key has expired")
end)
