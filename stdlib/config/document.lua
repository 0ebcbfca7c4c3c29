--- A YAML or JSON file that an operator wrote: what it holds, and where each part of it stands, for the
--- errors about it.
local errors = require "almanac.base.errors"

local M = {}

---@class almanac.Place  where something is written
---@field file string
---@field line integer    from 1
---@field column integer  in characters, from 1

---@class almanac.DocumentFault  something that is wrong in a document
---@field place almanac.Place
---@field message string
---@field hint? string
---@field mend? almanac.lint.Mend
---@field path string[]   what it is wrong with

---@class almanac.Document
---@field file string
---@field value any       nil: it holds nothing
---@field places table<string, almanac.Place>  by JSON Pointer (RFC 6901)
---@field faults almanac.DocumentFault[]       that were noted
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
  return setmetatable({ file = file, value = value, places = places, faults = {} }, Document)
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

--- Notes what is wrong with a part of the document: several things may be.
---@param path string[]
---@param message string
---@param hint string?
---@param mend? almanac.lint.Mend  of a name
function Document:note(path, message, hint, mend)
  table.insert(self.faults, { place = self:place(path), message = message, hint = hint, mend = mend, path = path })
end

--- Whether something within a part of the document was noted.
---@param path string[]
---@return boolean
function Document:is_at_fault(path)
  local whole = table.concat(path, "\n") .. "\n"
  for _, fault in ipairs(self.faults) do
    if (table.concat(fault.path, "\n") .. "\n"):sub(1, #whole) == whole then return true end
  end
  return false
end

local function is_before(a, b)
  if a.place.line ~= b.place.line then return a.place.line < b.place.line end
  if a.place.column ~= b.place.column then return a.place.column < b.place.column end
  return a.message < b.message
end

--- What was noted, in the order of the document.
---@return almanac.DocumentFault[]
function Document:noted()
  table.sort(self.faults, is_before)
  return self.faults
end

--- Raises what is wrong first in the document, where something was noted.
function Document:raise_noted()
  local first = self:noted()[1]
  if not first then return end
  local place = first.place
  errors.raise {
    kind = "refused", message = M.before(place) .. first.message, hint = first.hint,
    file = place.file, line = place.line, column = place.column,
  }
end

--- Raises what is wrong with a part of the document.
---@param path string[]
---@param message string
function Document:refuse(path, message)
  self.faults = {}
  self:note(path, message)
  self:raise_noted()
end

return M
