--- Names of steps. They are joined to paths ("canary/upgrade the release", "…#2" for an effect), journalled and shown, so
--- a name cannot hold what separates these, nor what no terminal and no file of the journal takes. Pure.
local digest = require "native.digest"
local plain_name = require "almanac.base.plain_name"

local M = {}

--- Bytes of a name, and of a path: with what effects add to it the journal takes it.
M.MAX, M.PATH_MAX = 1000, 4000

local SEPARATORS = "[/#%c]"

--- Why a text cannot be a step's name as it stands.
---@param text any
---@return string? why  "cannot hold …"; nil when it can
function M.fault(text)
  if type(text) == "string" and text:find "[/#]" then return "cannot hold '/' or '#'" end
  return plain_name.fault(text, M.MAX)
end

--- Whether a path is that of a step, or lies in it.
---@param path string
---@param outer string  of the step
---@return boolean
function M.is_within(path, outer)
  return path == outer or path:sub(1, #outer + 1) == outer .. "/"
end

--- Where a path is when a step that it is that of, or lies in, has another one; another path is as it was.
---@param path string
---@param from string  of the step
---@param to string
---@return string
function M.moved(path, from, to)
  return M.is_within(path, from) and to .. path:sub(#from + 1) or path
end

--- Gives what is known by the path of a step, or below it, its new path.
---@param by_path table<string, any>
---@param from string
---@param to string
function M.move(by_path, from, to)
  local found = {}
  for path in pairs(by_path) do
    if M.is_within(path, from) then found[#found + 1] = path end
  end
  for _, path in ipairs(found) do by_path[M.moved(path, from, to)], by_path[path] = by_path[path], nil end
end

---@param text string
---@return boolean
function M.fits(text)
  return M.fault(text) == nil
end

--- Enough of a text for a name of it, in valid UTF-8.
local function beginning(text)
  if #text > 4 * M.MAX then text = text:sub(1, 4 * M.MAX):gsub("[\192-\255]?[\128-\191]*$", "") end
  return utf8.len(text) and text or (text:gsub("[\128-\255]", "?"))
end

--- The name of a step that is known by a text for people, such as a question: the text, with a space for
--- what no name can hold, and a digest for what is too long. A text that is a name is its own.
---@param text string
---@return string name  "" when nothing is left
function M.of(text)
  if M.fits(text) then return text end
  local name = beginning(text):gsub("[%s/#]*" .. SEPARATORS .. "[%s/#%c]*", " "):gsub("^ ", ""):gsub(" $", "")
  if #name <= M.MAX and #text <= 4 * M.MAX then return name end
  local cut = utf8.offset(name, 0, math.min(#name, M.MAX - 20) + 1)
  return name:sub(1, cut - 1) .. "… " .. digest.sha256(text):sub(1, 8)
end

return M
