--- Values of a chart: what helm makes of `set`, `set_string` and values files as Almanac hands them over, against
--- what it makes of the same in a plain values file; and the values of a release as Almanac computes them from
--- its record, against those that helm computes.
local arguments = require "almanac.host.arguments"
local charts = require "almanac.helm.chart"
local computed = require("almanac.helm.values").computed
local errors = require "almanac.base.errors"
local json = require "native.json"
local t = require "tests.harness"

local M = { area = "helm values", against = "helm 3.16 and 4.1" }

local helms = { { "helm 3", ".deps/bin/helm3" }, { "helm 4", ".deps/bin/helm4" } }
local EXACT = 1 << 53

local function list(...) return json.array { ... } end
local function decoded(text) return json.decode(text, { big = "text" }) end
local function canonical(text) return json.encode(decoded(text), { canonical = true }) end

--- A value of `set`, and how a values file says the same.
local values = {
  { "text", "v2", '"v2"' }, { "an empty text", "", '""' }, { "text of digits", "12345678", '"12345678"' },
  { "text with a zero first", "0123", '"0123"' }, { "text of an exponent", "1e3", '"1e3"' }, { "text null", "null", '"null"' },
  { "text true", "true", '"true"' }, { "text of a list", "{a,b}", '"{a,b}"' },
  { "commas, equals, braces, backslashes", "a,b={c}\\d\"e[0].x", '"a,b={c}\\\\d\\"e[0].x"' },
  { "two lines", "a\n b\n", '"a\\n b\\n"' }, { "blanks around", "  x  ", '"  x  "' }, { "a backslash at the end", "a\\", '"a\\\\"' },
  { "Japanese", "長い名前", '"長い名前"' }, { "a template", "{{ .Values.x }}", '"{{ .Values.x }}"' },
  { "0", 0, "0" }, { "-3", -3, "-3" }, { "0.5", 0.5, "0.5" }, { "a whole float", 10 / 2, "5" }, { "1e15", 1e15, "1e15" },
  { "1e21", 1e21, "1e21" }, { "1e-7", 1e-7, "1e-7" }, { "0.1 + 0.2", 0.1 + 0.2, "0.30000000000000004" },
  { "12345678", 12345678, "12345678" }, { "2^53", EXACT, "9007199254740992" }, { "2^53 + 1", EXACT + 1, "9007199254740993" },
  { "NaN", 0 / 0, ".nan" }, { "infinite", math.huge, ".inf" },
  { "true", true, "true" }, { "false", false, "false" }, { "null", json.null, "null" },
  { "an empty list", list(), "[]" }, { "an empty map", {}, "{}" },
  { "a list", list(1, "x,y", true), '[1,"x,y",true]' }, { "null in a list", list(json.null, 1), "[null,1]" },
  { "a map", { a = 1, b = { c = "d" } }, '{"a":1,"b":{"c":"d"}}' }, { "null in a map", { a = json.null }, '{"a":null}' },
  { "a list of maps", list({ name = "A", value = "1" }), '[{"name":"A","value":"1"}]' },
}

--- Paths of `set`, and the whole values file that says the same.
local paths = {
  { "a path", { ["image.tag"] = "v2" }, "image: { tag: v2 }" },
  { "a dot within a key", { ["node.kubernetes\\.io/os"] = "linux" }, "node: { kubernetes.io/os: linux }" },
  { "a place in a list", { ["hosts[0].name"] = "a" }, "hosts: [{ name: a }]" },
  { "the second of the chart's list", { ["list[1]"] = "z" }, "list: [a, z]" },
  { "null takes away what the chart has", { ["map.a"] = json.null }, "map: { a: null }" },
  { "a map beside the chart's", { map = { c = 3 } }, "map: { c: 3 }" },
  { "a path and the map above it", { map = { c = 3 }, ["map.d"] = 4 }, "map: { c: 3, d: 4 }" },
  { "a path of text beside one of a number", { ["image.tag"] = "1", ["image.port"] = 2 }, 'image: { tag: "1", port: 2 }' },
  { "text in the place of the chart's map", { map = "x" }, "map: x" },
}

local texts = {
  { "a number as text", 17, '"17"' }, { "true as text", true, '"true"' },
  { "zeros", "0005", '"0005"' }, { "null as text", "null", '"null"' },
}

--- Values files by their names and contents; the last is what all come to.
local files = {
  { "a comma in a file's name", { ["a,b.yaml"] = "value: 1" }, "value: 1" },
  { "a quote in a file's name", { ['a"b.yaml'] = "value: 1" }, "value: 1" },
  { "a blank and Japanese in a file's name", { ["a 値.yaml"] = "value: 1" }, "value: 1" },
  { "the later file wins", { ["1.yaml"] = "value: 1\nmap: { a: 5 }", ["2.yaml"] = "value: 2" }, "value: 2\nmap: { a: 5 }" },
  { "null in the later file", { ["1.yaml"] = "value: 1", ["2.yaml"] = "value: null" }, "value: null" },
  { "a file and set", { ["1.yaml"] = "value: 1\nmap: { a: 5 }" }, "value: 9\nmap: { a: 5 }", { value = 9 } },
}

--- What an operator gave, over the chart's own values (both JSON): computed from a release's record.
local records = {
  { "nothing given", "null", '{"a":1}' }, { "nothing in the chart", '{"a":1}', "{}" }, { "a value over the chart's", '{"a":2}', '{"a":1}' },
  { "maps are merged", '{"m":{"x":1}}', '{"m":{"y":2,"z":{"q":1}}}' }, { "lists are not", '{"l":[1]}', '{"l":[2,3]}' },
  { "null takes out", '{"a":null}', '{"a":1,"b":2}' }, { "null takes out below", '{"m":{"x":null}}', '{"m":{"x":1,"y":2}}' },
  { "null takes a map out", '{"m":null}', '{"m":{"x":1}}' }, { "null of what the chart has not", '{"m":{"q":null}}', '{"m":{"x":1}}' },
  { "null in the chart", '{"a":1}', '{"b":null,"m":{"x":null}}' }, { "a map over text", '{"a":{"x":1}}', '{"a":"t"}' },
  { "text over a map", '{"a":"t"}', '{"a":{"x":1}}' }, { "an empty map over a map", '{"m":{}}', '{"m":{"x":1}}' },
  { "null in a list", '{"l":[null]}', '{"l":[1]}' }, { "large numbers", '{"a":12345678}', '{"b":100000000}' },
}

local dir

--- What a chart sees of its values under arguments of helm; "refused" when helm does.
local function seen_by(helm, chart, words)
  local argv = table.move(words, 1, #words, 4, { helm, "template", "x" })
  argv[#argv + 1] = chart
  local code, out, said = t.run(argv, { env = { HOME = dir } })
  return code == 0 and canonical(out:match "(%b{})") or "refused", said
end

--- What Almanac hands over, or why it does not.
local function words_of(raw)
  return errors.try(function()
    raw.chart, raw.values = dir .. "/chart", raw.values or {}
    return charts.add(arguments.new("helm.template"), charts.input("helm.template", raw, {})):list()
  end)
end

local function given(out, name, raw, file)
  t.write_file(dir .. "/plain.yaml", file)
  local ok, words = words_of(raw)
  for _, helm in ipairs(helms) do
    local ours = ok and seen_by(helm[2], dir .. "/chart", words) or "refused"
    local theirs, said = seen_by(helm[2], dir .. "/chart", { "--values", dir .. "/plain.yaml" })
    out[#out + 1] = { name = helm[1] .. ", " .. name, ours = ours, theirs = theirs, said = said, why = not ok and words.message or nil }
  end
end

--- Values that Almanac takes are given all at once, each under a name of its own: helm is started often enough.
local function all_given(out, option, cases)
  local raw, file, taken = {}, {}, {}
  for i, case in ipairs(cases) do
    local what, name = option .. ": " .. case[1], "v" .. i
    if words_of { [option] = { [name] = case[2] } } then
      raw[name], file[#file + 1], taken[#taken + 1] = case[2], name .. ": " .. case[3] .. "\n", { what, name }
    else
      given(out, what, { [option] = { [name] = case[2] } }, name .. ": " .. case[3])
    end
  end
  local both = {}
  given(both, "", { [option] = raw }, table.concat(file))
  for i, result in ipairs(both) do
    t.ok(result.theirs ~= "refused", result.said)
    local ours, theirs = decoded(result.ours), decoded(result.theirs)
    for _, one in ipairs(taken) do
      out[#out + 1] = { name = helms[i][1] .. ", " .. one[1], ours = json.encode(ours[one[2]]), theirs = json.encode(theirs[one[2]]) }
    end
  end
end

local function from_files(out, case)
  local names = {}
  for name, text in pairs(case[2]) do
    t.write_file(dir .. "/" .. name, text)
    names[#names + 1] = dir .. "/" .. name
  end
  table.sort(names)
  given(out, case[1], { values = names, set = case[4] }, case[3])
end

local function from_record(out, case)
  t.write_file(dir .. "/record/values.yaml", case[3])
  t.write_file(dir .. "/plain.yaml", case[2])
  local ours = json.encode(computed(decoded(case[2]), decoded(case[3])), { canonical = true })
  for _, helm in ipairs(helms) do
    local theirs, said = seen_by(helm[2], dir .. "/record", { "--values", dir .. "/plain.yaml" })
    out[#out + 1] = { name = helm[1] .. ", " .. case[1] .. " (computed)", ours = ours, theirs = theirs, said = said }
  end
end

--- A chart whose one template shows all values.
local function make_chart(name, own)
  t.must { "mkdir", "-p", dir .. "/" .. name .. "/templates" }
  t.write_file(dir .. "/" .. name .. "/Chart.yaml", "apiVersion: v2\nname: seen\nversion: 0.1.0\n")
  t.write_file(dir .. "/" .. name .. "/values.yaml", own)
  t.write_file(dir .. "/" .. name .. "/templates/seen.yaml", "{{ toJson .Values }}\n")
end

--- Each value, given both ways to both helms.
function M.run()
  dir = t.tmpdir()
  make_chart("chart", "value: of the chart\nlist: [a, b]\nmap: { a: 1, b: 2 }\n")
  make_chart("record", "{}")
  local out = {}
  all_given(out, "set", values)
  all_given(out, "set_string", texts)
  for _, case in ipairs(paths) do given(out, "set: " .. case[1], { set = case[2] }, case[3]) end
  for _, case in ipairs(files) do from_files(out, case) end
  for _, case in ipairs(records) do from_record(out, case) end
  return out
end

local PLACE = "a path into a list sets the one place and nothing else, as with helm's own --set; give the list whole"
local ROUNDED = "helm rounds it, for its numbers are doubles; Almanac refuses, and takes it as text"

M.differ = {
  ["helm 3, set: 2^53 + 1"] = ROUNDED, ["helm 4, set: 2^53 + 1"] = ROUNDED,
  ["helm 3, set: the second of the chart's list"] = PLACE, ["helm 4, set: the second of the chart's list"] = PLACE,
}

return M
