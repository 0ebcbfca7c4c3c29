--- Writes what is made from the sources: of stdlib/public/ the reference of the modules, the stubs and luacheck's
--- globals; of runtime/ the page and the stubs of the native modules.
--- Usage: almanac lua docs/generate.lua DIRECTORY (make docs gives the project's own). Exit 1, and a line for
--- each, where the manual lacks something.
local fs = require "native.fs"
local manual_gaps = require "almanac.script.manual.gaps"
local luacheck = require "almanac.script.manual.luacheck"
local manual = require "almanac.script.manual.manual"
local markdown = require "almanac.script.manual.markdown"
local natives = assert(loadfile("docs/natives.lua", "t"))() -- not of the program, so that require knows it not
local process = require "native.process"
local stubs = require "almanac.script.manual.stubs"
local terminal = require "native.terminal"

local PAGES, META, MORE = "docs/reference/modules/", "stdlib/meta/", "docs/explanation/modules/"
local TEST_PAGES = "docs/reference/testing/"
local NATIVE = "docs/reference/native.md"

local root = process.argv[#process.argv]
local gaps = 0

local function lacks(file, line, message)
  gaps = gaps + 1
  terminal.write(2, string.format("%s:%d: %s\n", file, line, message))
end

manual_gaps.check(lacks)

local function write(path, text)
  fs.mkdir(root .. "/" .. path:match "^(.*)/")
  fs.write(root .. "/" .. path, text)
end

local pages = manual.pages()
for _, page in ipairs(pages) do
  local more = fs.exists(MORE .. page.name .. ".md") and "../../explanation/modules/" .. page.name .. ".md" or nil
  write(PAGES .. page.name .. ".md", markdown.page(page, more))
  write(META .. page.name .. ".lua", stubs.page(page))
end
write(PAGES .. "README.md", markdown.index(pages))
local tests = manual.test_pages()
for _, page in ipairs(tests) do
  write(TEST_PAGES .. page.name .. ".md", markdown.page(page))
  write(META .. "testing/" .. page.name .. ".lua", stubs.page(page))
end
write(TEST_PAGES .. "README.md", markdown.test_index(tests))
local modules = natives.all(lacks)
for _, native in ipairs(modules) do write(META .. "native/" .. native.name .. ".lua", natives.stub(native)) end
write(NATIVE, natives.page(modules))
write(META .. "luacheck.lua", luacheck.std(pages))
write(META .. "testing/luacheck.lua", luacheck.std(tests))
return gaps == 0 and 0 or 1
