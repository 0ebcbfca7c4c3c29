--- A release's past, read with helm: the base of every helm effect's observe and recover.
local cli = require "almanac.helm_cli"
local errors = require "almanac.errors"
local parse = require "almanac.helm_parse"

local M = {}

--- All revisions helm keeps, oldest first; none when there is no such release.
---@param target { release: string, namespace: string }
---@return almanac.HelmRevision[]
function M.list(target)
  -- Some versions give 10 unless told.
  local result = cli.exec(cli.join({ "history", target.release, "--max", "256", "--output", "json" },
    cli.target(target.namespace)))
  if result.code == 0 then return parse.history(result.stdout) end
  if parse.is_no_release(result.stderr) then return {} end
  errors.raise(parse.failure(result.stderr, "helm history " .. target.release))
end

--- What is there before an effect: the newest revision (0: none) and the newest good one.
---@param target { release: string, namespace: string }
---@return { revision: integer, status: string?, description: string?, chart: string?, good: integer? }
function M.observe(target)
  local history = M.list(target)
  local top = history[#history]
  if not top then return { revision = 0 } end
  local good = (top.status == "deployed" or top.status == "superseded") and top or parse.previous_good(history)
  return {
    revision = top.revision, status = top.status, description = top.description, chart = top.chart,
    good = good and good.revision,
  }
end

--- The fields of a revision that a script gets.
---@param revision almanac.HelmRevision?
function M.public(revision)
  return revision and {
    revision = revision.revision, status = revision.status, chart = revision.chart,
    app_version = revision.app_version, description = revision.description, updated = revision.updated,
  }
end

---@param history almanac.HelmRevision[]
---@param number integer
---@return almanac.HelmRevision?
function M.find(history, number)
  for _, revision in ipairs(history) do
    if revision.revision == number then return revision end
  end
end

return M
