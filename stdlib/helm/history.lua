--- A release's past, read from its records: the base of every helm effect's observe and recover.
local errors = require "almanac.base.errors"
local parse = require "almanac.helm.parse"
local records = require "almanac.helm.records"

local M = {}

--- All revisions helm keeps, oldest first; none when there is no such release.
---@param target { release: string, namespace: string }
---@return almanac.HelmRevision[]
function M.list(target)
  return records.revisions(target, records.list(target))
end

--- What is there before an effect: the newest revision (0: none) and the newest good one. `driver` is
--- where the records were, unless in Secrets.
---@param target { release: string, namespace: string }
---@return { revision: integer, status: string?, description: string?, chart: string?, good: integer?, driver: string? }
function M.observe(target)
  local list = records.list(target)
  local driver = records.driver().kind
  if driver == "Secret" then driver = nil end
  local top = list[#list] and records.revisions(target, { list[#list] })[1]
  if not top then return { revision = 0, driver = driver } end
  local good = parse.is_good(top.status) and list[#list] or parse.previous_good(list)
  return {
    revision = top.revision, status = top.status, description = top.description, chart = top.chart,
    good = good and good.revision, driver = driver,
  }
end

--- For a recovery: records that were looked for in one kind of object must not be missed in the other.
---@param before { driver: string? } of observe
function M.check_driver(before)
  local was, now = before.driver or "Secret", records.driver().kind
  if was == now then return end
  errors.raise {
    kind = "mismatch",
    message = string.format("the run was begun with helm's records in %ss, and HELM_DRIVER now names %ss", was, now),
    hint = "resume it with HELM_DRIVER=" .. was:lower(),
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

--- For the `holds` of an effect that made a revision: the release is there, and at it.
---@param input { release: string, namespace: string }
---@param result { revision: integer }?  of the effect
---@return almanac.Standing[]
function M.holds(input, result)
  local made = type(result) == "table" and result.revision
  return { { about = "release " .. tostring(input.namespace) .. "/" .. input.release, look = made and function()
    local now = M.observe(input)
    if now.revision == made and now.status ~= "uninstalled" then return nil end
    if now.revision == 0 or now.status == "uninstalled" then
      return string.format("release %s is gone; it was at revision %d", input.release, made)
    end
    return string.format("release %s is at revision %d (%s: %s), and not at %d", input.release, now.revision, now.status,
      now.description, made)
  end or nil } }
end

---@param history almanac.HelmRevision[]
---@param number integer
---@return almanac.HelmRevision?
function M.find(history, number)
  for _, revision in ipairs(history) do
    if revision.revision == number then return revision end
  end
end

--- What a revision that helm.upgrade makes is described as, in helm's own words where none are given.
---@param input { description?: string }
---@param before { revision: integer }
---@return string
function M.description(input, before)
  return input.description or (before.revision == 0 and "Install complete" or "Upgrade complete")
end

return M
