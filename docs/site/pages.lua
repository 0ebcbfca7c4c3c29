--- Puts together what the site is built from: README as its first page, docs/, and the files that they link to.
--- Usage: almanac lua docs/site/pages.lua DIRECTORY, in the project. The layout stays, so that links need no change.
local fs = require "native.fs"
local process = require "native.process"

local out = process.argv[#process.argv]

--- Sections of the navigation: a caption, and its pages in order. What a pattern gives that was named before is left out.
local SECTIONS = {
  { "Begin", "docs/tutorial/*.md", "docs/devnet.md" },
  { "How to", "docs/how-to/*.md" },
  { "Reference", "docs/reference/commands.md", "docs/reference/gallery.md", "docs/reference/report.md",
    "docs/reference/modules/README.md", "docs/reference/modules/*.md", "docs/reference/testing/README.md",
    "docs/reference/testing/*.md", "docs/reference/*.md" },
  { "Explanation", "docs/explanation/*.md" },
  { "In depth", "docs/explanation/modules/*.md", "docs/explanation/decisions/*.md" },
  { "The project", "CONTRIBUTING.md", "CHANGELOG.md" },
  { "More", "docs/*.md", "docs/*/*.md", "docs/*/*/*.md" },
}

local function write(path, text)
  fs.mkdir((out .. "/" .. path):match "^(.*)/")
  fs.write(out .. "/" .. path, text)
end

--- A path without its `.` and `..`.
local function plain(path)
  local parts = {}
  for part in path:gmatch "[^/]+" do
    if part == ".." then parts[#parts] = nil elseif part ~= "." then parts[#parts + 1] = part end
  end
  return table.concat(parts, "/")
end

--- Copies the files that are linked to and no pages; what is not there is for Sphinx to find.
local function copy_linked(path, text)
  for link in text:gmatch "%]%(([^)#%s]+)" do
    local target = plain((path:match "^(.*/)" or "") .. link)
    if not link:find "^%a+:" and not target:find "%.md$" and fs.exists(target) then write(target, fs.read(target)) end
  end
end

local seen = {}
local EMPTY = 5 -- lines of a toctree without a page

local function toctree(section)
  local lines = { "```{toctree}", ":hidden:", ":caption: " .. section[1], "" }
  for i = 2, #section do
    local paths = fs.list(section[i])
    table.sort(paths)
    for _, path in ipairs(paths) do
      if not seen[path] then
        seen[path] = true
        lines[#lines + 1] = (path:gsub("%.md$", ""))
        local text = fs.read(path)
        copy_linked(path, text)
        write(path, text)
      end
    end
  end
  lines[#lines + 1] = "```"
  return #lines > EMPTY and table.concat(lines, "\n") or ""
end

local first = { fs.read "README.md" }
copy_linked("README.md", first[1])
for _, section in ipairs(SECTIONS) do first[#first + 1] = toctree(section) end
write("index.md", table.concat(first, "\n\n") .. "\n")
for _, path in ipairs { "conf.py", "static/almanac.css" } do write(path, fs.read("docs/site/" .. path)) end
