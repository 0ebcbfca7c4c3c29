--- Manifests in YAML 1.1, sent by kubectl and read by Almanac: scalars, keys, tags, merges, documents.
local errors = require "almanac.base.errors"
local httpd = require "native.httpd"
local json = require "native.json"
local t = require "tests.harness"
local yaml = require "native.yaml"

local M = { area = "YAML 1.1 scalars and keys", against = "kubectl 1.34", kubectl = ".deps/bin/kubectl34" }

local HEAD = "apiVersion: v1\nkind: Thing\nmetadata: { name: x }\n"

local scalars = {
  "y", "Y", "yes", "Yes", "yES", "on", "ON", "n", "no", "off", "Off", "true", "True", "tRUE", "~", "null", "Null", "nULL", "''",
  "0", "-0", "+12", "00", "010", "08", "0899", "0o17", "0O17", "0x1F", "0X1F", "0x", "-0x10", "0b11", "0B101", "-0b11", "0b2",
  "1_000", "1__0", "_1", "1_", "0x_f", "1_0.5", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
  "-9223372036854775809", "18446744073709551615", "18446744073709551616", "0xFFFFFFFFFFFFFFFF", "0x1FFFFFFFFFFFFFFFF",
  "1.", "1.0", "1.5", ".5", "+.5", "._5", "1e3", "1E3", "1e+3", "1.5e3", "1e", "1e21", "1e-7", "1e999", "123456789012345678",
  "0.1", "100000000000000000000000", "1.2345678901234567890", ".", "-", "+", "1:30", "190:20:30", "2001-01-01",
  "2001-01-01T00:00:00Z", "12e03", "1234e5678", "=", "<<", ".inf", "-.inf", ".nan", "0.0", "-0.0", "1e400",
  '"5"', "'yes'", '"\\u00e9"', "a b", "http://x:80/#a", "日本", "!!str 5", "!!int '5'", "!!int 0x10", "!!float 5", "!!bool yes",
  "!!null ''", "!!binary aGVsbG8=", "!!int abc", "!foo 5", "!foo a", "! 5", "!!timestamp 2001-01-01", "!!binary '***'",
  "!!str true", "!!float 1.5", "!!bool 'true'", "!!merge a", "[1, 0x2, y]", "!!seq [1]", "!foo [1]", "!foo {a: 1}", "!!set {a: null}",
  "|\n  a\n  b\n", ">-\n  a\n  b\n", "&x a", "{a: &x 1, b: *x}", "*gone", "[a, b", "'a\n  b'",
}

local keys = {
  "y", "on", "no", "True", "0x10", "010", "1e3", "1_000", "1e6", "1000000", "1.5", "0.1", ".5", "-1", "1e21", "123456.7", "08", "~",
  "null", "''", "'on'", '"0x10"', "18446744073709551615", "9223372036854775807", "2001-01-01", ".inf", ".nan", "!!str on", "!!int '7'",
  "[a]", "{a: b}", "? [a]\n", "=", "a b", "日本", "1:30", "0b11", "-0x1", "1.0", "16777217.0",
}

local documents = {
  { "a key twice", HEAD .. "value: { a: 1, b: 2, a: 3 }\n" },
  { "a key twice at the top", HEAD .. "value: 1\nvalue: 2\n" },
  { "a merge", HEAD .. "base: &b { x: 1, y1: 2 }\nvalue: { <<: *b, x: 5 }\n" },
  { "a merge behind a key of its own", HEAD .. "base: &b { x: 1 }\nvalue: { x: 5, <<: *b }\n" },
  { "a merge of several", HEAD .. "a: &a { x: 1 }\nb: &b { x: 2, z: 3 }\nvalue: { <<: [*a, *b] }\n" },
  { "a merge of text", HEAD .. "value: { <<: text }\n" },
  { "a quoted merge key", HEAD .. "value: { '<<': 5 }\n" },
  { "an anchor used before it is", HEAD .. "value: *b\nb: &b 1\n" },
  { "an anchor set anew", HEAD .. "a: &a 1\nb: &a 2\nvalue: *a\n" },
  { "a BOM", "\u{FEFF}" .. HEAD .. "value: 1\n" },
  { "a BOM before a second document", "# nothing\n---\n\u{FEFF}" .. HEAD .. "value: 1\n" },
  { "a comment first", "# a\n# b\n---\n" .. HEAD .. "value: 1\n" },
  { "empty documents", "---\n---\n" .. HEAD .. "value: 1\n---\n# nothing\n---\n" },
  { "a document's end", HEAD .. "value: 1\n...\n" },
  { "a directive", "%YAML 1.1\n---\n" .. HEAD .. "value: 1\n" },
  { "line ends of Windows", (HEAD .. "value: |\n  a\n  b\n"):gsub("\n", "\r\n") },
  { "a tab as indentation", HEAD .. "value:\n\ta: 1\n" },
  { "JSON", '{"apiVersion":"v1","kind":"Thing","metadata":{"name":"x"},"value":{"a":1.0,"b":1e3}}' },
  { "text that is no map", "just text\n" },
  { "two keys with tabs behind", HEAD .. "value: 1\t\n" },
  { "an octal mode", HEAD .. "value: { mode: 0644 }\n" },
  { "a list of maps", HEAD .. "value:\n- a: 1\n  b: [x]\n- c\n" },
  { "null items", HEAD .. "value: [null, ~, '']\n" },
  { "an empty value", HEAD .. "value:\n" },
}

local function all_cases()
  local out = {}
  for _, text in ipairs(scalars) do out[#out + 1] = { "value " .. text:gsub("\n", "\\n"), HEAD .. "value: " .. text .. "\n" } end
  for _, text in ipairs(keys) do out[#out + 1] = { "key " .. text:gsub("\n", "\\n"), HEAD .. "value:\n  " .. text .. ": v\n" } end
  return table.move(documents, 1, #documents, #out + 1, out)
end

M.cases = all_cases()

--- Past 64 bits a number is compared as the double that it is for both.
local function narrowed(value)
  if type(value) == "string" and #value > 18 and value:find "^%-?%d+$" then return tonumber(value) + 0.0 end
  return value
end

--- An object as text that can be compared; what both add or leave alone is left out.
local function canonical(object)
  if type(object) ~= "table" then return "refused" end
  local ok, text = errors.try(json.encode, { value = narrowed(object.value) }, { canonical = true })
  return ok and text or text.message
end

--- A server that knows one kind, and remembers what it was sent.
local function kinds_server(sent)
  local answers = {
    ["/api"] = '{"kind":"APIVersions","versions":["v1"]}', ["/apis"] = '{"kind":"APIGroupList","apiVersion":"v1","groups":[]}',
    ["/api/v1"] = '{"kind":"APIResourceList","groupVersion":"v1","resources":[{"name":"things","kind":"Thing","namespaced":false,' ..
      '"verbs":["create","get"]}]}',
  }
  return httpd.listen { handler = function(request, response)
    local known = answers[request.path]
    if request.method == "POST" then
      sent[#sent + 1] = request.body
      known = request.body
    end
    response:send(known and (request.method == "POST" and 201 or 200) or 404, { ["Content-Type"] = "application/json" }, known or "{}")
  end }
end

local function ours_of(text)
  local ok, found = errors.try(yaml.decode_all, text, { dialect = "kubernetes" })
  if not ok then return "refused", found.message end
  return canonical(found[1])
end

--- Each manifest, given to both.
function M.run()
  local sent, out, dir = {}, {}, t.tmpdir()
  local server = kinds_server(sent)
  local path = dir .. "/x.yaml"
  for i, case in ipairs(M.cases) do
    t.write_file(path, case[2])
    local _, _, said = t.run({ M.kubectl, "create", "--validate=false", "-f", path, "--server=http://127.0.0.1:" .. server:port() },
      { env = { HOME = dir, KUBECONFIG = false } })
    local body = table.remove(sent)
    local theirs = body and canonical(json.decode(body, { big = "text" })) or "refused"
    local ours, why = ours_of(case[2])
    out[i] = { name = case[1], theirs = theirs, ours = ours, said = said, why = why }
  end
  server:close()
  return out
end

M.differ = {
  ["a directive"] = "kubectl cuts the file at the first ---, and finds a directive alone; Almanac reads it",
}

return M
