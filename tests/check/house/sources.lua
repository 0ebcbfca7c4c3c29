--- The sources as the checks of the house read them: which files there are, their lines, their folders.
local fs = require "native.fs"

local M = {}

--- The places of folders in an order.
---@param order string[]
---@return table<string, integer>
function M.rank_of(order)
  local rank = {}
  for i, folder in ipairs(order) do rank[folder] = i end
  return rank
end

--- All files below a folder, at any depth.
---@param root string
---@param ending string  ".lua", ".[ch]"
---@return string[] paths
function M.below(root, ending)
  local out = {}
  local stars = ""
  repeat
    for _, path in ipairs(fs.list(root .. stars .. "/*" .. ending)) do out[#out + 1] = path end
    stars = stars .. "/*"
  until #fs.list(root .. stars) == 0
  return out
end

--- The lines of a text.
---@param text string
---@return string[]
function M.lines(text)
  local lines = {}
  for line in (text:gsub("\n$", "") .. "\n"):gmatch "(.-)\n" do lines[#lines + 1] = line end
  return lines
end

--- The number of the line at a byte.
---@param text string
---@param at integer
---@return integer
function M.line_at(text, at)
  local _, count = text:sub(1, at):gsub("\n", "")
  return count + 1
end

--- How many there are in a set.
---@param set table<string, boolean>
---@return integer
function M.count(set)
  local count = 0
  for _ in pairs(set) do count = count + 1 end
  return count
end

--- The folder of a file below stdlib/ or runtime/: "k8s/rollout"; "." of one that is in none.
---@param path string
---@return string
function M.folder_of(path)
  return path:match "^[^/]+/(.*)/[^/]*$" or "."
end

return M
