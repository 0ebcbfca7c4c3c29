--- A YAML or JSON file that an operator wrote: what it holds, and where each part of it stands, for the
--- errors about it.
local errors = require "almanac.base.errors"

local M = {}

---@class almanac.Place  where something is written
---@field file string
---@field line integer    from 1
---@field column integer  in characters, from 1

---@class almanac.Document
---@field file string
---@field value any       nil: it holds nothing
---@field places table<string, almanac.Place>  by JSON Pointer (RFC 6901)
local Document = {}
Document.__index = Document

--- Reads a file.
---@param file string
---@param null? "keep"|"absent"  what becomes of a key with nothing behind it
---@param own? boolean           one that is a link is refused; one that is another user's, or that others can write, always is
---@param text? string           that it would hold, in the place of what it holds
---@return almanac.Document  raises kind "refused", with the place
function M.read(file, null, own, text)
  local fs, yaml = require "native.fs", require "native.yaml"
  local ok, value, places = errors.try(function()
    text = text or own and fs.read_own(file, "configuration") or fs.read_given(file, "file of parameters")
    return yaml.decode(text, { name = file, places = true, null = null or "keep", private = true })
  end)
  if not ok then
    local err = value
    err.kind, err.file = "refused", file
    error(err, 0)
  end
  if value == require("native.json").null then value = nil end
  return setmetatable({ file = file, value = value, places = places }, Document)
end

--- A place as it stands before a message.
---@param place almanac.Place
---@return string
function M.before(place)
  return string.format("%s, line %d, column %d: ", place.file, place.line, place.column)
end

--- Where a part of the document stands, or else what contains it: one that comes by an alias has no place
--- of its own.
---@param path string[]  the keys that lead to it
---@return almanac.Place
function Document:place(path)
  local best, pointer = { line = 1, column = 1 }, ""
  for _, key in ipairs(path) do
    pointer = pointer .. "/" .. key:gsub("~", "~0"):gsub("/", "~1")
    best = self.places[pointer] or best
  end
  return { file = self.file, line = best.line, column = best.column }
end

--- Raises what is wrong with a part of the document.
---@param path string[]
---@param message string
---@param hint string?
---@param mend? { from: string, to: string }  of a name
function Document:refuse(path, message, hint, mend)
  local place = self:place(path)
  errors.raise {
    kind = "refused", message = M.before(place) .. message, hint = hint,
    file = place.file, line = place.line, column = place.column, mend = mend,
  }
end

return M
