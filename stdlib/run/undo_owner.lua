--- Whose undo takes back what was done at a path, and how that is said: of a run that is taken back, and of one that
--- is planned. Pure.
local M = {}

--- The outermost of these steps that contains the path: its undo stands for all that is in it.
---@generic T
---@param by_path table<string, T>  the steps that have an undo
---@param path string
---@return T?
function M.of(by_path, path)
  local owner
  while path do
    owner = by_path[path] or owner
    path = path:match "^(.*)/"
  end
  return owner
end

---@class almanac.UndoAuthor  a function of the script that takes something back
---@field at string         where it stands
---@field bounded boolean?  the runbook's `allow` bounds what it does

--- What is not known of an undo before it runs: it goes by results.
local function whatever(author)
  return string.format(": whatever %s does%s", author.at, author.bounded and ", within allow" or "")
end

--- The undo of a planned step, in words.
---@param path string
---@param title string  of the newest effect that it takes back
---@param author almanac.UndoAuthor
---@return string
function M.of_planned_step(path, title, author)
  return string.format("%s: its undo, for %s%s", path, title, whatever(author))
end

--- The undo of a planned effect of the script's own, in words.
---@param path string
---@param title string
---@param author almanac.UndoAuthor
---@return string
function M.of_own_effect(path, title, author)
  return M.of_effect(path, title) .. whatever(author)
end

--- The undo of a step, in words.
---@param path string
---@param title string?  of the newest effect that it takes back; nil: it made none
---@return string
function M.of_step(path, title)
  return string.format("%s: its undo%s", path, title and " (takes back " .. title .. ")" or "")
end

--- The undo of an effect, in words.
---@param path string
---@param title string
---@param unkept string?  why what was there before it cannot be put back
---@return string
function M.of_effect(path, title, unkept)
  if unkept then return string.format("%s: CANNOT take back %s: %s", path, title, unkept) end
  return path .. ": takes back " .. title
end

return M
