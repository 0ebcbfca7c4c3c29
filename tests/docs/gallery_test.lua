-- docs/reference/gallery.md shows each command, and what it prints. `make docs` writes it.
local commands = require "almanac.cli.commands"
local devnet = require "tests.docs.devnet"
local page = require "tests.docs.page"
local pages = require "tests.docs.pages"
local ports = require "tests.docs.ports"
local t = require "tests.harness"

local GALLERY = "docs/reference/gallery.md"

t.test("each command is typed", function()
  local typed, missing = {}, {}
  for _, block in ipairs(page.blocks(t.read_file(GALLERY))) do
    for _, one in ipairs(block.kind == "console" and page.commands(block.text) or {}) do
      for name in one.command:gmatch "almanac (%l+)" do typed[name] = true end
    end
  end
  for _, command in ipairs(commands.all) do
    if not command.hidden and not typed[command.name] then missing[#missing + 1] = command.name end
  end
  t.eq(table.concat(missing, ", "), "", "commands that are not in " .. GALLERY)
end)

if not pages.wanted() then return end

t.test("the gallery shows what is printed", function()
  devnet.check(devnet.start(), GALLERY, ports.free { "8484" })
end)
