-- A secret is known again in whatever way a program writes it down: the programs are real ones.
local json = require "native.json"
local pieces = require "almanac.base.pieces"
local redaction = require "almanac.base.redaction"
local secret = require "almanac.base.secret"
local t = require "tests.harness"

local SECRETS = {
  plain = "hunter2-extended-tail",
  awkward = "pa\"ss\\wo rd's $x<&>`!%41+é=/\n2nd line, längeres\tEnde",
  short = "Zq7/",
  pem = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nx1y2z3/+==\n-----END KEY-----\n",
  digits = "1795",
}

-- Each form is a line of JSON: its name, and the text.
local PYTHON = [[
import base64, html, json, quopri, re, shlex, sys, textwrap, urllib.parse
s = sys.stdin.buffer.read().decode()
b = s.encode()
out = {}
def fold(text, n, end="\n"): return end.join(text[i:i+n] for i in range(0, len(text), n))
for before in ("", "u", "us", "user:"):
    e = base64.b64encode((before + s + "|" + before).encode()).decode()
    for n in (1, 2, 3, 4, 5, 7, 10, 19, 60, 75, 77, 100):
        out[f"base64 {before} of {n} columns"] = fold(e, n)
    out[f"base64 {before} indented"] = fold(e, 20, "\n      ")
    out[f"base64 {before} in JSON"] = json.dumps(fold(e, 20, "\r\n"))
    out[f"base64url {before}"] = e.replace("+", "-").replace("/", "_").rstrip("=")
    out[f"base64 {before} in a URL"] = urllib.parse.quote(e, safe="")
    out[f"base64 {before} with slashes of PHP"] = e.replace("/", "\\/")
    out[f"base64 {before} of .NET"] = e.replace("+", "\\u002B")
    out[f"base64 {before} of base64"] = base64.b64encode(e.encode()).decode()
    out[f"hex {before} of base64"] = e.encode().hex()
e3 = b
for _ in range(3): e3 = base64.b64encode(e3)
out["base64 of base64 of base64"] = e3.decode()
e = base64.b64encode(("user:" + s).encode()).decode()
for quote, joint in (('"', ' +\n    '), ("'", " . "), ('"', "\n  "), ('"', " \\\n"), ("'", ' ||\n'), ("\u0060", "+")):
    glue = quote + joint + quote
    out["base64 put together by " + repr(joint)] = quote + fold(e, 7, glue) + quote
    out["hex put together by " + repr(joint)] = quote + fold(b.hex(), 6, glue) + quote
    if quote not in s: out["put together by " + repr(joint)] = quote + fold(s, 5, glue) + quote
for name, escape in (("a colour", "\033[1;31m"), ("a link", "\033]8;;https://example.org/x\033\\"), ("a title", "\033]0;x\a"),
    ("a spelt colour", "\\x1b[0m"), ("a spelt link", "\\u001b]8;;http://x\\u001b\\\\")):
    out["with " + name + " inside"] = fold(s, 3, escape)
    out["base64 with " + name + " inside"] = fold(e, 6, escape)
out["escape() of JavaScript"] = "".join("%%u%04x" % ord(c) if ord(c) > 255 or c.isalpha() else "%%%02X" % ord(c) for c in s)
out["escape() of every letter, upper"] = "".join("%%U%04X" % ord(c) for c in s)
out["CSV within JSON"] = json.dumps('"' + s.replace('"', '""') + '"')
if s.isascii():
    out["CSS"] = "".join("\\%x " % c for c in b)
    out["CSS of six digits"] = "".join("\\%06x" % c for c in b)
    out["Perl's octal"] = "".join("\\o{%o}" % c for c in b)
out["octal list"] = " ".join("%03o" % c for c in b)
out["octal list of C"] = ", ".join("\\%03o" % c for c in b)
out["octal list of Python"] = str([oct(c) for c in b]).replace("'", "")
out["base64 of JSON"] = base64.b64encode(json.dumps({"k": s}).encode()).decode()
if s.isascii(): out["base64 of UTF-16"] = base64.b64encode(s.encode("utf-16-le")).decode()
h = b.hex()
out["hex"] = h
out["HEX"] = h.upper()
for sep in (":", " ", "-", ", 0x", "\\x", "\n"):
    out["hex with " + repr(sep)] = sep.join(h[i:i+2] for i in range(0, len(h), 2))
out["hex of od"] = " ".join(h[i:i+2].upper() for i in range(0, len(h), 2))
out["hex of columns"] = fold(h, 7)
out["decimal"] = "[" + " ".join(str(c) for c in b) + "]"
out["a Buffer"] = json.dumps({"type": "Buffer", "data": list(b)})
out["URL"] = urllib.parse.quote(s, safe="")
out["URL of a form"] = urllib.parse.quote_plus(s)
out["URL, lower"] = re.sub("%..", lambda m: m.group().lower(), urllib.parse.quote(s, safe=""))
out["URL of every byte"] = "".join("%%%02X" % c for c in b)
out["URL of every byte, lower"] = "".join("%%%02x" % c for c in b)
out["URL twice"] = urllib.parse.quote(urllib.parse.quote(s, safe=""), safe="")
out["JSON"] = json.dumps(s)
out["JSON in UTF-8"] = json.dumps(s, ensure_ascii=False)
out["JSON with slashes"] = json.dumps(s).replace("/", "\\/")
out["JSON, upper"] = re.sub(r"\\u....", lambda m: "\\u" + m.group()[2:].upper(), json.dumps(s))
out["JSON of every letter"] = "".join("\\u%04x" % ord(c) for c in s)
out["JSON of Go"] = re.sub("[<>&]", lambda m: "\\u%04x" % ord(m.group()), json.dumps(s, ensure_ascii=False))
out["JSON in JSON"] = json.dumps(json.dumps(s))
out["JSON in JSON in JSON"] = json.dumps(json.dumps(json.dumps(s)))
out["YAML, folded"] = '"' + "\n  ".join(json.dumps(s)[1:-1].split(" ")) + '"'
out["YAML or SQL"] = s.replace("'", "''")
out["YAML, a block"] = "|\n" + textwrap.indent(s, "    ")
out["repr"] = repr(s)
out["repr of bytes"] = repr(b)
out["ascii"] = ascii(s)
out["octal"] = "".join("\\%03o" % c for c in b)
out["C"] = "".join("\\x%02X" % c for c in b)
out["ES6"] = "".join("\\u{%x}" % ord(c) for c in s)
out["HTML"] = html.escape(s)
out["HTML, decimal"] = "".join("&#%d;" % ord(c) for c in s)
out["HTML, hexadecimal"] = "".join("&#x%X;" % ord(c) for c in s)
out["HTML twice"] = html.escape(html.escape(s))
out["quoted-printable"] = quopri.encodestring(b).decode()
out["shlex"] = shlex.quote(s)
out["folded"] = fold(s, 9)
out["NULs"] = "\0".join(s)
for name, text in out.items(): print(json.dumps([name, "<" + text + ">"]))
]]

local BASH = [[
x=$(cat; printf .); x=${x%.}
printf '%q\0' "$x"
printf '%s\0' "${x@Q}"
printf '%s\0' "${x@A}"
(set -x; : "$x") 2>&1; printf '\0'
printf '%s' "$x" | base64 -w 11; printf '\0'
printf '%s' "$x" | xxd -p -c 6; printf '\0'
printf '\n'; printf '%s' "$x" | xxd; printf '\0'
printf '\n'; printf '%s' "$x" | xxd -g 1 -c 10; printf '\0'
for form in -b -x "" -o "-t x4" "-t x8" "-t o4" "-t x1" "-t u1" "-t x1z" "-A x -t x1"; do
  printf '\n'; printf '%s' "$x" | od $form; printf '\0'
  printf '%s' "$x" | od -A n $form; printf '\0'
done
]]

local function forms(text)
  local out = {}
  local printed = t.must({ "python3", "-c", PYTHON }, { stdin = text })
  for line in printed:gmatch "[^\n]+" do
    local form = json.decode(line)
    out[form[1]] = form[2]
  end
  local n = 0
  for form in t.must({ "bash", "-c", BASH }, { stdin = text }):gmatch "([^%z]+)%z" do
    n = n + 1
    out["bash " .. n] = form
  end
  return out
end

for name, text in pairs(SECRETS) do
  t.test("a secret as programs write it: " .. name, function()
    secret.new(name, text)
    local count = 0
    for form, written in pairs(forms(text)) do
      local hidden = redaction.text(written)
      -- What stays around it: at most the letters of base64 that hold bits of what stands before and behind it.
      t.has(hidden, "(secret " .. name .. ")", form .. ": " .. written)
      t.ok(#(hidden:gsub("%(secret [^)]*%)", "")) <= 40 + (form:find "bash" and 60 or 0), form .. ": " .. hidden)
      count = count + 1
    end
    t.ok(count > 90, count)
  end)
end

t.test("what is no secret stays: words, numbers, digests, paths, dumps", function()
  secret.new("plain", SECRETS.plain)
  for _, text in ipairs {
    "the quick brown fox jumps over\nthe lazy dog and hunter2, extended", "0123456789abcdef0123456789abcdef01234567",
    "ghcr.io/animica/animica-node:v0.5.0-a1b2c3d", "2026-11-28T21:33:25.123456Z", "a=b&c=d%20e+f", "C:\\temp\\new\\users",
    "68 75 6e 74 65 72", "aHVudGVyMg==", "'it''s' \"quoted\" `x` $y ^z", "\0\1\2\255\254", "=3D=\n", "&amp;&lt;", "[104 117 110]",
  } do t.eq(redaction.text(text), text) end
end)

local function streamed(lines)
  local out = {}
  local held = pieces.new(function(_, text) out[#out + 1] = text end)
  for _, line in ipairs(lines) do held:take("stdout", line, false) end
  held:finish()
  return out
end

t.test("base64 whose lines come one by one is held back until it is known what it is", function()
  secret.new("plain", SECRETS.plain)
  local encoded = require("almanac.base.base64").encode("user:" .. SECRETS.plain .. ":more of it")
  for columns = 4, 40 do
    local lines = { "before" }
    for at = 1, #encoded, columns do lines[#lines + 1] = encoded:sub(at, at + columns - 1) end
    lines[#lines + 1] = "behind"
    local out = table.concat(streamed(lines), "\n")
    t.has(out, "before\n")
    t.has(out, "(secret plain)", columns)
    t.has(out, "\nbehind")
    -- Of its first two letters alone nobody could know it.
    for at = 12, #encoded - 20 do t.lacks(out:gsub("\n", ""), encoded:sub(at, at + 4), columns) end
  end
end)

t.test("a dump, and parts that a program puts together, whose lines come one by one", function()
  secret.new("plain", SECRETS.plain)
  for _, words in ipairs { "od -x", "od -b", "od", "xxd", "hexdump -C", "hexdump", "od -A n -t x4",
    "base64 -w 12 | sed 's/^/  \"/; s/$/\" +/'" } do
    local printed = t.must({ "sh", "-c", "printf 'a user:%s is it' '" .. SECRETS.plain .. "' | " .. words })
    local lines = { "before" }
    for line in printed:gmatch "[^\n]+" do lines[#lines + 1] = line end
    lines[#lines + 1] = "behind"
    local out = table.concat(streamed(lines), "\n")
    t.has(out, "(secret plain)", words .. "\n" .. printed)
    t.has(out, "behind")
    t.lacks(out, "tail", words)
  end
end)

t.test("a line that may go on with a secret is shown when the next has come, or when there is none", function()
  secret.new("plain", SECRETS.plain)
  t.eq(streamed { "hunter2-e", "", "no" }, { "hunter2-e", "", "no" })
  t.eq(streamed { "a", "hunter2-e" }, { "a", "hunter2-e" })
  t.eq(streamed { "a hunter2-e", "xtended-tail b" }, { "a (secret plain) b" })
  t.eq(streamed { "a hunt", "er2-extended-tail b" }, { "a hunt", "(secret plain) b" })
  local out = {}
  local held = pieces.new(function(_, text) out[#out + 1] = text end)
  for _, word in ipairs { "held", "done", "aHVu", "hunt", "user:", "" } do
    held:take("stdout", word, false)
    if word ~= "aHVu" then t.eq(out[#out], word, "nobody waits for what comes next") end
  end
end)

t.test("a text made to be slow is not", function()
  secret.new("backslashes", ("\\"):rep(8))
  secret.new("quotes", ("'\""):rep(8))
  local before = require("native.task").now()
  for _, text in ipairs { ("\\"):rep(20000), ("'\""):rep(10000), ("%25"):rep(6000), ("&amp;"):rep(4000), ("\n"):rep(20000),
    ("QUFB"):rep(5000), ("31"):rep(10000), ("\27]"):rep(10000), ("\"+\n"):rep(10000), ("3131 "):rep(5000),
    ("0000000 31\n"):rep(3000), ("\27" .. ("x"):rep(50)):rep(400), ("\\x1b]"):rep(4000), ("000000 "):rep(5000),
    ("\" "):rep(10000), ("1,"):rep(10000), ("=\n"):rep(10000) } do redaction.text(text) end
  t.ok(require("native.task").now() - before < 10, require("native.task").now() - before)
end)
