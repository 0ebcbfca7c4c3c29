-- The site (make site): each link and anchor leads somewhere, no page is an orphan, nothing comes from a network, and a
-- browser finds words in it.
local browser = require "tests.browser"
local fs = require "native.fs"
local process = require "native.process"
local t = require "tests.harness"

if t.getenv "ALMANAC_BUILD" == "build/asan" or not fs.exists ".deps/sphinx.stamp" then
  local why = fs.exists ".deps/sphinx.stamp" and "the plain run builds the site" or "there is no .deps/sphinx; make deps fetches it"
  print("skipped: " .. why)
  t.test("the site is built in the plain run", function() end)
  return
end

local ENTITIES = { amp = "&", lt = "<", gt = ">", quot = '"', ["#39"] = "'", ["#x27"] = "'" }

local function plain(text) return (text:gsub("&(#?%w+);", ENTITIES)) end

---@class tests.SitePage
---@field ids table<string, true>
---@field links string[]   of <a>
---@field loads string[]   of what the page loads

---@return tests.SitePage
local function page_of(html)
  local page = { ids = {}, links = {}, loads = {} }
  html = html:gsub("<!%-%-.-%-%->", "")
  for id in html:gmatch '%sid="([^"]*)"' do page.ids[plain(id)] = true end
  for tag, attributes in html:gmatch "<(%a+)%s([^>]*)>" do
    local href, src = attributes:match 'href="([^"]*)"', attributes:match 'src="([^"]*)"'
    if tag == "a" and href then page.links[#page.links + 1] = plain(href) end
    if tag == "link" and href then page.loads[#page.loads + 1] = plain(href) end
    if src then page.loads[#page.loads + 1] = plain(src) end
  end
  return page
end

--- Where a link of a page leads: the path in the site, and the anchor.
local function target_of(path, link)
  local to, anchor = link:match "^([^#?]*)[^#]*#?(.*)$"
  if to == "" then return path, anchor end
  local parts = {}
  for part in ((path:match "^(.*/)" or "") .. to):gmatch "[^/]+" do
    if part == ".." then
      if #parts == 0 then return nil end
      parts[#parts] = nil
    elseif part ~= "." then
      parts[#parts + 1] = part
    end
  end
  return table.concat(parts, "/"), anchor
end

local function pages_below(site)
  local pages = {}
  for path in t.must({ "find", ".", "-name", "*.html" }, { cwd = site }):gmatch "%./([^\n]+)" do
    pages[path] = page_of(t.read_file(site .. "/" .. path))
  end
  return pages
end

local function check_links(site, pages)
  local wrong, seen = {}, 0
  local function check(path, link)
    seen = seen + 1
    if link:find "^https?://[%w.-]+[%w/%%#?=&._~:@!$'()*+,;-]*$" then return end
    local to, anchor = target_of(path, link)
    local page = pages[to]
    local there = page or to and to ~= "" and fs.exists(site .. "/" .. to)
    if not there or (anchor ~= "" and page and not page.ids[anchor]) then wrong[#wrong + 1] = path .. " → " .. link end
  end
  for path, page in pairs(pages) do
    for _, link in ipairs(page.links) do check(path, link) end
    for _, link in ipairs(page.loads) do
      check(path, link)
      if link:find "^%a+:" or link:find "^//" then wrong[#wrong + 1] = path .. " loads " .. link end
    end
  end
  t.eq(table.concat(wrong, "\n"), "")
  t.ok(seen > 5000, seen .. " links")
end

local function check_orphans(pages)
  local found, todo = { ["index.html"] = true }, { "index.html" }
  while #todo > 0 do
    local path = table.remove(todo)
    for _, link in ipairs(pages[path].links) do
      local to = not link:find "^%a+:" and target_of(path, link)
      if to and pages[to] and not found[to] then
        found[to] = true
        todo[#todo + 1] = to
      end
    end
  end
  local orphans = {}
  for path in pairs(pages) do
    if not found[path] and path ~= "search.html" and path ~= "genindex.html" then orphans[#orphans + 1] = path end
  end
  t.eq(table.concat(orphans, ", "), "")
end

--- Pictures of a page: light, dark and as on a phone. PICTURES=DIR keeps them, to be looked at.
local function look(site, dir)
  for name, options in pairs { light = {}, dark = { dark = true }, phone = { width = 390, height = 844 } } do
    local page = browser.picture("file://" .. site .. "/docs/reference/commands.html", dir .. "/" .. name .. ".png", options)
    t.eq(page.console, {}, name)
  end
end

t.test("the site is whole", function()
  local site = t.tmpdir() .. "/site"
  local code, _, err = t.run({ "sh", "docs/site/site.sh", t.getenv "ALMANAC_BUILD" or "build", site }, { timeout = 240 })
  t.eq(code, 0, err)
  local pages = pages_below(site)
  for path in t.must({ "git", "ls-files", "docs/*.md" }):gmatch "[^\n]+" do
    t.ok(pages[path:gsub("%.md$", ".html")], path .. " is a page")
  end
  check_links(site, pages)
  check_orphans(pages)
  for path in t.must({ "find", ".", "-name", "*.css" }, { cwd = site }):gmatch "%./([^\n]+)" do
    for url in t.read_file(site .. "/" .. path):gmatch "url%([\"']?([^)\"']+)" do
      if not url:find "^data:" then
        t.ok(fs.exists(site .. "/" .. (target_of(path, url) or "?")) and url:sub(1, 1) ~= "/", path .. " loads " .. url)
      end
    end
  end
  if browser.missing() then
    print("skipped, what a browser finds: " .. browser.missing())
    return
  end
  local found = browser.drive("file://" .. site .. "/search.html?q=rollback", { [[
    new Promise(done => {
      const look = () => document.querySelectorAll('ul.search li a').length > 3 ? done(true) : setTimeout(look, 50)
      look()
    })]] })
  t.eq(found, { true }, "the search finds pages")
  look(site, process.getenv "PICTURES" or t.tmpdir())
end)
