--- Options of commands: parsed by their declarations.
local options = require "almanac.cli.options"
local t = require "tests.harness"

local declared = {
  { "--json", nil, "as JSON" }, { "--environment", "NAME", "an environment", short = "-e" },
  { "--fault", "KIND", "something goes wrong", many = true }, { "--wait", "DURATION", "queue", optional = true },
  { "--limit", "N", "at most", number = { 1, 100, whole = true } }, { "--clock", "SECONDS", "ahead", number = { -math.huge } },
}

local function operator()
  local out = {}
  return { out = out, result = function(_, text) out[#out + 1] = text end }
end

local function parse(...)
  return options.parse("try [words]\n\nTries.", declared, { ... }, operator())
end

t.test("flags, values before and behind =, short forms, repeated ones and the other words", function()
  local given, rest = parse("a", "--json", "-e", "devnet", "--fault", "x", "--fault=y", "b")
  t.eq(given, { json = true, environment = "devnet", fault = { "x", "y" } })
  t.eq(rest, { "a", "b" })
end)

t.test("a value that may be left away stands behind = only", function()
  local given, rest = parse("--wait", "10m")
  t.eq({ given, rest }, { { wait = true }, { "10m" } })
  t.eq((parse "--wait=10m"), { wait = "10m" })
end)

t.test("numbers are numbers, within their bounds", function()
  t.eq((parse("--limit", "7")), { limit = 7 })
  t.eq((parse("--clock", "-2.5")), { clock = -2.5 })
  t.has(t.raises("usage", parse, "--limit", "0").message, '--limit takes a whole number from 1 to 100, not "0"')
  t.has(t.raises("usage", parse, "--limit", "1.5").message, "a whole number")
  t.has(t.raises("usage", parse, "--clock", "soon").message, '--clock takes a number, not "soon"')
end)

t.test("what is wrong is said with the option's name", function()
  t.has(t.raises("usage", parse, "--jsno").message, "no option --jsno; did you mean --json?")
  t.eq(t.raises("usage", parse, "--jsno").hint, "almanac try --help lists them")
  t.has(t.raises("usage", parse, "--json=yes").message, "takes no value")
  t.has(t.raises("usage", parse, "--environment").message, "needs NAME behind it")
end)

t.test("a value that was forgotten is not the option behind it; one with a dash stands behind =", function()
  for _, words in ipairs { { "--environment", "--json" }, { "-e", "-x" }, { "--fault", "--" }, { "--limit", "--json" } } do
    local err = t.raises("usage", parse, table.unpack(words))
    t.has(err.message, " behind it, not " .. words[2])
    t.has(err.hint, "=" .. words[2])
  end
  t.eq((parse("--environment=--json")), { environment = "--json" })
  t.eq((parse("--environment", "-")), { environment = "-" })
end)

t.test("--help prints what there is, and gives no options", function()
  local who = operator()
  local given = options.parse("try [words]\n\nTries.", declared, { "--help" }, who)
  t.eq(given, nil)
  t.has(who.out[1], "usage: almanac try [words]")
  t.has(who.out[1], "\n  -e, --environment NAME  an environment\n")
  t.has(who.out[1], "  --wait[=DURATION]")
end)
