--- The manual as a std of luacheck: the globals that scripts see, with their fields.
--- https://luacheck.readthedocs.io/en/stable/config.html#custom-sets-of-globals
local manual = require "almanac.script.manual.manual"

local M = {}

---@param pages almanac.manual.Page[]
---@return string
function M.std(pages)
  local out = {
    "-- Made by `make docs`. In .luacheckrc:",
    '--   stds.almanac = dofile "luacheck.lua"',
    '--   std = "lua54+almanac"',
    "return {", "  read_globals = {",
  }
  for _, page in ipairs(pages) do
    local names = {}
    for _, entry in ipairs(page.entries) do
      if manual.full_name(page, entry) ~= page.name then names[#names + 1] = entry.name .. " = {}" end
    end
    if page.name == "assert" then
      out[#out + 1] = "    assert = { other_fields = true }," -- its words are many
    elseif #names == 0 then
      out[#out + 1] = string.format("    %s = {},", page.name)
    else
      out[#out + 1] = string.format("    %s = {\n      fields = {\n        %s,\n      },\n    },", page.name,
        table.concat(names, ",\n        "))
    end
  end
  out[#out + 1] = "  },\n}\n"
  return table.concat(out, "\n")
end

return M
