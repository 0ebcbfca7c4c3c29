--- Excerpts of the scripts that a run was made with: the line at which something happened, and those around it. From
--- the texts that the journal keeps, so that the lines are those of then. Pure.
local M = {}

local AROUND = 3 -- lines before and behind

---@class almanac.report.Excerpt
---@field path string
---@field line integer
---@field lines { number: integer, text: string, here: boolean? }[]

--- The lines around a place; nil where the text is not kept, or has no such line.
---@param sources table<string, string>  texts by path
---@param at string?                     "path:line"
---@return almanac.report.Excerpt?
function M.of(sources, at)
  local path, number = tostring(at or ""):match "^(.*):(%d+)$"
  local text, wanted = path and sources[path], math.tointeger(tonumber(number))
  if type(text) ~= "string" or not wanted then return nil end
  local out, n = { path = path, line = wanted, lines = {} }, 0
  for line in (text:gsub("\n$", "") .. "\n"):gmatch "(.-)\r?\n" do
    n = n + 1
    if n >= wanted - AROUND and n <= wanted + AROUND then
      table.insert(out.lines, { number = n, text = line, here = n == wanted or nil })
    end
  end
  return n >= wanted and out or nil
end

return M
