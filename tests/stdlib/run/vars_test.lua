-- What runbooks share in almanac.yaml: a section is checked as parameters are, and a fault has its place.
local param = require "almanac.base.param"
local settings = require "almanac.config.settings"
local t = require "tests.harness"
local vars = require "almanac.run.vars"

--- With a section "devnet" of these values, all written in line 7.
local function with(values, fn, ...)
  local was, places = settings.vars, settings.var_places
  local written = {}
  for name in pairs(values) do written[name] = { file = "almanac.yaml", line = 7, column = 3 } end
  settings.vars, settings.var_places = { devnet = values }, { devnet = written }
  local out = table.pack(pcall(fn, ...))
  settings.vars, settings.var_places = was, places
  if not out[1] then error(out[2], 0) end
  return table.unpack(out, 2, out.n)
end

local DECLARED = { chart = param.string { required = true, help = "where it is" }, wait = param.duration { default = "5m" },
  n = param.integer { min = 1 } }

t.test("values are typed, and what is not written is the default", function()
  t.eq((with({ chart = "ops/x", wait = "90s" }, vars.checked, "devnet", DECLARED)), { chart = "ops/x", wait = 90 })
  t.eq((with({ chart = "ops/x", n = 2 }, vars.checked, "devnet", DECLARED)), { chart = "ops/x", wait = 300, n = 2 })
end)

t.test("what is wrong is told with its line, and with what it is for", function()
  local function why(values) return t.raises("refused", with, values, vars.checked, "devnet", DECLARED) end
  local err = why { chart = "x", wiat = "1m" }
  t.has(err.message, "almanac.yaml, line 7, column 3: ")
  t.has(err.message, 'no key "wiat" in vars.devnet; did you mean wait?')
  t.eq({ err.line, err.column, err.hint }, { 7, 3, "there are chart, n, wait" })
  err = why {}
  t.has(err.message, "vars.devnet has no chart")
  t.eq(err.hint, "chart: where it is")
  t.has(why({ chart = "x", n = 0 }).message, "vars.devnet.n")
end)

t.test("what declares a section declares parameters, and no secret", function()
  t.has(t.raises("usage", vars.checked, "devnet", { pin = param.secret {} }).message, "would be a secret in the journal")
  t.has(t.raises("usage", vars.checked, "devnet", { pin = "text" }).message, "pin must be a parameter")
  t.has(t.raises("usage", vars.checked, "", {}).message, "takes the name of a section")
end)
