--- The argument list of another program. A word that a script chose never becomes an option: an option
--- and its value are one word ("--namespace=x"), and a word that stands by itself begins with no dash
--- unless it comes behind "--", which not every program knows.
local errors = require "almanac.base.errors"

local M = {}

---@class almanac.Arguments
---@field private who string
---@field private words string[]
local Arguments = {}
Arguments.__index = Arguments

--- A list that begins with words of ours: `arguments.new("helm.upgrade", "helm", "upgrade")`.
---@param who string public function, for errors
---@param ... string
---@return almanac.Arguments
function M.new(who, ...)
  return setmetatable({ who = who, words = { ... } }, Arguments)
end

local function check_text(who, what, value)
  if type(value) ~= "string" or value == "" then
    errors.usage("%s: %s must be a text that is not empty, not %s", who, what,
      type(value) == "string" and "one" or "a " .. type(value))
  end
  if value:find "%z" then errors.usage("%s: %s holds a NUL byte, which no argument can", who, what) end
end

--- Raises kind "usage" for what cannot stand by itself.
---@param who string   public function
---@param what string  the field it comes from
---@param value any
---@return string value
function M.check_word(who, what, value)
  check_text(who, what, value)
  if value:sub(1, 1) ~= "-" then return value end
  errors.raise {
    kind = "usage",
    message = string.format("%s: %s must not begin with a dash: %s would be an option of the program", who, what, value),
    hint = value:find "^%-%-?%w+$" and "leave it out; what the program may be told has fields of its own"
      or string.format("for a file of that name write ./%s", value),
  }
end

--- A word that stands by itself: a name, a path.
---@param what string  the field it comes from, for errors
---@param value string
---@return almanac.Arguments self
function Arguments:word(what, value)
  self.words[#self.words + 1] = M.check_word(self.who, what, value)
  return self
end

--- An option with a value; nothing where there is none.
---@param name string    "--namespace"
---@param value? string|integer
---@return almanac.Arguments self
function Arguments:option(name, value)
  if value == nil then return self end
  local text = tostring(value)
  if text:find "%z" then errors.usage("%s: %s holds a NUL byte, which no argument can", self.who, name) end
  self.words[#self.words + 1] = name .. "=" .. text
  return self
end

--- An option of one letter, whose value is a word behind it; nothing where there is none.
---@param letter string  "-f"
---@param value? string
---@return almanac.Arguments self
function Arguments:short(letter, value)
  if value == nil then return self end
  self.words[#self.words + 1] = letter
  return self:word(letter, value)
end

--- An option without a value, where it is wanted.
---@param name string
---@param wanted any
---@return almanac.Arguments self
function Arguments:flag(name, wanted)
  if wanted then self.words[#self.words + 1] = name end
  return self
end

--- Words behind all others that the program hands on as they are: a command and its arguments, in which a dash is theirs.
---@param what string  the field they come from, for errors
---@param values string[]
---@return almanac.Arguments self
function Arguments:passed_on(what, values)
  for i, value in ipairs(values) do
    check_text(self.who, string.format("%s[%d]", what, i), value)
    self.words[#self.words + 1] = value
  end
  return self
end

--- The last words, behind "--": they may begin with a dash. Only for a program that knows it.
---@param what string  the field they come from, for errors
---@param values string[]
---@return almanac.Arguments self
function Arguments:rest(what, values)
  self.words[#self.words + 1] = "--"
  for i, value in ipairs(values) do
    check_text(self.who, string.format("%s[%d]", what, i), value)
    self.words[#self.words + 1] = value
  end
  return self
end

---@return string[]
function Arguments:list()
  return table.move(self.words, 1, #self.words, 1, {})
end

return M
