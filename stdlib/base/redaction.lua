--- The gate before everything that is shown, journalled, planned or handed to an error: what is known to
--- be secret is replaced by its label. Data are redacted before they are encoded, and only their texts:
--- never syntax, keys or numbers, so that what is written stays what it is.
local echoed = require "almanac.base.echoed"
local json = require "native.json"

local M = {}

--- Shorter texts are not looked for: they would blank out half of what is shown.
local SHORTEST = 4
--- Shorter secrets are not looked for in names.
local NAME_MIN = 8

---@class almanac.KnownText
---@field text string
---@field label string

local known = {} ---@type almanac.KnownText[]  by their number among the needles
local numbers = {} ---@type table<string, integer>
local needles = require("native.needles").new()
local holds_any = require("native.needles").any
local opaque = setmetatable({}, { __mode = "k" }) ---@type table<table, string> secrets, and their labels
local any = false

local USERINFO = "(secret userinfo)"
--- What stands for a secret is none.
local A_LABEL = "^%(secret [^()\n]*%)$"
--- Where a program's output was cut: on either side half a secret may stand.
local CUT = "%[… %d+ bytes left out …%]"

local function know_one(text, label)
  if #text < SHORTEST or numbers[text] then return end
  local number = needles:add(text)
  known[number], numbers[text] = { text = text, label = label }, number
end

local function know_lines(text, label, whole)
  know_one(text, label)
  know_one(text:match "^%s*(.-)%s*$", label)
  for line in (whole and "" or text):gmatch "[^\r\n]+" do know_one(line:match "^%s*(.-)%s*$", label) end
end

--- Makes a text be hidden from now on, however it is spelt or encoded. What is known already keeps its label.
---@param text string
---@param label string shown in its place
---@param whole? boolean  its lines alone are none: it is text around secrets that are known
function M.know(text, label, whole)
  if text:find(A_LABEL) then return end
  any = true
  know_lines(text, label, whole)
  if text:find("\\", 1, true) then know_lines(echoed.interpreted(text), label, whole) end
end

--- Makes a value that stands for a secret be written as its label.
---@param value table
---@param label string
function M.know_opaque(value, label)
  any = true
  opaque[value] = label
end

-- Ranges of a text ---------------------------------------------------------------------------------

--- A digest is no text: it may hold the digits of a short secret, and must stay what it is.
local function is_digest(text)
  return (#text == 64 or #text == 40 or #text == 16) and not text:find "%X"
end

---@param text string
---@param ranges table[]
---@param first? integer  so many last bytes of a secret count where the text begins
---@param last? integer   so many first bytes of one where it ends
local function add_known(text, ranges, first, last)
  local places = needles:find(text, first, last)
  local digest = places and is_digest(text)
  for i = 1, places and #places or 0, 4 do
    local from, to, one, encoded = places[i], places[i + 1], known[places[i + 2]], places[i + 3] == 1
    if not digest or encoded or to - from + 1 == #text then
      ranges[#ranges + 1] = { from = from, to = to, label = one.label, length = #one.text, text = one.text }
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
      ranges[#ranges + 1] = { from = to + 1, to = to + #info, label = USERINFO, length = 0, known_by = from - #scheme }
    end
    at = to + 1
  end
end

--- Names of parameters in a URL whose value opens something: presigned addresses, webhooks, APIs.
local PARAMETERS = {}
for name in ([[access_token api_key apikey auth_token client_secret id_token passwd password private_token refresh_token secret sig
  signature token x-amz-security-token x-amz-signature x-goog-signature]]):gmatch "%S+" do PARAMETERS[name] = true end

--- The values of such parameters.
local function add_parameters(text, ranges)
  for from, name, value, to in text:gmatch "()[?&;]([%w_.-]+)=()[^&;#%s\"'`<>)]+()" do
    local is_hidden = text:find("^%(secret ", value)
    if PARAMETERS[name:lower()] and not is_hidden and text:sub(1, from):find "://[^%s\"'`<>]*$" then
      ranges[#ranges + 1] = { from = value, to = to - 1, label = "(secret " .. name .. ")", length = 0 }
    end
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

local function ranges_of(text, first, last)
  local ranges = {}
  if known[1] then add_known(text, ranges, first, last) end
  if text:find("://", 1, true) then
    add_userinfo(text, ranges)
    add_parameters(text, ranges)
  end
  return ranges
end

local function redacted(text, first, last)
  local ranges = ranges_of(text, first, last)
  return ranges[1] and replace(text, ranges) or text
end

--- A text of which parts were left out: half a secret may stand on either side of each cut, which may have a line
--- of its own.
local function redacted_parts(text)
  local out, at, from, to = {}, 1, text:find(CUT)
  while from do
    local part, newline = text:sub(at, from - 1):match "^(.-)(\n?)$"
    out[#out + 1] = redacted(part, at > 1 and SHORTEST or nil, SHORTEST) .. newline .. text:sub(from, to)
    at = to + 1
    if text:sub(at, at) == "\n" then out[#out + 1], at = "\n", at + 1 end
    from, to = text:find(CUT, at)
  end
  out[#out + 1] = redacted(text:sub(at), SHORTEST)
  return table.concat(out)
end

--- The text with everything secret in it replaced by labels.
---@param text string
---@return string
function M.text(text)
  if not known[1] then return text:find("://", 1, true) and redacted(text) or text end
  return text:find("bytes left out …]", 1, true) and redacted_parts(text) or redacted(text)
end

--- The rest of a text, of which so many bytes were shown before it was known what they begin.
---@param text string
---@param shown integer  bytes
---@return string
function M.rest(text, shown)
  if shown == 0 then return M.text(text) end
  local ranges = {}
  for _, range in ipairs(ranges_of(text)) do
    range.from = math.max(range.from, shown + 1)
    if range.to > shown then ranges[#ranges + 1] = range end
  end
  return replace(text, ranges):sub(shown + 1)
end

--- A name: the key of a table, the kind of an error. Only what is unmistakable is hidden in it: a secret that is a word, or
--- a few digits, would change what the data are.
---@param name any
---@return any
function M.name(name)
  if type(name) ~= "string" or #name < NAME_MIN or not known[1] then return name end
  local ranges = {}
  add_known(name, ranges)
  for i = #ranges, 1, -1 do
    local text = ranges[i].text
    if #text < NAME_MIN or not text:find "%A" and #text < 2 * NAME_MIN then table.remove(ranges, i) end
  end
  return ranges[1] and replace(name, ranges) or name
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
local SPELLING_MAX = 16 -- bytes of text that may say the first one of a secret: "&#x00000061;"
--- So much of a secret's beginning keeps a line from being shown before the next one has come: bytes in the clear, bits
--- in base64, which programs break as they like.
local HOLD_PLAIN, HOLD_ENCODED = 6, 24

--- Where a secret may begin, at the end of a text that goes on elsewhere.
---@param text string
---@return integer at  behind the text when none does
function M.open_at(text)
  return known[1] and needles:open(text, 1, 1) or #text + 1
end

--- From which byte on a text that goes on elsewhere is to be held back.
local function held_from(text, more)
  if not more then return known[1] and needles:open(text, HOLD_PLAIN, HOLD_ENCODED) or #text + 1 end
  local at = #text + 1
  if known[1] then at = math.min(M.open_at(text), math.max(1, #text - SPELLING_MAX)) end
  local url = text:find("[%w+.-]*://[^/%s\"'`<>?#@]*$", math.max(1, #text - USERINFO_MAX))
  return url and math.min(at, url) or at
end

local function line_start(text, last)
  return last < #text and #(text:sub(1, last):match "^.*\n" or "") or last
end

--- How much of a text that goes on elsewhere may be shown: no secret, and no character, begins in it and ends
--- behind it.
---@param text string
---@param more boolean  its last line goes on; else whole lines are shown, and one is held back for more of a secret
---@return integer bytes  from the start
function M.settled(text, more)
  local last = held_from(text, more) - 1
  local ranges = ranges_of(text)
  table.sort(ranges, before)
  for i = #ranges, 1, -1 do
    if not more then last = line_start(text, last) end
    local from = ranges[i].known_by or ranges[i].from
    if from <= last and ranges[i].to > last then last = from - 1 end
  end
  if not more then return line_start(text, last) end
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

--- Whether a header opens something for whoever has it.
local function is_credential(name)
  name = type(name) == "string" and name:lower() or ""
  return name:find "authorization$" or name:find "cookie$" or name:find "token$" or name:find "secret$" or name:find "api%-?key$"
    or name:find "password$" or name:find "signature$"
end

--- Headers of a request or an answer; a secret that is one has its own label.
local function conceal_headers(headers)
  local out = {}
  for name, value in next, headers do
    local is_text = type(value) == "string" and value ~= "" and not value:find "^%a*%s?%(secret "
    out[name] = is_text and is_credential(name) and string.format("(secret %s)", name:lower()) or M.data(value)
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
    elseif key == "headers" and type(item) == "table" and not opaque[item] and type(getmetatable(item)) ~= "string" then
      copy[key] = conceal_headers(item)
    else
      copy[M.name(key)] = M.data(item)
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

--- JSON of data, redacted.
---@param value any
---@param options? table  of json.encode
---@param kept? table<string, boolean>  as in data()
---@return string
function M.encode(value, options, kept)
  if any then return json.encode(M.data(value, kept), options) end
  local text = json.encode(value, options)
  return holds_any(text, "://", '"Secret"', '"headers"') and json.encode(M.data(value, kept), options) or text
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
