--- Text of several lines, and whose they are. A line of ours is one string of a list, or a string by itself; what stands
--- behind a newline within it was written by somebody else (a script, a server, another person) and is shown behind a
--- mark, so that it passes for no line of ours.
local M = {}

--- The mark, as the output of programs has it.
local MARK = "| "

--- A text as lines, of which those behind the first are marked. Newlines at its end are left out.
---@param text string
---@param indent string  before the mark
---@return string[]
function M.marked(text, indent)
  if not text:find("\n", 1, true) then return { text } end
  local out = {}
  for line in (text:gsub("\n+$", "") .. "\n"):gmatch "(.-)\r?\n" do
    out[#out + 1] = #out == 0 and line or (indent .. MARK .. line):gsub(" +$", "")
  end
  return out
end

--- What a terminal shows of a line in which carriage returns went back to its begin, as programs do that show how far they
--- are: what was written last.
---@param line string
---@return string
function M.overwritten(line)
  return line:match "([^\r]+)\r*$" or ""
end

--- A line of ours, with what somebody else wrote in it: the marks stand two columns behind where it begins.
---@param line string
---@return string
function M.hanging(line)
  if not line:find("\n", 1, true) then return line end
  return table.concat(M.marked(line, line:match "^ *" .. "  "), "\n")
end

return M
