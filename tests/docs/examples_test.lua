-- The examples of the manual: each is a script that almanac check has nothing against, and that a plan takes in
-- a simulated devnet. Where the world is not such that it can succeed, it fails as its page says that it may.
local devnet = require "tests.devnet"
local fields = require "almanac.base.fields"
local json = require "native.json"
local manual = require "almanac.script.manual.manual"
local t = require "tests.harness"

--- What is a step of its own, or no step at all.
local OUTSIDE = { step = true, parallel = true, gate = true, confirm = true, checklist = true, sleep = true }

local ATTEMPT = [[
  local ok, err = errors.try(function()
%s
  end)
  if not ok then error("EXAMPLE " .. err.kind .. ": " .. err.message, 0) end
]]

--- The example as a runbook.
local function script_of(name, example)
  if example:find("return runbook", 1, true) then return example end
  if name == "effect.define" then return example .. "\nreturn runbook { summary = 'x', run = function() end }\n" end
  local body = string.format(ATTEMPT, example)
  if not OUTSIDE[name] then body = 'step("example", function()\n' .. body .. "end)" end
  return "return runbook { summary = 'x', run = function()\n" .. body .. "\nend }\n"
end

local function examples()
  local out = {}
  for _, page in ipairs(manual.pages()) do
    for _, entry in ipairs(page.entries) do
      if entry.example then
        local name = manual.full_name(page, entry)
        out[#out + 1] = { name = name, file = (name:gsub("%.", "_")), text = script_of(name, entry.example), raises = entry.raises }
      end
    end
  end
  return out
end

local all = examples()

t.test("the manual lacks nothing", function()
  local gaps = {}
  manual.check(function(file, line, message) gaps[#gaps + 1] = string.format("%s:%d: %s", file, line, message) end)
  t.eq(table.concat(gaps, "\n"), "")
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

--- A devnet with what the examples name: files, a repository, a runbook.
local function example_world()
  local world = devnet.start { prometheus = true, install = true }
  -- Nobody outside is asked.
  local nobody = "http://127.0.0.1:9"
  world:configure {
    channels = { ops = { kind = "command", argv = { "true" } } },
    endpoints = {
      prometheus = world.prometheus, loki = world.loki, ["ghcr.io"] = nobody, github = nobody, grafana = nobody,
    },
  }
  t.must { "mkdir", "-p", world.dir .. "/runbooks" }
  t.write_file(world.dir .. "/limits.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: limits, namespace: animica-devnet }\n")
  t.write_file(world.dir .. "/ops/values.yaml", "replicas: 3\n")
  t.write_file(world.dir .. "/runbooks/canary.lua",
    'return runbook { summary = "x", params = { tag = param.string {} }, run = function(p) return { tag = p.tag } end }\n')
  local git = { "git", "-C", world.dir, "-c", "user.name=t", "-c", "user.email=t@example.org" }
  local words_of = { { "init", "-q" }, { "add", "ops" }, { "commit", "-q", "-m", "all" }, { "tag", "v0.4.0" }, { "tag", "v0.5.0" } }
  for _, words in ipairs(words_of) do
    t.must(table.move(words, 1, #words, #git + 1, table.move(git, 1, #git, 1, {})))
  end
  return world
end

t.test("a plan takes each example, or it fails as its page says", function()
  local world = example_world()
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
