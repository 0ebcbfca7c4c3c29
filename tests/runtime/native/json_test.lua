local t = require "tests.harness"
local json = require "native.json"

t.test("every byte is written as it must be, wherever in a text it stands", function()
  local shorts = { ["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t", ['"'] = '\\"', ["\\"] = "\\\\" }
  for byte = 0, 255 do
    local c = string.char(byte)
    local written = shorts[c] or byte >= 0x20 and byte < 0x7f and c or string.format("\\u%04x", byte < 0x80 and byte or 0xdc00 + byte)
    for place = 0, 16 do
      local before, behind = ("a"):rep(place), ("~"):rep(16 - place)
      t.eq(json.encode(before .. c .. behind), '"' .. before .. written .. behind .. '"')
    end
  end
end)

t.test("integers are integers, and exact", function()
  t.eq(json.decode "9007199254740993", 9007199254740993)
  t.eq(math.type(json.decode "1"), "integer")
  t.eq(math.type(json.decode("[1.0]")[1]), "float")
  t.eq(math.type(json.decode "1e3"), "float")
  t.eq(json.decode "-9223372036854775808", math.mininteger)
  t.eq(json.decode('{"a":{"b":[0,-1,123456789012345678]}}').a.b[3], 123456789012345678)
  t.eq(math.type(json.decode "-0"), "integer")
end)

t.test("a number that would change is refused, or kept as text", function()
  for _, text in ipairs { "9223372036854775808", "-9223372036854775809", "1e999", "1e-999",
    "0.12345678901234567890123", "123456789012345678.5", ("1"):rep(600) } do
    local err = t.raises("limit", function() json.decode(text) end)
    t.ok(err.hint:find('big = "text"', 1, true), "the hint names the option")
    t.eq(json.decode("[" .. text .. "]", { big = "text" })[1], text)
  end
  t.eq(json.decode "0.1", 0.1)
  t.eq(json.decode "0.30000000000000004", 0.1 + 0.2)
  t.eq(json.decode "1795457677.03", 1795457677.03)
  t.eq(json.decode "0.000", 0.0)
end)

t.test("arrays, objects and null are told apart", function()
  local v = json.decode '{"a":[],"b":{},"c":[ ],"d":[[],{}],"e":null,"f":[null]}'
  t.ok(json.is_array(v.a) and json.is_array(v.c) and json.is_array(v.d[1]), "[] is an array")
  t.ok(not json.is_array(v.b) and not json.is_array(v.d[2]), "{} is none")
  t.eq(v.e, json.null)
  t.eq(v.f[1], json.null)
  t.eq(json.encode(v, { canonical = true }),
    '{"a":[],"b":{},"c":[],"d":[[],{}],"e":null,"f":[null]}')
  t.eq(json.encode(json.array()), "[]")
  t.eq(json.encode {}, "{}")
  t.eq(json.encode(json.array { 1, 2 }), "[1,2]")
end)

t.test("null of another program is absent, but for its place in an array", function()
  local absent = { null = "absent" }
  local v = json.decode('{"items":null,"metadata":{"continue":null,"n":2.5},"list":[null,{"a":null}],"x":false}', absent)
  t.eq(v.items, nil)
  t.eq(json.encode(v, { canonical = true }), '{"list":[null,{}],"metadata":{"n":2.5},"x":false}')
  t.eq(json.decode("null", absent), nil)
  t.eq(json.decode('{"a":null}', { null = "keep" }).a, json.null)
  t.ok(t.raises("usage", function() json.decode("1", { null = "gone" }) end).message:find '"keep" or "absent"')
end)

t.test("an array of floats and empty arrays keeps its places", function()
  local text = '[0.5,[],1,1.5,"2.5",[2.5,[]],{"k":3.5}]'
  t.eq(json.encode(json.decode(text)), text)
end)

t.test("malformed text names line, column and place", function()
  local cases = {
    { '{"a":1,}', 1, 8 }, { "[1,2", 1, 5 }, { "[1 2]", 1, 4 }, { '{"a" 1}', 1, 6 },
    { "", 1, 1 }, { "tru", 1, 1 }, { "01", 1, 1 }, { "1.", 1, 1 }, { "-", 1, 1 },
    { "nan", 1, 1 }, { "0x10", 1, 1 }, { '"abc', 1, 1 }, { '"a\1b"', 1, 3 },
    { '"\xff"', 1, 2 }, { '"\xed\xa0\x80"', 1, 2 }, { "[1]\0", 1, 4 }, { "[1] x", 1, 5 },
    { "12x", 1, 1 }, { '"\\x"', 1, 2 }, { '"\\ud800"', 1, 2 }, { "{1:2}", 1, 2 },
    { '{"é":[],\n "b": 2.5 "c"}', 2, 11 }, { '["é" 1.5]', 1, 6 },
  }
  for _, case in ipairs(cases) do
    local err = t.raises("parse", function() json.decode(case[1]) end)
    t.eq(err.line .. ":" .. err.column, case[2] .. ":" .. case[3], case[1])
    t.ok(not err.message:find "T_", err.message)
  end
end)

t.test("every truncation of a document is refused", function()
  local text = '{"kind":"Pod","spec":{"a":[1,2.5,[],{}],"n":9007199254740993,"é":"\\u00e9"}}'
  json.decode(text)
  for i = 0, #text - 1 do
    t.raises("parse", function() json.decode(text:sub(1, i)) end)
  end
end)

t.test("rubbish never does more than raise", function()
  local seed = 1
  local function random(n)
    seed = (seed * 1103515245 + 12345) % 2147483648
    return seed % n + 1
  end
  local text = '{"a":[1,2.5,[],{"b":null}],"c":"x\\udc80\\n","d":-1e5,"e":true}'
  for _ = 1, 3000 do
    local at = random(#text)
    local bad = text:sub(1, at - 1) .. string.char(random(256) - 1) .. text:sub(at + 1)
    local ok, v = pcall(json.decode, bad)
    if ok then
      t.eq(json.encode(json.decode(json.encode(v, { canonical = true })), { canonical = true }),
        json.encode(v, { canonical = true }), bad)
    else
      t.ok(v.kind == "parse" or v.kind == "limit", bad)
    end
  end
end)

t.test("depth and size are capped", function()
  local function nested(n) return ("["):rep(n) .. ("]"):rep(n) end
  json.decode(nested(128))
  t.raises("limit", function() json.decode(nested(129)) end)
  t.raises("limit", function() json.decode(("["):rep(1e6)) end)
  json.decode(nested(1000), { max_depth = 1000 })
  t.raises("usage", function() json.decode("1", { max_depth = 1001 }) end)
  t.raises("limit", function() json.decode("[1,2,3]", { max_bytes = 6 }) end)
  t.raises("usage", function() json.decode(12) end)
  t.raises("usage", function() json.decode("1", { big = "round" }) end)
end)

t.test("what a program printed survives, whatever its bytes", function()
  local all = {}
  for i = 0, 255 do
    all[i + 1] = string.char(i)
  end
  local text = table.concat(all) .. "é€😀\xed\xa0\x80\xf5"
  local written = json.encode(text)
  t.eq(json.decode(written), text)
  t.ok(written:find("\\udcff", 1, true), "a byte that is no UTF-8 is escaped")
  t.eq(json.decode '"\\ud83d\\ude00\\u0000"', "😀\0")
end)

t.test("numbers read back as what they were", function()
  for _, v in ipairs { 1, -1, 1.0, 0.1, 1 / 3, 1e300, 5e-300, 2 ^ 53, math.maxinteger,
    math.mininteger, 1e15, 123456.789 } do
    local back = json.decode(json.encode(v))
    t.eq(back, v)
    t.eq(math.type(back), math.type(v), json.encode(v))
  end
end)

t.test("canonical text depends on the content alone", function()
  local a, b = {}, {}
  for i = 1, 50 do
    a["k" .. i] = i
    b["k" .. 51 - i] = 51 - i
  end
  t.eq(json.encode(a, { canonical = true }), json.encode(b, { canonical = true }))
  t.eq(json.encode({ b = 1, a = { 1, { d = 2, c = 3 } } }, { indent = 2 }),
    '{\n  "a": [\n    1,\n    {\n      "c": 3,\n      "d": 2\n    }\n  ],\n  "b": 1\n}')
  t.eq(json.encode({ a = {}, b = json.array() }, { indent = 2 }),
    '{\n  "a": {},\n  "b": []\n}')
end)

t.test("what JSON cannot hold is refused with its path", function()
  local cycle = {}
  cycle.x = { y = cycle }
  local cases = {
    { { spec = { replicas = 0 / 0 } }, ".spec.replicas" },
    { { a = { 1, 2, { b = 1 / 0 } } }, ".a[3].b" },
    { { spec = { f = print } }, ".spec.f" },
    { { a = { b = { [1] = 1, [20] = 2 } } }, ".a.b" },
    { { 1, 2, x = 3 }, " ." },
    { { [1.5] = 1 }, " ." },
    { { ["a b"] = { [true] = 1 } }, '["a b"]' },
    { cycle, ".x.y" },
    { { c = coroutine.create(print) }, ".c" },
  }
  for _, case in ipairs(cases) do
    for _, options in ipairs { {}, { canonical = true } } do
      local err = t.raises("usage", function() json.encode(case[1], options) end)
      t.ok(err.message:sub(- #case[2]) == case[2], err.message)
    end
  end
  t.raises("usage", function() json.array(setmetatable({}, { __name = "x" })) end)
end)

t.test("a copy that takes the metatable along is an array too", function()
  local copy = setmetatable({}, getmetatable(json.decode "[]"))
  t.ok(json.is_array(copy))
  t.eq(json.encode(copy), "[]")
end)

t.test("a number and a list without a comma between them are refused, whatever stands for them inside", function()
  for _, text in ipairs { "[2[]]", "1[]", "[]1", "[][]", "[[]5]", "[1.5[]]", "[[]1.5]", "[1.0 2.0]", "[1.01.0]", '["a"1.0]', '[1.0"a"]' } do
    t.raises("parse", json.decode, text)
  end
  t.eq(json.encode(json.decode '[1.0,[],[[],2.0],{"a":[]}]'), '[1.0,[],[[],2.0],{"a":[]}]')
end)
