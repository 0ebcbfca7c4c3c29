local t = require "tests.harness"
local json = require "native.json"
local yaml = require "native.yaml"

local function canonical(v) return json.encode(v, { canonical = true }) end

t.test("plain scalars mean what Kubernetes takes them for", function()
  local cases = {
    ["1"] = 1, ["-12"] = -12, ["+3"] = 3, ["0"] = 0, ["0x1F"] = 31, ["0o17"] = 15,
    ["0644"] = 420, ["-010"] = -8,
    ["9223372036854775807"] = math.maxinteger,
    ["1.5"] = 1.5, ["1."] = 1.0, [".5"] = 0.5, ["1e3"] = 1000.0, ["-1.5E-3"] = -0.0015,
    ["true"] = true, ["False"] = false, ["TRUE"] = true,
    ["null"] = json.null, ["~"] = json.null, [""] = json.null,
    -- strings
    yes = "yes", no = "no", on = "on", off = "off", y = "y",
    ["0899"] = "0899", ["007.5"] = "007.5", ["9223372036854775808"] = "9223372036854775808",
    ["1_000"] = "1_000", ["12:30"] = "12:30", ["2001-01-01"] = "2001-01-01",
    ["1234e5678"] = "1234e5678", ["0b11"] = "0b11", ["v1.2.3"] = "v1.2.3", ["1.2.3"] = "1.2.3",
    ["tRUE"] = "tRUE", ["-"] = nil, ["."] = ".", ["1e"] = "1e", ["0x"] = "0x", ["+"] = "+",
    ["1a"] = "1a", ["e5"] = "e5",
  }
  for text, want in pairs(cases) do
    local got = yaml.decode("k: " .. text).k
    t.eq(got, want, text)
    t.eq(math.type(got), math.type(want), text)
  end
  t.eq(yaml.decode("k: .inf").k, math.huge)
  t.eq(yaml.decode("k: -.Inf").k, -math.huge)
  local nan = yaml.decode("k: .nan").k
  t.ok(nan ~= nan, "NaN")
end)

-- As kubectl 1.31 and 1.34 read this text: kubectl create --dry-run=client -o json.
t.test("the dialect of kubectl and helm", function()
  local text = "{a: yes, b: on, c: y, d: n, e: Off, f: 1_000, g: 0b11, h: 12:30, i: 0644, j: 0o17, k: NO, l: 2026-11-24, "
    .. 'm: 1e3, n2: .5, o: 0x1F, p: "yes", q: 0899, r: oN, s: 1., t: +12, u: 0_7, v: 1__0}'
  t.eq(yaml.decode(text, { dialect = "kubernetes" }), {
    a = true, b = true, c = true, d = false, e = false, f = 1000, g = 3, h = "12:30", i = 420, j = 15, k = false, l = "2026-11-24",
    m = 1000, n2 = 0.5, o = 31, p = "yes", q = 899, r = "oN", s = 1, t = 12, u = 7, v = 10,
  })
  t.eq(yaml.decode("{a: yes, f: 1_000, q: 0899}"), { a = "yes", f = "1_000", q = "0899" })
  t.raises("usage", yaml.decode, "a", { dialect = "1.1" })
end)

t.test("quoted and tagged scalars are what they say", function()
  local v = yaml.decode [[
a: "1"
b: 'true'
c: !!str 12
d: !!float 3
e: |
  two
  lines
f: >-
  folded
  text
g: "esc\t\u00e9\0"
h: !!int "7"
]]
  t.eq(v, { a = "1", b = "true", c = "12", d = 3.0, e = "two\nlines\n", f = "folded text",
    g = "esc\té\0", h = 7 })
  t.eq(math.type(v.d), "float")
  t.raises("parse", function() yaml.decode "a: !!int x" end)
  t.raises("parse", function() yaml.decode "a: !Ref x" end)
  t.raises("parse", function() yaml.decode "a: !Ref {x: 1}" end)
end)

t.test("collections keep their kind", function()
  local v = yaml.decode "a: []\nb: {}\nc: [1, [2]]\nd: {x: [~]}\n80: web\ntrue: yes\n"
  t.eq(canonical(v), '{"80":"web","a":[],"b":{},"c":[1,[2]],"d":{"x":[null]},"true":"yes"}')
end)

t.test("anchors, aliases and merge keys", function()
  local v = yaml.decode [[
base: &base {image: node, tag: v1, env: &env [a, b]}
one: *base
two: {<<: *base, tag: v2}
three:
  tag: v3
  <<: [{image: x, extra: 1}, *base]
env: *env
"<<": plain
name: &n miner
copy: *n
]]
  t.eq(v.one, { image = "node", tag = "v1", env = { "a", "b" } })
  t.eq(v.two, { image = "node", tag = "v2", env = { "a", "b" } })
  t.eq(v.three, { image = "x", extra = 1, tag = "v3", env = { "a", "b" } })
  t.eq(v.copy, "miner")
  t.eq(v["<<"], "plain")
  v.one.env[1] = "changed"
  t.eq(v.base.env[1], "a", "an alias is a copy")
  t.ok(json.is_array(v.env), "a copied sequence is an array")
  t.raises("parse", function() yaml.decode "a: *nowhere" end)
  t.raises("parse", function() yaml.decode "a: &a [*a]" end)
  t.raises("parse", function() yaml.decode "a: {<<: 3}" end)
  t.raises("parse", function() yaml.decode_all "a: &x 1\n---\nb: *x" end)
end)

t.test("an alias bomb is refused in no time", function()
  local lines = { "a0: &a0 [x, x, x, x, x, x, x, x, x, x]" }
  for i = 1, 12 do
    local refs = ("*a%d, "):format(i - 1):rep(10):sub(1, -3)
    lines[#lines + 1] = ("a%d: &a%d [%s]"):format(i, i, refs)
  end
  local err = t.raises("limit", function() yaml.decode(table.concat(lines, "\n")) end)
  t.ok(err.message:find("aliases", 1, true), err.message)
  t.raises("limit", function() yaml.decode("[a, b, c]", { max_nodes = 3 }) end)
  t.eq(#yaml.decode("[a, b, c]", { max_nodes = 4 }), 3)
end)

t.test("depth is capped", function()
  t.raises("limit", function() yaml.decode(("["):rep(1e5)) end)
  yaml.decode(("["):rep(128) .. ("]"):rep(128))
  t.raises("limit", function() yaml.decode(("["):rep(129) .. ("]"):rep(129)) end)
end)

t.test("documents", function()
  local text = "# head\n---\na: 1\n---\n# only a comment\n---\nb: 2\n...\n"
  t.eq(yaml.decode_all(text), { { a = 1 }, { b = 2 } })
  t.eq(yaml.decode_all "", {})
  t.eq(yaml.decode "", nil)
  t.eq(yaml.decode "# nothing", nil)
  t.eq(yaml.decode "--- \na: 1\n---\n", { a = 1 })
  local err = t.raises("parse", function() yaml.decode(text) end)
  t.ok(err.message:find("decode_all", 1, true), err.message)
end)

t.test("nulls can be left out", function()
  local v = yaml.decode("a:\nb: ~\nc: 1\nd: [~, 2]\n", { null = "absent" })
  t.eq(v, { c = 1, d = { json.null, 2 } })
  t.eq(yaml.decode("a: &a {x: 1}\nb: {x: ~, <<: *a}", { null = "absent" }).b, {})
  t.raises("usage", function() yaml.decode("a: 1", { null = "drop" }) end)
end)

t.test("errors name the file, the line and what is there", function()
  local function fails(text, line, column, part)
    local err = t.raises("parse", function() yaml.decode(text, { name = "almanac.yaml" }) end)
    t.eq(err.line .. ":" .. err.column, line .. ":" .. column, text)
    t.ok(err.message:find("^almanac%.yaml, line " .. line), err.message)
    t.ok(err.message:find(part, 1, true), err.message)
  end
  fails("a: 1\nb: 2\na: 3\n", 3, 1, 'duplicate key "a", first at line 1: a: 3')
  fails("a: b: c", 1, 5, "mapping values are not allowed in this context: a: b: c")
  fails("a:\n\tb: 1", 2, 1, "cannot start any token")
  fails("a: [1,\nb: 2", 3, 1, "line 1")
  fails("a: 1\n? [x]\n: 2\n", 2, 3, "a key must be a string")
  fails("a: \"open\n", 2, 1, "line 1")
  fails("a: 1\nb: \xff\n", 2, 4, "UTF-8")
  fails("a: *x", 1, 4, "*x names no anchor")
  fails("{a: 1, a: 2}", 1, 8, "duplicate key")
end)

t.test("rubbish never does more than raise", function()
  local seed = 7
  local function random(n)
    seed = (seed * 1103515245 + 12345) % 2147483648
    return seed % n + 1
  end
  local text = "a: &x [1, 'two', {b: *y}]\n---\nc: |\n  text\n<<: *x\n? d\n: !!str 1\n# end\n"
  for _ = 1, 2000 do
    local at = random(#text)
    local bad = text:sub(1, at - 1) .. string.char(random(256) - 1) .. text:sub(at + random(3))
    local function placed(text_of) return yaml.decode(text_of, { places = true }) end
    for _, read in ipairs { yaml.decode_all, yaml.lines, placed } do
      local ok, err = pcall(read, bad)
      t.ok(ok or err.kind == "parse" or err.kind == "limit", bad)
    end
  end
end)

t.test("lines of keys", function()
  local lines = yaml.lines "a:\n  b: 1\n  c:\n    - x\n    - d: 2\n# comment\ne: {f: 3}\n"
  t.eq(lines, { a = 1, ["a.b"] = 2, ["a.c"] = 3, ["a.c[1]"] = 4, ["a.c[2]"] = 5,
    ["a.c[2].d"] = 5, e = 7, ["e.f"] = 7 })
end)

t.test("places of keys and items, by JSON Pointer, columns in characters", function()
  local value, places = yaml.decode("é: {b: 1}\n'a/b~c':\n  - x\n  - d: 2\n", { places = true })
  t.eq(value, { ["é"] = { b = 1 }, ["a/b~c"] = { "x", { d = 2 } } })
  local at = {}
  for pointer, place in pairs(places) do at[pointer] = place.line .. ":" .. place.column end
  t.eq(at, { ["/é"] = "1:1", ["/é/b"] = "1:5", ["/a~1b~0c"] = "2:1", ["/a~1b~0c/0"] = "3:5", ["/a~1b~0c/1"] = "4:5",
    ["/a~1b~0c/1/d"] = "4:5" })
  t.eq({ yaml.decode("", { places = true }) }, { nil, {} })
  t.eq(select("#", yaml.decode "a: 1"), 1)
  t.raises("usage", function() yaml.decode("a", { places = 1 }) end)
end)

t.test("what is written reads back the same", function()
  local values = {
    { a = 1, b = 1.0, c = -0.5, d = true, e = json.null, f = { 1, 2, { x = "y" } } },
    { list = json.array(), map = {}, nested = { { { } } } },
    { "yes", "no", "null", "~", "", " ", "1", "0644", "1e3", "true", "a: b", "# c", "x #y", "- z",
      "multi\nline\n", "multi\nline", "\ttab", "é €", "2001-01-01", "a\0b", "*x", "&y", "!z",
      "%d", "@e", "trailing ", " leading", "\nfirst", "a\n\n\nb\n\n", "x:", "'", '"', "\\" },
    { ["a b"] = 1, ["1"] = 2, ["yes"] = 3, ["x: y"] = 4, [""] = 5 },
    { big = math.maxinteger, small = math.mininteger, tiny = 5e-300 },
  }
  for i, v in ipairs(values) do
    local text = yaml.encode(v)
    t.eq(canonical(yaml.decode(text)), canonical(v), "value " .. i .. ":\n" .. text)
  end
  t.eq(yaml.encode { b = { 1, "two" }, a = "yes", c = {}, d = json.array(), e = "x\ny\n" },
    'a: "yes"\nb:\n- 1\n- two\nc: {}\nd: []\ne: |\n  x\n  y\n')
end)

t.test("what YAML cannot hold is refused", function()
  local cycle = {}
  cycle.x = cycle
  for _, v in ipairs { cycle, { f = print }, { 1, 2, x = 3 }, { [1] = 1, [3] = 3 }, { [true] = 1 },
    { s = "\xff" } } do
    t.raises("usage", function() yaml.encode(v) end)
  end
end)

t.test("what no standard allows is taken as kubectl and helm take it, with a warning", function()
  local text = "a: 1\nb: {c: 1, c: 2}\na: 3\nf: !foo 12\ng: !bar [1]\nh: !!binary aGVs\n"
  local documents, warnings = yaml.decode_all(text, { name = "it", dialect = "kubernetes" })
  t.eq(documents, { { a = 3, b = { c = 2 }, f = "12", g = { 1 }, h = "hel" } })
  t.eq(warnings, {
    'it, line 2: duplicate key "c", first at line 2', 'it, line 3: duplicate key "a", first at line 1',
    "it, line 4: unknown tag !foo", "it, line 5: unknown tag !bar",
  })
  t.eq(yaml.decode("a: 1\na: null", { dialect = "kubernetes", null = "absent" }), {})
  t.raises("parse", function() yaml.decode("a: !!binary '%'", { dialect = "kubernetes" }) end)
  t.eq(select("#", yaml.decode_all "a: 1"), 1)
end)

t.test("keys, merges and marks of the dialect of Kubernetes", function()
  local options = { name = "m", dialect = "kubernetes" }
  local function one(text) return (yaml.decode_all(text, options))[1] end
  t.eq(one "{ on: 1, 0x10: 2, 1e3: 3, 'no': 4 }", { ["true"] = 1, ["16"] = 2, ["1000"] = 3, no = 4 })
  t.eq(one("b: &b { x: 1, z: 2 }\nv: { x: 5, <<: *b, z: 3 }\n").v, { x = 1, z = 3 })
  t.eq(one "# a\n---\n\u{FEFF}a: 1\n", { a = 1 })
  t.eq(json.encode(one "a: !!float 5\n"), '{"a":5}')
  for _, text in ipairs { "a: .nan", "a: -.inf", "~: 1", "18446744073709551615: 1" } do
    t.raises("parse", yaml.decode, text, options)
  end
end)
