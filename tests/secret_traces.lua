--- What may be in no artefact of a run that has secrets: each of them, its lines, and the forms in which other
--- programs write it.
local base64 = require "almanac.base.base64"
local json = require "native.json"
local t = require "tests.harness"

local M = {}

--- The secrets of the tests. Two are words that text is full of: those are looked for as values (lacks_words).
M.secrets = {
  AWKWARD = 'p"as\'s\\wörd\nand-more',
  PEM = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEF\nQx7y9zUw3vTb==\n-----END PRIVATE KEY-----\n",
  WORD = "true",
  PIN = "1795",
  INNER = "hunter2",
  OUTER = "hunter2-extended-tail",
}

local LONG = { "AWKWARD", "PEM", "OUTER", "INNER" }

local function percent(text, format)
  return (text:gsub("[^%w%-._~]", function(c) return string.format(format, c:byte()) end))
end

local function hex(text, format)
  return (text:gsub(".", function(c) return string.format(format, c:byte()) end))
end

--- Every trace of the long ones.
---@return string[]
function M.all()
  local out = {}
  local function add(text) out[#out + 1] = text end
  for _, name in ipairs(LONG) do
    local text = M.secrets[name]
    for line in text:gmatch "[^\n]+" do
      add(line)
      add((line:gsub('["\\]', "\\%0")))
      add(json.encode(line):sub(2, -2))
    end
    add(hex(text, "%02x"))
    add(hex(text, "%02X"))
    for skip = 0, 2 do
      local encoded = base64.encode(("x"):rep(skip) .. text)
      local middle = encoded:sub(5, math.min(28, #encoded - 4))
      add(middle)
      add((middle:gsub("+", "-"):gsub("/", "_")))
    end
    add(percent(text, "%%%02X"))
    add(percent(text, "%%%02x"))
  end
  return out
end

--- Fails where a text holds a trace.
---@param what string
---@param text string
function M.lacks(what, text)
  for _, trace in ipairs(M.all()) do t.lacks(text, trace, what) end
end

--- Fails where a value of JSON is, or holds as a word, one of the short secrets. Digests and ids are none.
---@param what string
---@param value any
function M.lacks_words(what, value)
  if type(value) == "table" then
    for key, item in pairs(value) do M.lacks_words(what .. "." .. tostring(key), item) end
  elseif type(value) == "string" and not value:find "^[%x:-]+$" then
    for _, name in ipairs { "WORD", "PIN" } do
      t.ok(not (" " .. value .. " "):find("%f[%w]" .. M.secrets[name] .. "%f[%W]"), what .. ": " .. value)
    end
  end
end

return M
