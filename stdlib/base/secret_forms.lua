--- The forms in which a secret can turn up in text: as it is, line by line, and as other programs write
--- it down (JSON, Go's JSON, a shell, a URL, hex, base64 at each of its three alignments). Pure.
local base64 = require "almanac.base.base64"
local json = require "native.json"

local M = {}

--- Shorter texts are not looked for: they would blank out half of what is shown.
M.SHORTEST = 4

--- Columns at which programs break long base64: base64(1) and openssl(1).
local WRAPS = { 76, 64 }

---@class almanac.SecretForm
---@field text string
---@field before integer  characters of base64 before it that hold a part of the secret, too
---@field after integer   the same behind it

local function percent(text, format)
  return (text:gsub("[^%w%-%._~]", function(c) return string.format(format, c:byte()) end))
end

local function hex(text, format)
  return (text:gsub(".", function(c) return string.format(format, c:byte()) end))
end

local function quoted_json(text)
  return json.encode(text):sub(2, -2)
end

--- Go writes <, > and & as \u003c in its JSON; kubectl and helm are Go.
local function quoted_go(text)
  return (quoted_json(text):gsub("[<>&]", function(c) return string.format("\\u%04x", c:byte()) end))
end

--- The ways to write a text down that leave it readable.
local function spellings(text)
  return {
    text, quoted_json(text), quoted_go(text), string.format("%q", text):sub(2, -2),
    (quoted_json(text):gsub("\\n", "\n")), (text:gsub("'", "'\\''")), (text:gsub("'", "''")),
  }
end

--- The characters of base64 that the text alone decides, when `skip` bytes of something else come before
--- it in the same group of three.
local function aligned(text, skip)
  local encoded = base64.encode(("\0"):rep(skip) .. text)
  local bits = 8 * (skip + #text)
  local from = skip == 0 and 1 or skip + 2
  return {
    text = encoded:sub(from, bits // 6), before = skip == 0 and 0 or 1, after = bits % 6 == 0 and 0 or 1,
  }
end

local function wrapped(encoded, add)
  for _, width in ipairs(WRAPS) do
    if #encoded > width then
      for at = 1, #encoded, width do add { text = encoded:sub(at, at + width - 1), before = 0, after = 0 } end
    end
  end
end

local function encodings(text, add)
  for _, format in ipairs { "%%%02X", "%%%02x" } do
    local url = percent(text, format)
    add { text = url, before = 0, after = 0 }
    add { text = (url:gsub("%%20", "+")), before = 0, after = 0 }
  end
  add { text = hex(text, "%02x"), before = 0, after = 0 }
  add { text = hex(text, "%02X"), before = 0, after = 0 }
  for skip = 0, 2 do
    local form = aligned(text, skip)
    add(form)
    add { text = form.text:gsub("+", "-"):gsub("/", "_"), before = form.before, after = form.after }
  end
  wrapped(base64.encode(text), add)
end

--- Every form of a secret that is long enough to be looked for, each once.
---@param secret string
---@param whole? boolean  not those of its lines
---@return almanac.SecretForm[]
function M.of(secret, whole)
  local out, seen = {}, {}
  local function add(form)
    if #form.text < M.SHORTEST or seen[form.text] then return end
    seen[form.text] = true
    out[#out + 1] = form
  end
  local trimmed = secret:match "^%s*(.-)%s*$"
  local texts = { secret, trimmed }
  for line in (whole and "" or secret):gmatch "[^\r\n]+" do texts[#texts + 1] = line:match "^%s*(.-)%s*$" end
  for _, text in ipairs(texts) do
    if #text >= M.SHORTEST then
      for _, spelling in ipairs(spellings(text)) do add { text = spelling, before = 0, after = 0 } end
    end
  end
  for _, text in ipairs { secret, trimmed } do
    if #text >= M.SHORTEST then encodings(text, add) end
  end
  return out
end

return M
