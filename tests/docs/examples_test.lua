-- The examples of the manual: each is a script that almanac check has nothing against, and that a plan takes in
-- a simulated devnet. Where the world is not such that it can succeed, it fails as its page says that it may.
local devnet = require "tests.devnet"
local examples = require "tests.docs.examples"
local fields = require "almanac.base.fields"
local gaps = require "almanac.script.manual.gaps"
local json = require "native.json"
local t = require "tests.harness"

if t.left_to_plain_run "each example is planned and run" then return end

local all = examples.all()

t.test("the manual lacks nothing", function()
  local lacks = {}
  gaps.check(function(file, line, message) lacks[#lacks + 1] = string.format("%s:%d: %s", file, line, message) end)
  t.eq(table.concat(lacks, "\n"), "")
  t.ok(#all > 100, "there are " .. #all .. " examples")
  t.eq(fields.of("helm.upgrade").fields.chart.required, true)
end)

t.test("almanac check has nothing against an example", function()
  local dir = t.tmpdir()
  t.must { "mkdir", dir .. "/runbooks" }
  for _, one in ipairs(all) do t.write_file(string.format("%s/runbooks/%s.lua", dir, one.file), one.text) end
  local _, out = t.run({ devnet.almanac, "check", "--json" }, { cwd = dir })
  for line in out:gmatch "[^\n]+" do
    local finding = json.decode(line)
    -- An example shows a call, and not what becomes of its result.
    t.ok(finding.rule == "unused", line)
  end
end)

t.test("a plan takes each example, or it fails as its page says", function()
  local world = examples.world()
  local wrong, clean = {}, 0
  for _, one in ipairs(all) do
    t.write_file(string.format("%s/runbooks/%s.lua", world.dir, one.file), one.text)
    local code, out, err = t.run({ devnet.almanac, "plan", one.file }, { cwd = world.dir, env = world.env })
    local kind = (out .. err):match "EXAMPLE ([%w_]+):"
    if kind and not one.raises:find("`" .. kind .. "`", 1, true) then
      wrong[#wrong + 1] = string.format("%s raised %s: %s", one.name, kind, (out .. err):match "EXAMPLE ([^\n]*)")
    elseif not kind and code ~= 0 and code ~= 2 and not out:find "WOULD STOP THE RUN" and not out:find "The plan stops here" then
      wrong[#wrong + 1] = string.format("%s: exit %d: %s%s", one.name, code, out, err)
    elseif not kind then
      clean = clean + 1
    end
  end
  t.eq(table.concat(wrong, "\n"), "")
  t.ok(clean > #all * 2 // 3, string.format("%d of %d succeed", clean, #all))
  print(string.format("# %d of %d examples succeed in a plan, the others fail as described", clean, #all))
end)

--- What waits longer than a test may: a plan has taken a sample of it.
local WAITS = { gate = true, guard = true, sleep = true, ["canary.compare"] = true }

--- Those of git last: they check another commit out.
local function in_order()
  local first, last = {}, {}
  for _, one in ipairs(all) do
    local list = one.name:find "^git%." and last or first
    list[#list + 1] = one
  end
  return table.move(last, 1, #last, #first + 1, first)
end

t.test("a run does what each example says, in a simulated devnet, or it fails as its page says", function()
  local world = examples.world()
  local wrong, done = {}, 0
  for _, one in ipairs(in_order()) do
    if not WAITS[one.name] then
      t.write_file(string.format("%s/runbooks/%s.lua", world.dir, one.file), one.text)
      local code, out, err = t.run({ devnet.almanac, "run", one.file, "--plain" }, { cwd = world.dir, env = world.env, timeout = 60 })
      local kind = (out .. err):match "EXAMPLE ([%w_]+):" or code == 3 and "waiting" -- which no script catches
      if code == 0 then
        done = done + 1
      elseif not kind or not one.raises:find("`" .. kind .. "`", 1, true) then
        wrong[#wrong + 1] = string.format("%s: exit %d: %s", one.name, code, (out .. err):match "EXAMPLE ([^\n]*)" or out .. err)
      else
        print(string.format("# %s: %s", one.name, (out .. err):match "EXAMPLE ([^\n]*)" or "it waits"))
      end
    end
  end
  t.eq(table.concat(wrong, "\n"), "")
  t.ok(done > #all * 2 // 3, string.format("%d of %d are done", done, #all))
  print(string.format("# %d of %d examples are done by a run, the others fail as described", done, #all))
end)
