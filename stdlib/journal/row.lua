--- The row of a run: what it was made with, by whom, for whom. Whoever can write the journal's file can write anything
--- there; what reads it is given what fits, or the field that does not.
local errors = require "almanac.base.errors"
local json = require "native.json"
local shape = require "almanac.base.shape"

local M = {}

--- Versions before have left fields out; none has written another type.
local SHAPE = {
  runbook = "string?", script = "string?", digest = "string?", files = { optional = { map = "string" } },
  params = { optional = { map = "any" } }, durations = { optional = { list = "string" } },
  unkept = { optional = { list = "string" } },
  lock = "string?", lock_seconds = "number?", operator = "string?", host = "string?", cwd = "string?", version = "string?",
  commit = "string?", environment = "string?", config = "string?", kubeconfig = "string?", context = "string?", helm = "string?",
  choice = { optional = { map = "any" } }, rehearsal = { optional = { map = "any" } }, undoes = "string?", family = "string?",
  keyed = "boolean?",
  caller = { optional = { run = "string", path = "string", root = "string?" } },
}

local LAST_MS = 253402300799999 -- the end of 9999

local function corrupt(row, why)
  errors.raise {
    kind = "corrupt", message = string.format("the row of run %s in the journal is none that almanac writes: %s", row.id, why),
    hint = "almanac log --verify says whether the journal was changed",
  }
end

--- What the row keeps of the run's making. Raises kind "corrupt".
---@param row { id: string, meta: string, created_ms: integer }
---@return table meta  see almanac.Run
function M.meta(row)
  local ok, meta = errors.try(json.decode, row.meta)
  if not ok then corrupt(row, meta.message) end
  local wrong = shape.wrong(meta, SHAPE)
  if wrong then corrupt(row, wrong == "." and "it holds no object" or wrong:sub(2) .. " is missing or of another type") end
  if row.created_ms <= 0 or row.created_ms > LAST_MS then corrupt(row, "it was made at no time") end
  return meta
end

return M
