--- What a runbook declares, as a text, and whether it declares the same in a Lua state of its own, in which nothing but
--- the loading of it took place. A reviewer's `show` and a colleague's `run` have only that state in common: a script that
--- found out which command loads it would declare something else there, and is refused by both.
local aside = require "native.aside"
local declaration = require "almanac.run.declaration"
local errors = require "almanac.base.errors"
local json = require "native.json"
local order = require "native.order"
local sandbox = require "almanac.script.sandbox"
local task = require "native.task"

local M = {}

--- What whoever looks at a runbook is told of it.
local TOLD = { "allow", "help", "lock", "on_failure", "on_owner", "params", "pass_env", "summary", "vars" }

local DEPTH = 32

--- A value as a text that is the same for equal values.
local function spelt(value, depth)
  if type(value) == "function" then return "function" end
  if type(value) ~= "table" then return string.format("%q", value) end
  if depth == 0 then return "…" end
  local parts = {}
  for key, item in order.next, value do parts[#parts + 1] = spelt(key, depth - 1) .. "=" .. spelt(item, depth - 1) end
  return "{" .. table.concat(parts, ",") .. "}"
end

--- By field, what a runbook declares; and of which files it is made.
local function told(book, script)
  local out = { files = script.digest }
  for _, field in ipairs(TOLD) do out[field] = spelt(book[field], DEPTH) end
  return out
end

--- In the state of its own: loads the script and says what it declares.
---@param text string  JSON: path, and the sources by path
---@return string      JSON: by field
function M.tell(text)
  task.forbid_effects()
  local given = json.decode(text)
  local script = sandbox.load(given.path, given.sources[given.path], given.sources)
  return json.encode(told(declaration.of(script.result) or {}, script))
end

--- Raises kind "refused" unless a runbook that was loaded declares the same apart.
---@param book almanac.Runbook
function M.check(book)
  local path, sources = book.path, book.script.sources
  local here = told(book, book.script)
  local ok, there = errors.try(aside.call, "almanac.script.declared_apart", "tell", json.encode { path = path, sources = sources })
  there = ok and json.decode(there) or { loading = there.message }
  for _, field in ipairs { "loading", "files", table.unpack(TOLD) } do
    if here[field] ~= there[field] then
      errors.raise {
        kind = "refused", where = book.declared_at,
        message = string.format("%s does not declare the same each time that it is loaded: %s", path,
          field == "loading" and there.loading or field == "files" and "it requires other files" or field .. " differs"),
        hint = "nothing that its top level computes may depend on who loads it; read it before you trust it",
      }
    end
  end
end

return M
