--- The gate before everything that is shown, journalled, planned or handed to an error: what is known to
--- be secret is replaced by its label. Data are redacted before they are encoded, and only their texts:
--- never syntax, keys or numbers, so that what is written stays what it is.
local forms_of = require "almanac.base.secret_forms"
local json = require "native.json"

local M = {}

---@class almanac.KnownForm: almanac.SecretForm
---@field label string

local known = {} ---@type almanac.KnownForm[]
local labels = {} ---@type table<string, string> by the text of the form
local opaque = setmetatable({}, { __mode = "k" }) ---@type table<table, string> secrets, and their labels
local any = false
local longest_form = 0 -- bytes

local USERINFO = "(secret userinfo)"
--- Where a program's output was cut: on either side half a secret may stand.
local CUT = "%[… %d+ bytes left out …%]"

--- Makes a text, and all its forms, be hidden from now on. What is known already keeps its label.
---@param text string
---@param label string shown in its place
---@param whole? boolean  its lines alone are none: it is text around secrets that are known
function M.know(text, label, whole)
  any = true
  for _, form in ipairs(forms_of.of(text, whole)) do
    if not labels[form.text] then
      form.label = label
      longest_form = math.max(longest_form, #form.text)
      labels[form.text] = label
      known[#known + 1] = form
    end
  end
end

--- Makes a value that stands for a secret be written as its label.
---@param value table
---@param label string
function M.know_opaque(value, label)
  any = true
  opaque[value] = label
end

-- Ranges of a text ---------------------------------------------------------------------------------

local function widened(text, form, from, to)
  if form.before > 0 and from > 1 and text:find("^[%w+/_-]", from - 1) then from = from - 1 end
  if form.after > 0 and text:find("^[%w+/_-]", to + 1) then
    to = to + 1
    to = select(2, text:find("^=*", to + 1))
  end
  return from, to
end

local function add_forms(text, ranges)
  for _, form in ipairs(known) do
    local from, to = text:find(form.text, 1, true)
    while from do
      local first, last = widened(text, form, from, to)
      ranges[#ranges + 1] = { from = first, to = last, label = form.label, length = #form.text }
      from, to = text:find(form.text, to + 1, true)
    end
  end
end

--- user:password@ of a URL; the user alone where the scheme takes no password from there.
local function add_userinfo(text, ranges)
  local at = 1
  while true do
    local from, to = text:find("://", at, true)
    if not from then return end
    local info = text:match("^([^/%s\"'`<>?#]*)@", to + 1)
    local scheme = text:sub(1, from - 1):match "[%w+.-]*$"
    if info and info ~= "" and (info:find(":", 1, true) or scheme:find "^http" or scheme:find "^ws") then
      ranges[#ranges + 1] = { from = to + 1, to = to + #info, label = USERINFO, length = 0 }
    end
    at = to + 1
  end
end

--- How much of the form's beginning the text before the cut ends with.
local function head_at(text, cut, form)
  for n = math.min(#form - 1, cut - 1), forms_of.SHORTEST, -1 do
    if text:sub(cut - n, cut - 1) == form:sub(1, n) then return n end
  end
  return 0
end

local function tail_at(text, cut, form)
  for n = math.min(#form - 1, #text - cut), forms_of.SHORTEST, -1 do
    if text:sub(cut + 1, cut + n) == form:sub(-n) then return n end
  end
  return 0
end

local function add_one_cut(text, from, to, ranges)
  local head_end = text:sub(from - 1, from - 1) == "\n" and from - 1 or from
  local tail_start = text:sub(to + 1, to + 1) == "\n" and to + 1 or to
  for _, form in ipairs(known) do
    for _, ending in ipairs { head_end, from } do
      local head = head_at(text, ending, form.text)
      if head > 0 then ranges[#ranges + 1] = { from = ending - head, to = ending - 1, label = form.label, length = head } end
    end
    local tail = tail_at(text, tail_start, form.text)
    if tail > 0 then
      ranges[#ranges + 1] = { from = tail_start + 1, to = tail_start + tail, label = form.label, length = tail }
    end
  end
end

local function add_cuts(text, ranges)
  local from, to = text:find(CUT)
  while from do
    add_one_cut(text, from, to, ranges)
    from, to = text:find(CUT, to + 1)
  end
end

local function before(a, b)
  if a.from ~= b.from then return a.from < b.from end
  if a.to ~= b.to then return a.to > b.to end
  return a.length > b.length
end

--- The text with ranges replaced; those that overlap are one, with the label of the longest.
local function replace(text, ranges)
  table.sort(ranges, before)
  local out, done, i = {}, 0, 1
  while ranges[i] do
    local longest, to = ranges[i], ranges[i].to
    out[#out + 1] = text:sub(done + 1, longest.from - 1)
    i = i + 1
    while ranges[i] and ranges[i].from <= to do
      to = math.max(to, ranges[i].to)
      if ranges[i].length > longest.length then longest = ranges[i] end
      i = i + 1
    end
    out[#out + 1] = longest.label
    done = to
  end
  out[#out + 1] = text:sub(done + 1)
  return table.concat(out)
end

--- A digest is no text: it may hold the digits of a short secret, and must stay what it is.
local function is_digest(text)
  return (#text == 64 or #text == 40 or #text == 16) and not text:find "%X" and not labels[text]
end

local function ranges_of(text)
  local ranges = {}
  add_forms(text, ranges)
  if text:find("://", 1, true) then add_userinfo(text, ranges) end
  if known[1] then add_cuts(text, ranges) end
  return ranges
end

--- The text with everything secret in it replaced by labels.
---@param text string
---@return string
function M.text(text)
  if not known[1] and not text:find("://", 1, true) or is_digest(text) then return text end
  local ranges = ranges_of(text)
  return ranges[1] and replace(text, ranges) or text
end

--- The first bytes of a text, for people: what is secret is hidden before the cut, which could leave half of it.
---@param text string
---@param max integer  bytes
---@return string
function M.excerpt(text, max)
  text = M.text(text)
  if #text <= max then return text end
  return (text:sub(1, (utf8.offset(text, 0, max + 1) or max + 1) - 1)) .. "…"
end

--- The last bytes of a text, from the beginning of a line, in the same way.
---@param text string
---@param max integer  bytes
---@return string
function M.ending(text, max)
  text = M.text(text)
  if #text <= max then return text end
  local cut = text:sub(-max)
  return "[…]" .. (cut:match "\n.*$" or cut)
end

local USERINFO_MAX = 4096 -- bytes that are waited for

--- How much of a text that goes on elsewhere may be shown: no secret, and no character, begins in it and ends
--- behind it.
---@param text string
---@return integer bytes  from the start
function M.settled(text)
  local last = math.max(0, #text - longest_form - 1) -- base64 takes one character more
  local url = text:find("[%w+.-]*://[^/%s\"'`<>?#@]*$", math.max(1, #text - USERINFO_MAX))
  if url then last = math.min(last, url - 1) end
  local ranges = ranges_of(text)
  table.sort(ranges, before)
  for i = #ranges, 1, -1 do
    if ranges[i].from <= last and ranges[i].to > last then last = ranges[i].from - 1 end
  end
  while last > 0 and text:find("^[\x80-\xBF]", last + 1) do last = last - 1 end
  return last
end

--- Whether anything in the text would be hidden.
---@param text string
---@return boolean
function M.hides(text)
  return M.text(text) ~= text
end

-- Data -------------------------------------------------------------------------------------------

--- The fields of a Kubernetes Secret that hold its values.
local SECRET_FIELDS = { data = true, stringData = true }

local function is_kubernetes_secret(value)
  return rawget(value, "kind") == "Secret" and type(rawget(value, "apiVersion")) == "string"
end

local function conceal_values(name, values)
  if type(values) ~= "table" or opaque[values] then return M.data(values) end
  local out = {}
  for key, value in next, values do
    out[key] = type(value) == "string" and not value:find "^%(secret " and string.format("(secret %s/%s)", name, tostring(key))
      or M.data(value)
  end
  return out
end

local function copy_of(value, kept)
  local copy = {}
  local is_secret = is_kubernetes_secret(value)
  local metadata = rawget(value, "metadata")
  local name = is_secret and type(metadata) == "table" and tostring(rawget(metadata, "name") or "?")
  for key, item in next, value do
    if is_secret and SECRET_FIELDS[key] then
      copy[key] = conceal_values(name or "?", item)
    elseif kept and kept[key] then
      copy[key] = item
    else
      copy[key] = M.data(item)
    end
  end
  if rawlen(value) == 0 and json.is_array(value) then json.array(copy) end
  return copy
end

--- A copy of plain data with its texts redacted, its opaque secrets as their labels and the values of
--- Kubernetes Secrets concealed. It reads by raw access alone.
---@param value any
---@param kept? table<string, boolean>  fields of the outermost table that hold words of ours, never secrets
---@return any
function M.data(value, kept)
  if type(value) == "string" then return M.text(value) end
  if type(value) ~= "table" then return value end
  if opaque[value] then return opaque[value] end
  if type(getmetatable(value)) == "string" then return value end -- what a plan does not know
  return copy_of(value, kept)
end

--- Whether data written as this text cannot hold anything to hide.
local function is_clean(text)
  return not any and not text:find("://", 1, true) and not text:find('"Secret"', 1, true)
end

--- JSON of data, redacted.
---@param value any
---@param options? table  of json.encode
---@param kept? table<string, boolean>  as in data()
---@return string
function M.encode(value, options, kept)
  if any then return json.encode(M.data(value, kept), options) end
  local text = json.encode(value, options)
  return is_clean(text) and text or json.encode(M.data(value, kept), options)
end

--- What a step or an effect gives back: as the journal will give it back, so that a run that is resumed
--- computes with the same.
---@param value any
---@return any
function M.result(value)
  if value == nil or not any and type(value) ~= "table" and type(value) ~= "string" then return value end
  return M.data(value)
end

return M
