--- Fingerprints: what stands in journals and plans for the value of a secret, so that another value is noticed. They are
--- made with a key that is in the store alone (0600): without it, who reads a plan or a journal cannot try values, nor see
--- which ones are equal.
local digest = require "native.digest"
local errors = require "almanac.base.errors"
local fs = require "native.fs"
local redaction = require "almanac.base.redaction"
local settings = require "almanac.config.settings"

local M = {}

local KEY_BYTES = 32
local DIGITS = 12

--- Marks the fingerprint of a thing that holds a secret, among digests of others.
local MARK = "keyed:"

---@class almanac.FingerprintKey
---@field text string      hexadecimal
---@field id string        tells it from other keys, and nothing of it
---@field is_kept boolean  it is in the store; otherwise only this process knows it

local function path()
  return settings.store .. "/key"
end

local function key_of(text, is_kept)
  return { text = text, id = digest.hmac_sha256(text, "almanac key"):sub(1, DIGITS), is_kept = is_kept }
end

--- The key of the store; nil where it has none yet.
---@return almanac.FingerprintKey?
local function stored()
  if not fs.exists(path()) then return nil end
  local text = fs.read_own(path(), "key", true):match "^(%x+)%s*$"
  if not text or #text ~= 2 * KEY_BYTES then
    errors.raise {
      kind = "corrupt", message = path() .. " is no key of almanac's",
      hint = "put the one back that was there; or remove it: then secrets of earlier runs and plans count as other ones",
    }
  end
  return key_of(text, true)
end

--- Keeps a key in the store, unless there is one.
---@param key almanac.FingerprintKey
---@return boolean kept
local function put(key)
  local ok, err = errors.try(fs.keep, path(), key.text .. "\n", { is_new = true })
  if not ok and not fs.exists(path()) then error(err, 0) end
  key.is_kept = ok
  return ok
end

--- The key that a run goes by, and all that it makes: that of the store, which a run of the journal makes where there is none.
--- A plan changes nothing, and has one of its own then, until it is saved.
---@param run almanac.Run
---@return almanac.FingerprintKey
local function of_run(run)
  while run.caller do run = run.caller end
  if not run.fingerprint_key then
    local key = stored() or key_of(digest.random_hex(KEY_BYTES), false)
    if run.journal and not key.is_kept and not put(key) then key = stored() end
    run.fingerprint_key = key
  end
  return run.fingerprint_key
end

--- Runs of the version before go on with digests that have no key, as they began.
local function has_none(run)
  return run.journal ~= nil and not run.meta.keyed
end

--- What stands for the value of a secret: that it is the one of another name is not seen by it.
---@param run almanac.Run
---@param name string  of what has the value
---@param text string
---@return string digits  12, hexadecimal
function M.of(run, name, text)
  if has_none(run) then return digest.sha256(text):sub(1, DIGITS) end
  return digest.hmac_sha256(of_run(run).text, name .. "\0" .. text):sub(1, DIGITS)
end

--- A digest of a text that holds secrets.
---@param run almanac.Run
---@param text string
---@return string
function M.of_secrets(run, text)
  if has_none(run) then return digest.sha256(text) end
  return MARK .. M.of(run, "", text)
end

--- A digest of a text: one with a key where it holds a secret that is known.
---@param run almanac.Run
---@param text string
---@return string
function M.of_ground(run, text)
  return redaction.text(text) == text and digest.sha256(text) or M.of_secrets(run, text)
end

---@param ground_digest string?
---@return boolean  it is one of of_secrets
function M.is_keyed(ground_digest)
  return ground_digest ~= nil and ground_digest:sub(1, #MARK) == MARK
end

--- The key that fingerprints of a run were made with; nil where it has made none.
---@param run almanac.Run
---@return almanac.FingerprintKey?
function M.used(run)
  return run.fingerprint_key
end

--- Whether a plan's fingerprints were made with another key than that of this store: they say nothing here.
---@param plan table  as it was saved
---@return boolean
function M.is_foreign(plan)
  if not plan.key then return false end
  local key = stored()
  return not key or key.id ~= plan.key
end

--- Keeps the key that a plan was made with, so that the plan can be held against a run.
---@param key almanac.FingerprintKey?
function M.keep(key)
  if not key or key.is_kept then return end
  fs.keep_directory(settings.store)
  if put(key) then return end
  errors.raise {
    kind = "refused", message = "another almanac made the key of " .. settings.store .. " at this moment",
    hint = "make the plan once more",
  }
end

--- A copy of plain data in which labels of secrets have no fingerprint.
---@param value any
---@return any
function M.without(value)
  if type(value) == "string" then return (value:gsub("(%(secret [^()\n]-) %x%x%x%x%x%x%x%x%x%x%x%x%)", "%1)")) end
  if type(value) ~= "table" then return value end
  local out = {}
  for key, item in next, value do out[key] = M.without(item) end
  return out
end

return M
