--- What CI says of a commit: its check runs, and the statuses of those who write none.
--- https://docs.github.com/en/rest/checks/runs https://docs.github.com/en/rest/commits/statuses
local api = require "almanac.http.github.api"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local step = require "almanac.run.step"
local urls = require "almanac.http.url"

local M = {}

local CHECKS = fields.declare("github.checks", {
  repo = { "name", required = true, help = "OWNER/NAME" },
  ref = { "name", required = true, help = "a commit, a branch or a tag" },
})

local RUNS = { field = "check_runs", item = { name = "string", status = "string", conclusion = "string?", head_sha = "string?" } }
local STATUSES = { field = "statuses", item = { context = "string", state = "string" } }

local good_conclusions = { success = true, neutral = true, skipped = true }

local function colour_of_run(run)
  if run.status ~= "completed" then return "pending" end
  return good_conclusions[run.conclusion] and "green" or "red"
end

local colours_of_states = { success = "green", pending = "pending" }

--- The verdict on all of them: one that failed makes it red, else one that is not over makes it pending. Pure.
---@param runs { name: string, status: string, conclusion: string? }[]
---@param statuses { context: string, state: string }[]
---@return { verdict: "green"|"red"|"pending"|"none", green: string[], red: string[], pending: string[] }
function M.judge(runs, statuses)
  local out = { green = {}, red = {}, pending = {} }
  local function add(colour, name) table.insert(out[colour], name) end
  for _, run in ipairs(runs) do add(colour_of_run(run), run.name) end
  for _, status in ipairs(statuses) do add(colours_of_states[status.state] or "red", status.context) end
  for _, names in pairs { out.green, out.red, out.pending } do table.sort(names) end
  out.verdict = #out.red > 0 and "red" or #out.pending > 0 and "pending" or #out.green > 0 and "green" or "none"
  return out
end

local function collect(iterator)
  local out = {}
  for item in iterator do out[#out + 1] = item end
  return out
end

function M.checks(options)
  step.require_read "github.checks"
  local input = fields.check(CHECKS, options)
  local service = api.open("github.checks", input.repo)
  local ref = input.ref:gsub("[^/]+", urls.escape)
  local path = string.format("/repos/%s/commits/%s", api.check_repo("github.checks", input.repo), ref)
  local ok, runs = errors.try(function() return collect(api.items(service, path .. "/check-runs", {}, RUNS)) end)
  if not ok then
    if runs.status == 422 then runs.kind = "not_found" end -- a name that is no commit
    error(runs, 0)
  end
  local statuses = collect(api.items(service, path .. "/status", {}, STATUSES))
  local judged = M.judge(runs, statuses)
  judged.sha = runs[1] and runs[1].head_sha or nil
  return judged
end

return M
