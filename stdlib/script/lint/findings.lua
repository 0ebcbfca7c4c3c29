--- Findings: what a check says, in order and in the forms it is shown in.
local lines = require "almanac.base.lines"

local M = {}

--- A longer line is not shown beside what is said of it: nobody wrote it.
local SHOWN_MAX = 1000

---@class almanac.lint.Finding
---@field file string
---@field line integer    from 1
---@field column integer  in characters, from 1
---@field kind "error"|"warning"
---@field rule string     a word per kind of mistake
---@field message string
---@field hint? string    what to do next
---@field source string   the line
---@field mend? { from: string, to: string }  the name that stands there, and the one that was surely meant

---@class almanac.lint.Findings
---@field list almanac.lint.Finding[]
---@field failed_lines table<string, boolean>  "file:line" of the errors
---@field known table<string, boolean>         those of the list, and of it before some were dropped
local Findings = {}
Findings.__index = Findings

function M.new()
  return setmetatable({ list = {}, failed_lines = {}, known = {} }, Findings)
end

--- Adds one, unless it is there already.
---@param finding almanac.lint.Finding
function Findings:add(finding)
  local key = finding.file .. ":" .. finding.line
  if finding.kind == "error" then self.failed_lines[key] = true end
  local words = string.format("%s:%d: %s", key, finding.column, finding.message)
  if self.known[words] then return end
  self.known[words] = true
  self.list[#self.list + 1] = finding
end

--- True when a line has an error.
function Findings:has_error(file, line)
  return self.failed_lines[file .. ":" .. line] == true
end

--- Whether a file has an error of these words already, wherever it stands.
---@param file string
---@param message string
---@return boolean
function Findings:says(file, message)
  for _, finding in ipairs(self.list) do
    if finding.kind == "error" and finding.file == file and finding.message == message then return true end
  end
  return false
end

--- Drops the warnings of a line.
function Findings:drop_warnings(file, line)
  for i = #self.list, 1, -1 do
    local finding = self.list[i]
    if finding.kind == "warning" and finding.file == file and finding.line == line then table.remove(self.list, i) end
  end
end

--- All of them by file, line and column.
---@return almanac.lint.Finding[]
function Findings:sorted()
  table.sort(self.list, function(a, b)
    if a.file ~= b.file then return a.file < b.file end
    if a.line ~= b.line then return a.line < b.line end
    if a.column ~= b.column then return a.column < b.column end
    return a.message < b.message
  end)
  return self.list
end

---@return integer errors
---@return integer warnings
function Findings:count()
  local failed = 0
  for _, finding in ipairs(self.list) do
    if finding.kind == "error" then failed = failed + 1 end
  end
  return failed, #self.list - failed
end

--- A finding for people: where and what, the line with a mark below the place, what to do next.
---@param finding almanac.lint.Finding
---@return string text with a newline at its end
function M.format(finding)
  local out = {
    string.format("%s:%d:%d: %s: %s", finding.file, finding.line, finding.column, finding.kind, (finding.message:gsub("\n", " "))),
  }
  if #finding.source <= SHOWN_MAX and finding.source:find "%S" then
    -- Tabs stay tabs, so that the mark stands below its place however wide they are shown.
    local stop = utf8.offset(finding.source, finding.column) or #finding.source + 1
    local before = finding.source:sub(1, stop - 1):gsub("[^\t\128-\191]", " "):gsub("[\128-\191]", "")
    out[#out + 1] = "  | " .. finding.source
    out[#out + 1] = "  | " .. before .. "^"
  end
  for _, line in ipairs(finding.hint and lines.marked("  next: " .. finding.hint, "      ") or {}) do out[#out + 1] = line end
  return table.concat(out, "\n") .. "\n"
end

return M
