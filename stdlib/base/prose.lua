--- Prose for a terminal: words in lines of a width, and lists of names with what is said of each. Pure.
local columns = require "almanac.base.columns"

local M = {}

--- Words in lines of a width, the first behind `head`, the others below where it ends.
---@param out string[]  lines
---@param head string
---@param text string
---@param width integer  columns
function M.add(out, head, text, width)
  local indent = (" "):rep(columns.of(head))
  local line, empty = head, true
  for word in text:gmatch "%S+" do
    if not empty and columns.of(line) + 1 + columns.of(word) > width then
      out[#out + 1] = line
      line, empty = indent, true
    end
    line, empty = line .. (empty and "" or " ") .. word, false
  end
  out[#out + 1] = (line:gsub("%s+$", ""))
end

--- Lines of which those that belong together are joined: one that begins with a blank stays as it is, and a line that
--- ends a sentence ends its paragraph.
---@param out string[]
---@param text string
---@param width integer
function M.add_text(out, text, width)
  local open = nil
  local function close()
    if open then M.add(out, "", open, width) end
    open = nil
  end
  for line in (text .. "\n"):gmatch "(.-)\n" do
    if line == "" or line:find "^ " then
      close()
      out[#out + 1] = line
    else
      open = (open and open .. " " or "") .. line
      if line:find "[.:]$" then close() end
    end
  end
  close()
end

--- A list of names and what is said of each, below one another. Behind a long name the words begin on a line of
--- their own.
---@param out string[]
---@param rows { [1]: string, [2]: string, heading: string? }[]  heading: stands above it, behind an empty line
---@param indent string
---@param width integer
function M.add_rows(out, rows, indent, width)
  local longest, most = 0, width * 2 // 5
  for _, row in ipairs(rows) do
    local size = columns.of(row[1])
    if size <= most then longest = math.max(longest, size) end
  end
  for _, row in ipairs(rows) do
    local head = row[1]
    if row.heading then table.move({ "", row.heading }, 1, 2, #out + 1, out) end
    if columns.of(head) > most then
      out[#out + 1] = indent .. head
      head = ""
    end
    M.add(out, indent .. columns.pad(head, longest) .. "  ", row[2], width)
  end
end

return M
