--- Secrets: opaque values. Scripts can pass them on and print them (as "(secret NAME)"); only the
--- stdlib opens them, to hand them to a native. Whatever is written goes through redaction.
---
--- What a script does with one is right, or raises in words: two are equal that have the same text. That one is never
--- equal to a text cannot be intercepted in Lua; `almanac check` finds it.
local errors = require "almanac.base.errors"
local json = require "native.json"
local redaction = require "almanac.base.redaction"
local steady = require "almanac.base.steady"
local trace = require "native.trace"

local M = {}

local texts = setmetatable({}, { __mode = "k" })
local shown = setmetatable({}, { __mode = "k" }) ---@type table<table, string> what stands in its place

local Secret = trace.opaque {}

local function labelled(label, text, whole)
  local value = setmetatable({}, Secret)
  texts[value], shown[value] = text, label
  redaction.know(text, label, whole)
  redaction.know_opaque(value, label)
  return value
end

Secret.__metatable = "secret"
Secret.__tostring = function(self) return shown[self] end
Secret.__pairs = function() return function() end end
Secret.__eq = function(a, b) return texts[a] ~= nil and texts[a] == texts[b] end

local function refuse(value, what)
  errors.raise {
    kind = "usage", message = string.format("%s is a secret: %s", tostring(shown[value]), what),
    hint = "two secrets are compared by ==; param.secret takes min_length and pattern; a program gets one in env or stdin",
  }
end

--- A method of texts, which a script called as if it were one.
Secret.__index = function(self, key)
  if type(key) == "string" and string[key] then refuse(self, "a script cannot look into its text, as by " .. key) end
  return nil
end
Secret.__newindex = function(self) refuse(self, "it has no fields") end
Secret.__call = function(self) refuse(self, "it cannot be called") end

for event, what in pairs { len = "a script does not get to know how long it is", unm = "a script cannot count with it" } do
  Secret["__" .. event] = function(self) refuse(self, what) end
end
for _, event in ipairs { "lt", "le", "add", "sub", "mul", "div", "mod", "pow", "idiv" } do
  local what = event:find "^l" and "a script does not get to know which comes first" or "a script cannot count with it"
  Secret["__" .. event] = function(a, b) refuse(texts[a] and a or b, what) end
end
--- Text with a secret in it is a secret: "Bearer " .. token is sent whole and shown as "Bearer (secret token)".
Secret.__concat = steady(function(a, b)
  return labelled(tostring(a) .. tostring(b), tostring(M.reveal(a)) .. tostring(M.reveal(b)))
end)

---@param name string shown in its place
---@param text string
---@return table secret
function M.new(name, text)
  return labelled("(secret " .. name .. ")", text)
end

--- The secret in another form (encoded, quoted): shown as the one it is made from, and redacted as well.
---@param value table a secret
---@param fn fun(text: string): string
---@return table secret
function M.map(value, fn)
  return labelled(shown[value], fn(texts[value]))
end

--- One text of several, of which some may be secrets: then it is a secret, shown with their labels. Used in
--- place of `..` where many are joined.
---@param parts (string|table)[]
---@return string|table
function M.join(parts)
  local labels, opened, any = {}, {}, false
  for i, part in ipairs(parts) do
    any = any or texts[part] ~= nil
    labels[i], opened[i] = shown[part] or part, texts[part] or part
  end
  if not any then return table.concat(parts) end
  return labelled(table.concat(labels), table.concat(opened))
end

local origins = setmetatable({}, { __mode = "k" }) ---@type table<table, string> "env:NAME" or "file:PATH"

local function from(origin, value)
  origins[value] = origin
  return value
end

--- Where a secret can be looked up again; nil where nobody knows.
---@param value any
---@return string? "env:NAME" or "file:PATH"
function M.origin(value)
  return origins[value]
end

--- A secret by where it is: env:NAME and file:PATH say so, any other text is the secret itself.
---@param name string shown in its place
---@param text string
---@return table? secret
---@return string? must what the text has to be, when it is not
function M.find(name, text)
  local variable, path = text:match "^env:(.+)$", text:match "^file:(.+)$"
  if variable then
    local value = require("native.process").getenv(variable)
    if not value then return nil, "in the environment as " .. variable .. ", which is not set" end
    return from(text, M.new(name, value))
  elseif path then
    local ok, content = pcall(require("native.fs").read_given, path, "file of a secret")
    if not ok and content.kind == "refused" then error(content, 0) end -- others had a hand in it
    if not ok then return nil, "a readable file, and " .. path .. " is not" end
    return from(text, M.new(name, content:match "^(.-)\r?\n?$"))
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

--- A raw copy of plain data, each secret as `of` gives it. No metatable comes along: what a script hung
--- on a table must neither see what is written into the copy nor run.
local function copy_all(value, of)
  if texts[value] then return of(value) end
  if not is_plain(value) then return value end
  local copy = {}
  for k, v in next, value do copy[k] = type(v) == "table" and copy_all(v, of) or v end
  if rawlen(value) == 0 and json.is_array(value) then json.array(copy) end
  return copy
end

--- A copy of plain data with its secrets opened. Not for scripts.
function M.reveal_all(value)
  return copy_all(value, M.reveal)
end

--- A copy of plain data with each secret as its label.
function M.conceal_all(value)
  return copy_all(value, tostring)
end

--- Whether plain data hold a secret.
local function holds(value, depth)
  if texts[value] then return true end
  if not is_plain(value) or depth > 128 then return false end -- deeper ones no encoder takes
  for _, item in next, value do
    if type(item) == "table" and holds(item, depth + 1) then return true end
  end
  return false
end

--- The text that data are encoded as: where they hold a secret it is one, as text with a secret in it is.
---@param value any
---@param encode fun(value: any): string
---@return string|table
function M.encoded(value, encode)
  if next(texts) == nil or not holds(value, 0) then return encode(value) end
  return labelled(encode(M.conceal_all(value)), encode(M.reveal_all(value)), true)
end

return M
