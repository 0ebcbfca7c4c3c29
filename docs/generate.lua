--- Writes what is made from the sources: of stdlib/public/ the reference of the modules, the stubs and luacheck's
--- globals; of runtime/native/ the page of the native modules.
--- Usage: almanac lua docs/generate.lua DIRECTORY (make docs gives the project's own). Exit 1, and a line for
--- each, where the manual lacks something.
local fs = require "native.fs"
local luacheck = require "almanac.script.manual.luacheck"
local manual = require "almanac.script.manual.manual"
local markdown = require "almanac.script.manual.markdown"
local process = require "native.process"
local stubs = require "almanac.script.manual.stubs"
local terminal = require "native.terminal"

local PAGES, META, MORE = "docs/reference/modules/", "stdlib/meta/", "docs/explanation/modules/"
local NATIVE = "docs/reference/native.md"

local root = process.argv[#process.argv]
local gaps = 0

manual.check(function(file, line, message)
  gaps = gaps + 1
  terminal.write(2, string.format("%s:%d: %s\n", file, line, message))
end)

local function write(path, text)
  fs.mkdir(root .. "/" .. path:match "^(.*)/")
  fs.write(root .. "/" .. path, text)
end

--- The contracts of the native modules, from the headers that runtime/native/modules.c includes: for developers.
local function natives()
  local out = { "<!-- Made by `make docs` from runtime/native/*.h: edit those. -->", "# native.*", "",
    "What C gives to the standard library, by `require \"native.NAME\"`. Scripts see none of it.", "" }
  for name in fs.read("runtime/native/modules.c"):gmatch '{"([%w_]+)", luaopen' do
    local header = fs.read("runtime/native/" .. name .. ".h")
    local contract = header:match "^/%*(.-)%*/"
    if not contract then
      gaps = gaps + 1
      terminal.write(2, string.format("runtime/native/%s.h:1: it does not begin with its contract\n", name))
    else
      contract = contract:gsub("\n %* ?", "\n"):gsub("^%s+", ""):gsub("%s+$", "")
      out[#out + 1] = string.format("## native.%s\n\n```text\n%s\n```\n", name, contract)
    end
  end
  return (table.concat(out, "\n"):gsub("\n+$", "\n"))
end

local pages = manual.pages()
for _, page in ipairs(pages) do
  local more = fs.exists(MORE .. page.name .. ".md") and "../../explanation/modules/" .. page.name .. ".md" or nil
  write(PAGES .. page.name .. ".md", markdown.page(page, more))
  write(META .. page.name .. ".lua", stubs.page(page))
end
write(PAGES .. "README.md", markdown.index(pages))
write(NATIVE, natives())
write(META .. "luacheck.lua", luacheck.std(pages))
return gaps == 0 and 0 or 1
