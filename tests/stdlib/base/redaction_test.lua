-- What is known to be secret is hidden in every form, and nothing else is changed.
local base64 = require "almanac.base.base64"
local json = require "native.json"
local redaction = require "almanac.base.redaction"
local secret = require "almanac.base.secret"
local t = require "tests.harness"

local PEM = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nx1y2z3\n-----END KEY-----\n"

t.test("base64 as RFC 4648 gives it", function()
  local vectors = { [""] = "", f = "Zg==", fo = "Zm8=", foo = "Zm9v", foob = "Zm9vYg==", fooba = "Zm9vYmE=", foobar = "Zm9vYmFy" }
  for text, encoded in pairs(vectors) do t.eq(base64.encode(text), encoded) end
end)

t.test("a URL's user and password are secret without being known; a user of ssh is none", function()
  t.eq(redaction.text "GET http://u:p@h/x and https://token@h", "GET http://(secret userinfo)@h/x and https://(secret userinfo)@h")
  t.eq(redaction.text "ssh://git@host/x ssh://git:pw@host/x", "ssh://git@host/x ssh://(secret userinfo)@host/x")
  t.eq(redaction.text "http://h/a@b?c@d http://u:p@q@h", "http://h/a@b?c@d http://(secret userinfo)@h")
  local once = redaction.text "http://u:p@h"
  t.eq(redaction.text(once), once)
  t.eq(json.decode(redaction.encode { url = "http://u:p@h" }).url, "http://(secret userinfo)@h")
end)

t.test("the values of a Kubernetes Secret are concealed, in lists too", function()
  local object = { apiVersion = "v1", kind = "Secret", metadata = { name = "db" }, data = { key = "aHVudGVyMg==" }, type = "Opaque" }
  t.eq(redaction.data { items = { object } }.items[1].data, { key = "(secret db/key)" })
  t.lacks(redaction.encode { a = { object } }, "aHVudGVyMg")
  t.eq(object.data.key, "aHVudGVyMg==", "the object itself is left alone")
end)

t.test("one secret inside another: the whole of the longer one goes, in every order", function()
  secret.new("long", "hunter2-extended-tail")
  secret.new("short", "hunter2")
  secret.new("middle", "extended")
  t.eq(redaction.text "x hunter2-extended-tail y hunter2 z", "x (secret long) y (secret short) z")
  t.eq(redaction.text "hunter2-extended", "(secret short)-(secret middle)")
end)

t.test("two that overlap leave no part of either", function()
  secret.new("first", "alpha-beta-gamma")
  secret.new("second", "gamma-delta")
  local text = redaction.text "<alpha-beta-gamma-delta>"
  t.eq(text, "<(secret first)>")
end)

t.test("quotes, newlines and backslashes: data stay data, JSON stays JSON", function()
  local awkward = 'pa"ss\\wo\nrd\'s'
  secret.new("awkward", awkward)
  local text = redaction.encode { said = "it is " .. awkward, n = 1 }
  t.eq(json.decode(text), { said = "it is (secret awkward)", n = 1 })
  for _, shown in ipairs { json.encode(awkward), string.format("%q", awkward), awkward } do
    local hidden = redaction.text("[" .. shown .. "]")
    t.lacks(hidden, 'pa"ss')
    t.lacks(hidden, "ss\\")
  end
  t.lacks(redaction.text("'" .. awkward:gsub("'", "'\\''") .. "'"), "pa\"ss")
end)

t.test("a secret that is true, or digits, changes no syntax, no number, no key and no digest", function()
  for _, word in ipairs { "true", "0.00", "1795", "null" } do secret.new(word, word) end
  local digest = ("1795ab"):rep(11):sub(1, 64)
  local data = { yes = true, n = 1795, ["true"] = "is true", digest = digest, list = json.array {}, none = json.null }
  local back = json.decode(redaction.encode(data, { canonical = true }))
  t.eq(back.yes, true)
  t.eq(back.n, 1795)
  t.eq(back["true"], "is (secret true)")
  t.eq(back.digest, digest)
  t.eq(back.list, {})
end)

t.test("words that the caller keeps are kept, at the top alone", function()
  secret.new("word", "done")
  t.eq(redaction.data({ status = "done", deep = { status = "done" } }, { status = true }),
    { status = "done", deep = { status = "(secret word)" } })
end)

t.test("every line of a PEM, and its forms", function()
  secret.new("pem", PEM)
  for line in PEM:gmatch "[^\n]+" do t.lacks(redaction.text("> " .. line .. " <"), line) end
  t.eq(redaction.text(PEM), "(secret pem)")
  local encoded = base64.encode(PEM)
  local wrapped = encoded:gsub(("."):rep(76), "%0\n")
  for line in wrapped:gmatch "[^\n]+" do t.lacks(redaction.text("a\n" .. wrapped .. "\nb"), line) end
end)

t.test("base64 at each alignment, in both alphabets, hex and URLs", function()
  local plain = "s3cr>t?/~value"
  secret.new("forms", plain)
  for _, prefix in ipairs { "", "u", "us", "use" } do
    for _, suffix in ipairs { "", ":", "::", ":::" } do
      local encoded = base64.encode(prefix .. plain .. suffix)
      local hidden = redaction.text("Basic " .. encoded)
      t.has(hidden, "(secret forms)", prefix .. "|" .. suffix)
      t.lacks(hidden, base64.encode(plain):sub(5, 12))
      t.has(redaction.text(encoded:gsub("+", "-"):gsub("/", "_")), "(secret forms)")
    end
  end
  local function each(format) return (plain:gsub(".", function(c) return string.format(format, c:byte()) end)) end
  t.eq(redaction.text(each "%02x"), "(secret forms)")
  t.eq(redaction.text(each "%02X"), "(secret forms)")
  t.eq(redaction.text "?q=s3cr%3Et%3F%2F~value&x=1", "?q=(secret forms)&x=1")
  t.eq(redaction.text "?q=s3cr%3et%3f%2f~value&x=1", "?q=(secret forms)&x=1")
end)

t.test("half a secret at the place where an output was cut is hidden too", function()
  secret.new("cut", "0123456789-abcdefghij")
  t.eq(redaction.text "x 0123456789-ab\n[… 77 bytes left out …]\nefghij y", "x (secret cut)\n[… 77 bytes left out …]\n(secret cut) y")
end)

t.test("a table that a script prepared is read raw, and gets nothing", function()
  local got
  local trap = setmetatable({ token = secret.new("trap", "trap-value") }, {
    __newindex = function(_, _, value) got = value end, __index = function() got = "index" end,
    __pairs = function() got = "pairs" return function() end end,
  })
  t.eq(secret.reveal_all(trap).token, "trap-value")
  t.eq(getmetatable(secret.reveal_all(trap)), nil)
  t.eq(secret.conceal_all(trap).token, "(secret trap)")
  t.eq(redaction.data(trap).token, "(secret trap)")
  t.eq(got, nil)
end)

t.test("a secret in a secret's text, and one too short to be looked for", function()
  local token = secret.new("token", "abcdef")
  t.eq(redaction.data { h = "Bearer " .. token }.h, "Bearer (secret token)")
  t.eq(redaction.text "Bearer abcdef", "Bearer (secret token)")
  t.eq(redaction.data { pin = secret.new("pin", "12") }.pin, "(secret pin)")
  t.eq(redaction.text "12 o'clock", "12 o'clock")
end)

t.test("a concatenation with a secret leaves Lua's stack where it is", function()
  local token = secret.new("many", "many-many-many")
  local function deep(n)
    if n == 0 then return "a" .. token .. "b" .. token .. "c" end
    return deep(n - 1), nil -- no tail call: the stack grows, and what is left of it is shrunk by a collection
  end
  for n = 0, 190 do
    deep(n)
    if n % 10 == 0 then collectgarbage() end
    t.eq(tostring((deep(n % 7))), "a(secret many)b(secret many)c")
  end
end)

t.test("a secret that became a key is hidden; one that is a word, or digits, changes no key", function()
  for _, text in ipairs { "supersecret-1", "password", "1234", "averylongsecretword" } do secret.new(text, text) end
  t.eq(redaction.data { ["x supersecret-1"] = { averylongsecretword = 1 }, password = "1", ["1234"] = 2 },
    { ["x (secret supersecret-1)"] = { ["(secret averylongsecretword)"] = 1 }, password = "1", ["1234"] = 2 })
  t.eq(redaction.name "supersecret-1", "(secret supersecret-1)")
  t.eq(redaction.name(4), 4)
end)

t.test("what a shell's echo makes of a secret with backslashes is hidden", function()
  redaction.know([[Tr\b0ub4dor\nX9]], "(secret pw)")
  t.eq(redaction.text "it says Tr\b0ub4dor\nX9.", "it says (secret pw).")
  t.eq(redaction.text [[it says Tr\b0ub4dor\nX9.]], "it says (secret pw).")
end)
