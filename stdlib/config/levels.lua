--- What each level of almanac.yaml may hold: a type name, or a table of the level below; "*" any name; text_or: text,
--- or the level below; list_of: a list of what is below.
local json = require "native.json"
local misplaced = require "almanac.base.misplaced"
local nearest = require "almanac.base.nearest"

local M = {}

--- The level of what is looked at elsewhere.
M.anything = "any"

--- The names of a level, for people.
---@param level table<string, any>
---@return string
function M.names(level)
  local out = {}
  for name in pairs(level) do out[#out + 1] = name end
  table.sort(out)
  return table.concat(out, ", ")
end

--- A path with one more key.
---@param path string[]
---@param key any
---@return string[]
function M.below(path, key)
  local longer = table.move(path, 1, #path, 1, {})
  longer[#longer + 1] = tostring(key)
  return longer
end

local function note_type(doc, value, words, path)
  local is = type(value) == "table" and "list or mapping" or type(value)
  doc:note(path, string.format("%s must be %s, not a %s", #path > 0 and table.concat(path, ".") or "the file", words, is))
end

local function note_key(doc, key, level, path, beside)
  local meant = nearest.only(tostring(key), level)
  if meant == "*" or beside[meant] ~= nil then meant = nil end
  doc:note(M.below(path, key), string.format("no key %s%s%s", misplaced.word(key),
    #path > 0 and " in " .. table.concat(path, ".") or "", nearest.suffix(key, level)), "there are " .. M.names(level),
    meant and { from = tostring(key), to = meant } or nil)
end

local function list_fits(doc, value, level, path)
  if not json.is_array(value) then
    note_type(doc, value, "a list", path)
    return false
  end
  local all = true
  for i, item in ipairs(value) do all = M.fits(doc, item, level, M.below(path, i - 1)) and all end
  return all
end

--- An item under a key: nil where nothing may stand there, or it does not fit. A key with nothing behind it is empty or
--- absent.
local function item_of(doc, value, key, level, path)
  local item, next_level = value[key], level[key] or level["*"]
  if not next_level then
    note_key(doc, key, level, path, value)
    return nil
  end
  if item == json.null then
    item = type(next_level) == "table" and (next_level.list_of and json.array {} or {}) or nil
  end
  if item ~= nil and M.fits(doc, item, next_level, M.below(path, key)) then return item end
end

--- Holds a value against a level; what is wrong is noted, and what is below and wrong is taken out, so that the rest can
--- be looked at.
---@param doc almanac.Document
---@param value any
---@param level any
---@param path string[]
---@return boolean  false: it cannot stand there
function M.fits(doc, value, level, path)
  if level == M.anything or level.text_or and type(value) == "string" then return true end
  if level.text_or and level.text_or.list_of then level = level.text_or end
  if level.list_of then return list_fits(doc, value, level.list_of, path) end
  local words = level.text_or and "text or a mapping" or type(level) == "table" and "a mapping" or "a " .. tostring(level)
  level = level.text_or or level
  local want = type(level) == "string" and level or "mapping"
  if type(value) ~= (want == "mapping" and "table" or want) or json.is_array(value) then
    note_type(doc, value, words, path)
    return false
  end
  if want ~= "mapping" then return true end
  local items = {}
  for key in pairs(value) do items[key] = item_of(doc, value, key, level, path) end
  for key in pairs(value) do value[key] = items[key] end
  return true
end

return M
