--- The form of a plan: what its file has to be for those who read it, and what a preview has to return, which becomes a
--- part of it. A file's digest says that nobody changed it by mistake, and anybody can compute another; and a preview may be
--- a script's own. Shapes of base/shape.
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local secret = require "almanac.base.secret"
local shape = require "almanac.base.shape"
local unknown = require "almanac.base.unknown"

local M = {}

local REFUSALS = { optional = { list = { category = "string", access = "string?" } } }

local CHANGE = {
  object = "string", action = { one_of = { "create", "change", "delete", "unchanged", "conflict", "reject", "hook" } }, why = "string?",
  kept_by = "string?",
  fields = { optional = { list = {
    path = "string", kind = { one_of = { "added", "removed", "changed" } }, set_by = { optional = { list = "string" } },
  } } },
}

--- Of what an effect's preview returns: almanac.Preview.
local PREVIEW = {
  summary = "string?", would_fail = "string?", hint = "string?", unkept = "string?", nothing = "boolean?", nested = "boolean?",
  warnings = { optional = { list = "string" } }, changes = { optional = { list = CHANGE } },
  ground = { optional = { list = { ref = "string", digest = "string?", of = "string?", is_read = "boolean?", is_made = "boolean?" } } },
}

local OPEN = { optional = { list = { at = "string", after = "string" } } }
local UNDO_BY = { optional = { at = "string", bounded = "boolean?" } }

local EFFECT = fields.with(PREVIEW, {
  path = "string", op = "string", ordinal = "string", digest = "string", title = "string", on_top = "boolean?", as_given = "boolean?",
  place = "integer?",
  refused = REFUSALS, open = OPEN, undo_by = UNDO_BY, makes_more = "boolean?", bounded = "boolean?",
  open_ends = { optional = { list = "string" } },
  makes = { optional = { list = fields.with(PREVIEW, {
    op = "string", title = "string", digest = "string", open = OPEN, ordinal = "string?", behind_read = "boolean?", on_top = "boolean?",
  }) } },
})

local STEP = {
  path = "string", digest = "string?", file = "string?", first = "integer?", last = "integer?", note = "string?", would_fail = "string?",
  surely = "boolean?", side_by_side = "boolean?", is_vague = "boolean?", refused = REFUSALS, undo_by = UNDO_BY,
}

--- Versions before counted less.
local COUNTS = {
  effects = "count", changes = "count?", nothing = "count?", fail = "count?", create = "count?", change = "count?", delete = "count?",
  unchanged = "count?", hook = "count?", refused = "count?", steps_fail = "count?", steps_may_fail = "count?", gates = "count?",
  failing = "count?", blind = "count?",
}

--- Of a plan as it is saved.
M.PLAN = {
  runbook = "string", script = "string", params = { map = "any" }, environment = "string?", version = "string",
  choice = { optional = { map = "string" } }, stdlib = "string", script_digest = "string", made_by = "string", made_ms = "integer",
  expires_ms = "number?", key = "string?", secrets_from = { optional = { list = "string" } }, starts_programs = "boolean?",
  sources = { map = "string" }, stopped = "string?",
  clusters = { optional = { list = { server = "string?", context = "string?", uid = "string?", namespace = "string?" } } },
  effects = { list = EFFECT }, steps = { list = STEP }, counts = COUNTS, undo = { list = "string" },
  gates = { optional = { list = { path = "string", text = "string", ok = "boolean?" } } },
  asks = { optional = { list = { path = "string", question = "string" } } },
  waits = { optional = { list = {
    path = "string", place = "integer?", kind = "string?", number = "integer?", input = { optional = { map = "any" } }, open = OPEN,
  } } },
  possible = { optional = { list = { path = "string", op = "string" } } },
  calls = { optional = { list = {
    path = "string", runbook = "string?", script = "string?", script_digest = "string", params = { map = "any" },
  } } },
}

--- What a preview of a script's own returned, its fields as plain data. Raises kind "usage" where it is none.
---@param name string  of the effect
---@param returned any
---@return almanac.Preview?
function M.preview(name, returned)
  if returned == nil then return nil end
  if type(returned) ~= "table" then errors.usage("%s: its preview must return a table, not a %s", name, type(returned)) end
  local out = {}
  for field, value in next, returned do
    out[field] = PREVIEW[field] and unknown.describe_all(secret.conceal_all(value)) or value
  end
  local wrong = shape.wrong(out, PREVIEW)
  if wrong then errors.usage("%s: of what its preview returned, %s is missing or of another type", name, wrong:sub(2)) end
  return out
end

return M
