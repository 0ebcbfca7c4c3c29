--- helm's release records: the Secrets in which helm keeps each revision, through the Kubernetes API.
local k8s = require "almanac.k8s_client"

local M = {}

---@class almanac.HelmRecord
---@field name string      of the Secret
---@field uid string
---@field revision integer
---@field status string
---@field labels table<string, string>
---@field created number?  seconds since 1970

--- Seconds since 1970 of "2026-11-23T18:26:21Z": days by Howard Hinnant's days_from_civil
--- (https://howardhinnant.github.io/date_algorithms.html).
local function epoch_of(text)
  local year, month, day, hour, minute, second = (text or ""):match "^(%d+)-(%d+)-(%d+)T(%d+):(%d+):(%d+)"
  if not year then return nil end
  local y, m, d = math.tointeger(year), math.tointeger(month), math.tointeger(day)
  if m <= 2 then y = y - 1 end
  local era = y // 400
  local yoe = y - era * 400
  local doy = (153 * (m + (m > 2 and -3 or 9)) + 2) // 5 + d - 1
  local doe = yoe * 365 + yoe // 4 - yoe // 100 + doy
  return (era * 146097 + doe - 719468) * 86400 + hour * 3600 + minute * 60 + second
end

--- A list of Secrets as records, oldest revision first; what is no record is left out. Pure.
---@param items table[]
---@return almanac.HelmRecord[]
function M.of_items(items)
  local out = {}
  for _, item in ipairs(items) do
    local meta = item.metadata
    local labels = meta.labels or {}
    local revision = math.tointeger(tonumber(labels.version))
    if labels.owner == "helm" and revision then
      out[#out + 1] = {
        name = meta.name, uid = meta.uid, revision = revision, status = labels.status or "unknown", labels = labels,
        created = epoch_of(meta.creationTimestamp),
      }
    end
  end
  table.sort(out, function(a, b) return a.revision < b.revision end)
  return out
end

--- The records of a release.
---@param target { release: string, namespace: string }
---@return almanac.HelmRecord[]
function M.list(target)
  local list = k8s.request(k8s.open(), {
    who = "helm.history",
    path = "/api/v1/namespaces/" .. target.namespace .. "/secrets",
    query = { labelSelector = "owner=helm,name=" .. target.release },
  })
  return M.of_items(list.items or {})
end

--- Deletes one record, and only the very one that was looked at.
---@param target { namespace: string }
---@param name string
---@param uid string
function M.delete(target, name, uid)
  k8s.request(k8s.open(), {
    who = "helm.repair",
    method = "DELETE",
    object = "Secret " .. name,
    path = "/api/v1/namespaces/" .. target.namespace .. "/secrets/" .. name,
    body = { apiVersion = "v1", kind = "DeleteOptions", preconditions = { uid = uid } },
  })
end

return M
