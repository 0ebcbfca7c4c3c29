--- A Lua file that a script requires: how it is named, and where it is looked for.
local errors = require "almanac.base.errors"
local fs = require "native.fs"
local source = require "almanac.base.source"

local M = {}

--- Whether a value is a name that require takes: "lib.devnet".
---@param name any
---@return boolean
function M.is_name(name)
  return type(name) == "string" and name:find "^[%w_%.]+$" ~= nil and not name:find "%.%."
end

--- Whether a path is that of a library: files below a directory lib/ are required by runbooks, and return what they like.
---@param path string
---@return boolean
function M.is_library(path)
  return ("/" .. path):find("/lib/", 1, true) ~= nil
end

--- The folder that a script's names begin in.
---@param script_path string
---@return string  "" or with its "/"
function M.directory(script_path)
  return script_path:match "^(.*/)[^/]*$" or ""
end

--- Where the file is beside the script, and where it is built in.
---@param directory string
---@param name string
---@return string own
---@return string builtin
function M.paths(directory, name)
  local file = name:gsub("%.", "/") .. ".lua"
  return directory .. file, "runbooks/" .. file
end

--- The file: of texts that were kept, beside the script, or built in.
---@param directory string
---@param name string
---@param kept table<string, string>?  by path
---@return string? text  nil: there is none
---@return string? path
function M.find(directory, name, kept)
  local own, builtin = M.paths(directory, name)
  for _, path in ipairs(kept and { own, builtin } or {}) do
    if kept[path] then return kept[path], path end
  end
  return M.text(own, builtin)
end

--- Refuses to run a file on disk that is another user's, or that others can write: it, or a directory that it is in.
---@param path string  of a file that was loaded
function M.trust(path)
  if fs.exists(path) then fs.check_script(path) end -- else it is built in
end

--- The text of a script's file, as source.file has it; a link to what is no Lua file is refused.
---@param path string
---@param builtin string|false
---@return string? text
---@return string? path
function M.text(path, builtin)
  local text, found, leads = source.file(path, builtin)
  if not leads then return text, found end
  errors.raise {
    kind = "refused", message = string.format("%s is a link to %s, which is no Lua file", path, leads),
    hint = "put the file itself there; nothing of it was read",
  }
end

return M
