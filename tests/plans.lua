--- Plans in end-to-end tests: making one in a world of tests.devnet, and seeing what the server was asked
--- meanwhile.
local devnet = require "tests.devnet"
local http = require "native.http"
local json = require "native.json"
local t = require "tests.harness"

local M = {}

--- A runbook with one upgrade of the devnet.
M.upgrade = [[
return runbook {
  summary = "upgrades the devnet",
  params = {
    tag = param.string { default = "v0.5.0-a1b2c3d" },
    chart = param.string { default = "ops/helm/animica-devnet" },
    set = param.list { default = {} },
  },
  run = function(p)
    step("upgrade the release", function()
      local set = { ["global.imageTag"] = p.tag }
      for _, pair in ipairs(p.set) do
        local key, value = pair:match "^(.-)=(.*)$"
        set[key] = value
      end
      return helm.upgrade { release = "animica-devnet", chart = p.chart, set = set }
    end)
  end,
}
]]

--- A world whose server logs its requests, with the runbook above as upgrade.lua.
---@param opts table of devnet.start
---@return tests.World
function M.start(opts)
  opts.sim = { "--request-log", "requests.log" }
  local world = devnet.start(opts)
  t.write_file(world.dir .. "/upgrade.lua", M.upgrade)
  return world
end

--- Makes a plan.
---@param world tests.World
---@param code integer exit code it must have
---@param words string[] runbook and parameters
---@return table plan  as it is saved
---@return string text as it is shown
function M.plan(world, code, words)
  local text = world:almanac(code, { "plan", "-o", "plan.json", table.unpack(words) })
  return json.decode(t.read_file(world.dir .. "/plan.json")).plan, text
end

--- The changes of the plan's only effect, those of one action only if it is named.
function M.changes(plan, action)
  t.eq(#plan.effects, 1)
  local out = {}
  for _, change in ipairs(plan.effects[1].changes or {}) do
    if not action or change.action == action then out[#out + 1] = change end
  end
  return out
end

local marks = 0

--- Asks for something that is only there for the log.
local function mark(world)
  marks = marks + 1
  local path = "/api/v1/namespaces/default/configmaps/mark-" .. marks
  http.request { url = world.api .. path, who = "tests.plans" }
  return path
end

--- The requests that the server got while `fn` ran.
---@param world tests.World
---@param fn fun()
---@return { method: string, path: string, query: table, status: integer }[]
function M.requests(world, fn)
  local first = mark(world)
  fn()
  local last = mark(world)
  local found
  t.eventually("the request log has the last mark", function()
    found = {}
    local inside, ended = false, false
    for line in (t.read_file(world.dir .. "/requests.log") or ""):gmatch "[^\n]+" do
      local request = json.decode(line)
      if request.path == last then ended = true end
      if inside and not ended then found[#found + 1] = request end
      if request.path == first then inside = true end
    end
    return ended
  end)
  return found
end

--- Fails unless the requests only look: reads, and writes that are dry runs.
---@return integer dry_runs
function M.assert_harmless(requests)
  local dry = 0
  for _, request in ipairs(requests) do
    if request.query.dryRun == "All" then
      dry = dry + 1
    elseif request.method ~= "GET" then
      error({ assertion = "a plan must not send " .. json.encode(request) }, 0)
    end
  end
  return dry
end

return M
