-- Values given to helm.upgrade reach the chart as they are, at once and in the revision after that keeps them.
local calls = require "tests.helm_calls"
local helm = require "almanac.helm.release"
local json = require "native.json"
local t = require "tests.harness"
local http = require "native.http"

local CHART = "tests/fixtures/charts/values"

local function upgrade(more)
  local options = { release = "seen", namespace = calls.release, chart = CHART, install = true }
  for key, value in pairs(more) do options[key] = value end
  return function() return helm.upgrade(options) end
end

local function seen_at(api)
  local answer = http.request { url = api .. "/api/v1/namespaces/" .. calls.release .. "/configmaps/seen", who = "test" }
  t.eq(answer.status, 200)
  return json.decode(answer.body).data
end

-- What is given, and what the chart then sees: its kind and its JSON.
local cases = {
  { "12345678", "string", '"12345678"' }, { "0123", "string", '"0123"' }, { "1e3", "string", '"1e3"' },
  { "null", "string", '"null"' }, { "true", "string", '"true"' }, { "", "string", '""' },
  { "a,b={c}\\d\"e", "string", '"a,b={c}\\\\d\\"e"' }, { "{x,y}", "string", '"{x,y}"' }, { "two\nlines", "string", '"two\\nlines"' },
  { 0.5, "float64", "0.5" }, { 10 / 2, "float64", "5" }, { 1e15, "float64", "1000000000000000" }, { -3, "float64", "-3" },
  { 12345678, "float64", "12345678" }, { true, "bool", "true" }, { false, "bool", "false" },
  { { a = json.array { 1, "x,y" } }, "map", '{"a":[1,"x,y"]}' },
}

calls.both("a value is of the type it was given as, and stays so when it is kept", function(_, _, api)
  for _, case in ipairs(cases) do
    calls.must(upgrade { set = { value = case[1] } })
    local first = seen_at(api)
    t.eq({ first.kind, first.json }, { case[2], case[3] })
    calls.must(upgrade {})
    t.eq(seen_at(api), first, "in the revision after, which keeps the values")
  end
end)

calls.both("set_string is text whatever it looks like, and wins over set", function(_, _, api)
  calls.must(upgrade { set = { value = 5 }, set_string = { value = "0005" } })
  t.eq(seen_at(api).json, '"0005"')
  calls.must(upgrade { set_string = { value = 17 } })
  t.eq(seen_at(api).json, '"17"')
end)

t.test("what no chart can hold is refused, and words are no options", function()
  local function refused(more, words)
    local seen = calls.in_step(upgrade(more))
    t.eq(seen.err.kind, "usage")
    t.has(seen.err.message, words)
    t.eq(seen.intents, {})
  end
  refused({ set = { value = 0 / 0 } }, "is not a number")
  refused({ set = { value = math.huge } }, "is infinite")
  refused({ set = { value = { a = -math.huge } } }, "is infinite")
  refused({ set = { value = (1 << 53) + 1 } }, "which helm would round")
  refused({ set = { value = print } }, "not a function")
  refused({ set = { ["a,b"] = 1 } }, "is no path of a value")
  refused({ set = { ["a=b"] = 1 } }, "is no path of a value")
  refused({ set = { "x" } }, "a table of names and values")
  refused({ set_string = { value = 0.5 } }, "must be a text")
  refused({ values = "-" }, "cannot come from standard input")
  refused({ values = "/dev/null" }, "which cannot be read twice")
  refused({ chart = "--post-renderer=./post.sh" }, "must not begin with a dash")
  refused({ version = {} }, "version must be a text")
end)
