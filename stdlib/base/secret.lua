--- Secrets: opaque values. Scripts can pass them on and print them (as "(secret NAME)"); only the
--- stdlib opens them, to hand them to a native. Whatever is written goes through redact().
local M = {}

local texts = setmetatable({}, { __mode = "k" })
local known = {} ---@type table<string, string> text → what stands in its place

local Secret = {}
Secret.__metatable = "secret"
Secret.__tostring = function(self) return self.label end
Secret.__index = function() return nil end
--- Text with a secret in it is a secret: "Bearer " .. token is sent whole and shown as "Bearer (secret token)".
Secret.__concat = function(a, b)
  local value = M.new("", tostring(M.reveal(a)) .. tostring(M.reveal(b)))
  value.label = tostring(a) .. tostring(b)
  known[M.reveal(value)] = value.label
  return value
end

--- Shorter texts are not redacted from output: they would blank out half of it.
local REDACT_MIN = 4

---@param name string shown in its place
---@param text string
---@return table secret
function M.new(name, text)
  local label = "(secret " .. name .. ")"
  local value = setmetatable({ label = label }, Secret)
  texts[value] = text
  if #text >= REDACT_MIN then known[text] = label end
  return value
end

--- The secret in another form (encoded, quoted): shown as the one it is made from, and redacted as well.
---@param value table a secret
---@param fn fun(text: string): string
---@return table secret
function M.map(value, fn)
  local text = fn(texts[value])
  local out = setmetatable({ label = rawget(value, "label") }, Secret)
  texts[out] = text
  if #text >= REDACT_MIN then known[text] = out.label end
  return out
end

--- A secret by where it is: env:NAME and file:PATH say so, any other text is the secret itself.
---@param name string shown in its place
---@param text string
---@return table? secret
---@return string? must what the text has to be, when it is not
function M.find(name, text)
  local variable, path = text:match "^env:(.+)$", text:match "^file:(.+)$"
  if variable then
    local value = require("native.sys").getenv(variable)
    if not value then return nil, "in the environment as " .. variable .. ", which is not set" end
    return M.new(name, value)
  elseif path then
    local ok, content = pcall(require("native.fs").read, path)
    if not ok then return nil, "a readable file, and " .. path .. " is not" end
    return M.new(name, content:match "^(.-)\r?\n?$")
  end
  return M.new(name, text)
end

---@return boolean
function M.is(value)
  return texts[value] ~= nil
end

--- The text of a secret; any other value as it is. Not for scripts.
function M.reveal(value)
  return texts[value] or value
end

--- A table of data, and no opaque value of another kind (what a plan does not know).
local function is_plain(value)
  return type(value) == "table" and type(getmetatable(value)) ~= "string"
end

--- A copy of plain data with its secrets opened. Not for scripts.
function M.reveal_all(value)
  if texts[value] then return texts[value] end
  if not is_plain(value) then return value end
  local copy = setmetatable({}, getmetatable(value))
  for k, v in pairs(value) do copy[k] = M.reveal_all(v) end
  return copy
end

--- A copy of plain data with each secret as its label.
function M.conceal_all(value)
  if texts[value] then return tostring(value) end
  if not is_plain(value) then return value end
  local copy = setmetatable({}, getmetatable(value))
  for k, v in pairs(value) do copy[k] = M.conceal_all(v) end
  return copy
end

--- The text with every known secret replaced by its label.
---@param text string
---@return string
function M.redact(text)
  for plain, label in pairs(known) do
    local from = 1
    while true do
      local i, j = text:find(plain, from, true)
      if not i then break end
      text = text:sub(1, i - 1) .. label .. text:sub(j + 1)
      from = i + #label
    end
  end
  return text
end

return M
