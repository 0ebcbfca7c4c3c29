--- The ground of a planned effect: what is there, and what the effect makes of it. What a run changed itself excuses
--- another state of that, and never another rendering, nor an object that no plan showed. Pure.
local diff = require "almanac.base.diff"
local fingerprints = require "almanac.journal.fingerprint"
local json = require "native.json"

local M = {}

---@class almanac.GroundItem
---@field ref string          what it is, in words: "configmap/web in default"
---@field of? string          the ref of what it is a part of
---@field version? string     for the reader
---@field object? any         the state, or
---@field digest? string      one of it
---@field is_read? boolean    the effect leaves it as it is
---@field is_made? boolean    what the effect would make: it does not hang on what is there

---@alias almanac.TouchedGround table<string, "whole"|"part">  by ref: what the run changed itself, and how much of it

--- What an effect stands on is the run's own from then on: later effects, and another try of it, find it changed.
---@param touched almanac.TouchedGround
---@param ground almanac.GroundItem[]?
function M.touch(touched, ground)
  for _, item in ipairs(ground or {}) do
    if not item.is_read then touched[item.ref] = "whole" end
    if item.of then touched[item.of] = touched[item.of] or "part" end
  end
end

--- A value of the ground in words.
local function shown(value)
  return value == nil and "not there" or json.encode(value)
end

local function by_ref(ground)
  local out = {}
  for _, item in ipairs(ground) do out[item.ref] = item end
  return out
end

local function is_same(planned, now, is_foreign)
  local is_open = is_foreign and fingerprints.is_keyed(planned.digest)
  return now ~= nil and diff.equal(now.object, planned.object) and (is_open or now.digest == planned.digest)
end

--- What is another than was planned. What the run made before, and is not to be made once more, is its own.
local function moved(planned, now, touched, is_foreign)
  local is_own = touched[planned.ref] or planned.of and touched[planned.of] == "whole"
  if is_own and not (now and now.is_made) or is_same(planned, now, is_foreign) then return nil end
  local change = now and diff.diff(planned.object, now.object)[1]
  local field = change and change.path ~= "" and ": " .. change.path or "" -- none: all of it is another
  return string.format("%s has changed since the plan was made%s", planned.ref, field),
    change and { "planned on: " .. shown(change.old), "now:        " .. shown(change.new) }
end

--- Whether the effect would change or make something of which its plan has nothing: an object that a chart has come to
--- render, a hook, a claim that was made since.
local function is_more(item, known, touched)
  if item.is_read or known[item.ref] then return false end
  if item.is_made then return not (item.of and known[item.of]) end -- versions before planned these without that part
  return not (touched[item.ref] or item.of and touched[item.of])
end

--- Why a ground is not the planned one; nil: it is, but for what the run changed itself.
---@param planned almanac.GroundItem[]
---@param fresh almanac.GroundItem[]  without secrets, as the plan was written
---@param touched almanac.TouchedGround
---@param is_foreign boolean?  the plan's fingerprints of secrets have the key of another store, and say nothing
---@return string? message
---@return string[]? hints
function M.deviation(planned, fresh, touched, is_foreign)
  local now = by_ref(fresh)
  for _, item in ipairs(planned) do
    local message, hints = moved(item, now[item.ref], touched, is_foreign)
    if message then return message, hints end
  end
  local known = by_ref(planned)
  for _, item in ipairs(fresh) do
    if is_more(item, known, touched) then
      return item.ref .. " is not in the plan", { "it would be changed besides what was planned" }
    end
  end
end

return M
