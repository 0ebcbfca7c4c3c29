--- Markup, of HTML, SVG and XML alike: whatever is text is escaped where it is put in, and only what this file made
--- passes as it is. So nothing that a script or a server named can become an element, an attribute or an entity. Pure.
local errors = require "almanac.base.errors"
local terminal = require "native.terminal"

local M = {}

---@class almanac.report.Markup
---@field text string
local Markup = {}
Markup.__index = Markup

local ENTITIES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }

--- Text as it may stand between tags. What XML cannot hold, what hides and what turns text round is spelt.
---@param text any
---@return string
local function escape(text)
  text = tostring(text)
  if not text:find "[^?-~(-; !#-%%=]" then return text end -- most is plain
  if text:find "[^\n\32-\126]" then text = terminal.spelt(text) end
  return (text:gsub("[&<>\"']", ENTITIES))
end

local add

local function add_list(out, list)
  local count = 0
  for i, one in ipairs(list) do
    add(out, one)
    count = i
  end
  local left_off = next(list, count > 0 and count or nil)
  if left_off ~= nil then errors.raise { kind = "internal", message = "a list of markup has a hole; join() takes what may be nil" } end
end

function add(out, item)
  local kind = type(item)
  if kind == "string" then
    out[#out + 1] = escape(item)
  elseif kind == "table" then
    if getmetatable(item) == Markup then out[#out + 1] = item.text else add_list(out, item) end
  elseif item then
    out[#out + 1] = escape(item)
  end
end

--- Several pieces as one; text is escaped.
---@param ... any  markup, text, lists of them; nil and false are left out
---@return almanac.report.Markup
function M.join(...)
  local out, items = {}, { ... }
  for i = 1, select("#", ...) do add(out, items[i]) end
  return setmetatable({ text = table.concat(out) }, Markup)
end

--- Elements of HTML that have no end tag.
local VOID = { meta = true, input = true, br = true, hr = true }

--- The beginning of an element.
local function opening(name, attributes)
  local out = { "<", name }
  for i = 1, attributes and #attributes or 0, 2 do
    local key, value = attributes[i], attributes[i + 1]
    if value == true then
      out[#out + 1] = " " .. key
    elseif value then
      local text = escape(value)
      if text:find "[\n\t]" then text = text:gsub("[\n\t]", { ["\n"] = "&#10;", ["\t"] = "&#9;" }) end
      out[#out + 1] = ' ' .. key .. '="' .. text .. '"'
    end
  end
  out[#out + 1] = ">"
  return table.concat(out)
end

local function enclose(first, last, ...)
  local out, items = { first }, { ... }
  for i = 1, select("#", ...) do add(out, items[i]) end
  out[#out + 1] = last
  return setmetatable({ text = table.concat(out) }, Markup)
end

--- An element.
---@param name string
---@param attributes? any[]  name, value, name, value…: a value that is false leaves its name out, true has none; no nil
---@param ... any            what is in it, as of join
---@return almanac.report.Markup
function M.tag(name, attributes, ...)
  local first = opening(name, attributes)
  if VOID[name] then return setmetatable({ text = first }, Markup) end
  return enclose(first, "</" .. name .. ">", ...)
end

--- A function that makes elements of one name and the same attributes: for those of which there are thousands.
---@param name string
---@param attributes? any[]
---@return fun(...: any): almanac.report.Markup
function M.maker(name, attributes)
  local first, last = opening(name, attributes), "</" .. name .. ">"
  return function(...) return enclose(first, last, ...) end
end

--- A text of this program's own that is markup already: a style sheet, a declaration.
---@param text string
---@return almanac.report.Markup
function M.raw(text)
  return setmetatable({ text = text }, Markup)
end

return M
