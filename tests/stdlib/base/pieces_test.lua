-- A line that comes in pieces shows no half of a secret, wherever it was cut; nothing else of it is lost.
local pieces = require "almanac.base.pieces"
local redaction = require "almanac.base.redaction"
local secret = require "almanac.base.secret"
local t = require "tests.harness"

local function shown(parts)
  local out = { stdout = "", stderr = "" }
  local lines = pieces.new(function(stream, text) out[stream] = out[stream] .. text end)
  for i, part in ipairs(parts) do lines:take("stdout", part, i < #parts) end
  lines:finish()
  return out.stdout
end

t.test("a secret cut at every place, in every form, with text around it", function()
  secret.new("pw", "hunter2-of-the-line")
  for _, form in ipairs { "hunter2-of-the-line", "68756e746572322d6f662d7468652d6c696e65", "aHVudGVyMi1vZi10aGUtbGluZQ==" } do
    local text = "before " .. form .. " behind, äöü"
    for at = 0, #text do
      t.eq(shown { text:sub(1, at), text:sub(at + 1) }, "before (secret pw) behind, äöü", "at " .. at)
    end
    local each = {}
    for i = 1, #text do each[i] = text:sub(i, i) end
    t.eq(shown(each), "before (secret pw) behind, äöü", "byte by byte")
  end
end)

t.test("the user of a URL, and secrets that overlap", function()
  secret.new("a", "alpha-beta-gamma")
  secret.new("b", "gamma-delta-epsilon")
  for text, want in pairs {
    ["see https://user:password@host/x, then"] = "see https://(secret userinfo)@host/x, then",
    ["<alpha-beta-gamma-delta-epsilon>"] = redaction.text "<alpha-beta-gamma-delta-epsilon>",
  } do
    for at = 0, #text do t.eq(shown { text:sub(1, at), text:sub(at + 1) }, want, "at " .. at) end
  end
end)

t.test("what is shown of a long line comes as it can, a line that ends at once is there, streams are apart", function()
  local got = {}
  local lines = pieces.new(function(stream, text) got[#got + 1] = stream .. ":" .. #text end)
  lines:take("stdout", ("x"):rep(65536), true)
  t.ok(#got == 1 and tonumber(got[1]:match "%d+") > 60000, got[1])
  lines:take("stderr", "", false)
  lines:take("stderr", "y", false)
  lines:take("stdout", "", false)
  t.eq(table.move(got, 2, 3, 1, {}), { "stderr:0", "stderr:1" })
  lines:take("stderr", "half", true)
  lines:finish()
  t.eq(got[#got], "stderr:4")
end)

t.test("excerpts, endings and frames are cut behind the redaction, and between characters", function()
  secret.new("pw", "hunter2-of-the-line")
  for cut = 1, 40 do
    local text = "x hunter2-of-the-line é y"
    local part = redaction.excerpt(text, cut)
    t.ok(utf8.len(part), part)
    t.lacks(part, "hunt")
    t.lacks(redaction.ending(text, cut), "line ")
    if cut < utf8.len(text) then t.lacks(require("almanac.base.columns").fit(text, cut), "hunt") end
  end
  t.eq(redaction.excerpt("äöü", 6), "äöü")
  t.eq(redaction.excerpt("äöü", 5), "äö…")
  t.eq(redaction.excerpt("abc", 2), "ab…")
end)

t.test("half a secret before every mark of a cut", function()
  secret.new("pw", "hunter2-of-the-line")
  t.eq(redaction.text "a hunter2-[… 12 bytes left out …]b hunter2-of[… 9 bytes left out …]he-line c",
    "a (secret pw)[… 12 bytes left out …]b (secret pw)[… 9 bytes left out …](secret pw) c")
end)

t.test("data with a secret are encoded as a secret; an encoder writes no {} for one", function()
  local json, yaml = require "almanac.public.json", require "almanac.public.yaml"
  local pw = secret.new("pw", 'quote"d')
  for _, encode in ipairs { json.encode, yaml.encode } do
    local text = encode { user = "x", password = pw, list = { pw } }
    t.ok(secret.is(text), "a secret")
    t.has(tostring(text), "(secret pw)")
    t.has(secret.reveal(text), "quote")
    t.eq(type(encode { user = "x" }), "string")
    t.ok(secret.is(encode(pw)))
  end
  t.eq(secret.reveal(json.encode({ a = pw, b = json.array {} }, { canonical = true })), '{"a":"quote\\"d","b":[]}')
  for _, encode in ipairs { require("native.json").encode, require("native.yaml").encode } do
    t.has(t.raises("usage", encode, { a = { pw } }).message, "cannot be written (secret)")
  end
end)

t.test("a text of data around secrets hides as a whole, and its other lines are no secrets", function()
  local yaml = require "almanac.public.yaml"
  local text = yaml.encode { user = "somebody", password = secret.new("deep", "correct-horse") }
  t.eq(redaction.text "user: somebody", "user: somebody")
  t.lacks(redaction.text(require("almanac.base.base64").encode(secret.reveal(text))), "dXNlcjog")
end)
