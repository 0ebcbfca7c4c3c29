--- The examples of the manual as runbooks, and a world in which they can be planned and run.
local devnet = require "tests.devnet"
local json = require "native.json"
local manual = require "almanac.script.manual.manual"
local t = require "tests.harness"

local M = {}

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

---@return { name: string, file: string, text: string, raises: string }[]
function M.all()
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

--- A repository with an origin and two tags.
local function make_repository(dir)
  t.must { "git", "init", "-q", "--bare", dir .. "/origin.git" }
  t.write_file(dir .. "/.gitignore", "origin.git\n.almanac\nrunbooks\n")
  for _, words in ipairs {
    { "init", "-q", "-b", "main" }, { "config", "user.name", "t" }, { "config", "user.email", "t@example.org" },
    { "remote", "add", "origin", dir .. "/origin.git" }, { "add", "ops", ".gitignore" }, { "commit", "-q", "-m", "all" },
    { "tag", "v0.4.0" }, { "tag", "v0.5.0" },
  } do
    t.must { "git", "-C", dir, table.unpack(words) }
  end
end

local function make_node(api)
  t.must { "curl", "-sf", "-X", "POST", "-H", "Content-Type: application/json", api .. "/api/v1/nodes", "-d", json.encode {
    apiVersion = "v1", kind = "Node", metadata = { name = "worker-1" },
  } }
end

--- A devnet with what the examples name: files, a repository, a runbook.
function M.world()
  local world = devnet.start { prometheus = true, history = 600, install = true }
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
  t.write_file(world.dir .. "/heights.txt", "12\n12\n13\n")
  t.must { "mkdir", "-p", world.dir .. "/flags", world.dir .. "/ops/overlays/devnet" }
  t.write_file(world.dir .. "/ops/overlays/devnet/kustomization.yaml", "resources: [ limits.yaml ]\n")
  t.must { "cp", world.dir .. "/limits.yaml", world.dir .. "/ops/overlays/devnet/limits.yaml" }
  t.write_file(world.dir .. "/runbooks/canary.lua",
    'return runbook { summary = "x", params = { tag = param.string {} }, run = function(p) return { tag = p.tag } end }\n')
  make_repository(world.dir)
  make_node(world.api)
  return world
end

return M
