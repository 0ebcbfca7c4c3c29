--- What a chart's values.schema.json has helm fetch: other schemas, by URL or as a file. Pure.
---
--- A schema is read as a row of words, and not as a tree: a reference counts wherever it stands, also where a key stands twice, or
--- behind the schema's end. Which references helm follows was tried with helm 3.16 and 4.1: those of `$ref` (both), `$dynamicRef`,
--- `$recursiveRef` and `$schema` (helm 3.18 and later), relative to every `$id` and `id`.
--- https://json-schema.org/draft/2020-12/json-schema-core#section-8
local errors = require "almanac.base.errors"
local urls = require "almanac.http.url"

local M = {}

local REFERENCES = { ["$ref"] = true, ["$dynamicRef"] = true, ["$recursiveRef"] = true }
local BASES = { ["$id"] = true, id = true }

--- Of its own helm has the schemas of schemas: those of gojsonschema, which holds until 3.17, and those that came after it.
local BUILT_IN = {
  ["http://json-schema.org/draft-04/schema"] = true, ["http://json-schema.org/draft-06/schema"] = true,
  ["http://json-schema.org/draft-07/schema"] = true,
}
local BUILT_IN_LATER = { "^schema$", "^draft%-0[467]/schema$", "^draft/2019%-09/schema$", "^draft/2020%-12/schema$",
  "^draft/2019%-09/meta/[%l-]+$", "^draft/2020%-12/meta/[%l-]+$" }

local BASES_MAX = 50

-- Words --------------------------------------------------------------------------------------------

local ESCAPED = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }

--- A string of JSON without its escapes; a character that is not ASCII may stay one, and is in no key and no plain URL.
local function plain(raw)
  return (raw:gsub("\\(.)(%x?%x?%x?%x?)", function(letter, hex)
    local code = letter == "u" and #hex == 4 and tonumber(hex, 16)
    if code then return code < 0x80 and string.char(code) or "\\u" .. hex end
    return (ESCAPED[letter] or letter) .. hex
  end))
end

--- Where the string that begins at `first` ends; nil where it does not.
local function end_of(text, first)
  local at = first + 1
  while true do
    local found = text:find('["\\]', at)
    if not found or text:byte(found) == 34 then return found end
    at = found + 2
  end
end

--- Each name before a colon with the string behind it.
---@return { name: string, value: string }[]
local function members_of(text)
  local out, at = {}, 1
  while true do
    local first = text:find('"', at, true)
    local last = first and end_of(text, first)
    if not last then return out end
    local value_at = text:match('^%s*:%s*()"', last + 1)
    local value_end = value_at and end_of(text, value_at)
    if value_end then
      out[#out + 1] = { name = plain(text:sub(first + 1, last - 1)), value = plain(text:sub(value_at + 1, value_end - 1)) }
    end
    at = (value_end or last) + 1
  end
end

-- Where they lead ----------------------------------------------------------------------------------

--- Whether helm has that schema itself.
local function is_built_in(url, later)
  if BUILT_IN[url] then return true end
  local rest = later and url:match "^https?://json%-schema%.org/(.*)$"
  for _, pattern in ipairs(rest and BUILT_IN_LATER or {}) do
    if rest:find(pattern) then return true end
  end
  return false
end

local function without_fragment(text) return (text:gsub("#.*$", "")) end
local function scheme_of(text) return (text:match "^(%a[%w+.-]*):" or ""):lower() end

--- Where a whole reference leads: { url } or { file }, { unclear } where programs may read it in different ways, nil where helm
--- does not follow it.
local function of_whole(text, later)
  local scheme = scheme_of(text)
  if scheme == "file" then
    local path = text:match "^%a+://(/[^?%%\\%c]*)$"
    return path and { file = path } or { unclear = true }
  end
  if scheme ~= "http" and scheme ~= "https" then return nil end -- helm knows no other
  if is_built_in(text, later) then return nil end
  return errors.try(urls.parse, "helm", text) and { url = text } or { unclear = true }
end

--- What references may be relative to: each `$id`, and what those come to that are relative themselves.
---@return string[]? bases  nil where they are too many
local function bases_of(ids)
  local out, seen = {}, {}
  local function add(url)
    if not seen[url] then out[#out + 1], seen[url] = url, true end
  end
  for _, id in ipairs(ids) do
    if scheme_of(id) ~= "" then add(without_fragment(id)) end
  end
  local i = 1
  while out[i] and #out <= BASES_MAX do
    for _, id in ipairs(ids) do
      local ok, url = errors.try(urls.resolve, "helm", out[i], id)
      if ok and scheme_of(id) == "" then add(url) end
    end
    i = i + 1
  end
  return #out <= BASES_MAX and out or nil
end

--- Where a relative reference may lead: of which `$id` it is, is not told from here. Without one helm takes it for a file.
local function of_relative(text, bases, later)
  local path = text:match "^/?([%w_.-][%w_./-]*)$"
  local out = { path and { file = "/" .. path } or not bases[1] and { unclear = true } or nil }
  for _, base in ipairs(bases) do
    local ok, url = errors.try(urls.resolve, "helm", base, text)
    out[#out + 1] = ok and of_whole(url, later) or not ok and { unclear = true } or nil
  end
  return out
end

---@class almanac.SchemaReach
---@field said string       as the schema says it: "$ref http://…"
---@field url? string
---@field file? string      a path from the root
---@field unclear? boolean  where it leads is not plain

--- What helm fetches besides, when it validates values by this schema.
---@param text string
---@param later boolean  helm is 3.18 or later
---@return almanac.SchemaReach[]
function M.reaches(text, later)
  local out, ids, relative = {}, {}, {}
  local function add(reach, said)
    if not reach then return end
    reach.said = said
    out[#out + 1] = reach
  end
  for _, member in ipairs(members_of(text)) do
    local name, value = member.name, member.value
    local said, url = name .. " " .. urls.without_user(value), without_fragment(value)
    if BASES[name] then
      ids[#ids + 1] = value:sub(1, 1) ~= "#" and value or nil
      -- What stands behind "#" in one makes helm 3 look for the rest of it.
      if value:find "#." then add(of_whole(url, later), said) end
    elseif name == "$schema" and later or REFERENCES[name] and scheme_of(url) ~= "" then
      add(of_whole(url, later), said)
    elseif REFERENCES[name] and url ~= "" then
      relative[#relative + 1] = { url = url, said = said }
    end
  end
  local bases = relative[1] and bases_of(ids)
  for _, reference in ipairs(relative) do
    for _, reach in ipairs(bases and of_relative(reference.url, bases, later) or { { unclear = true } }) do add(reach, reference.said) end
  end
  return out
end

return M
