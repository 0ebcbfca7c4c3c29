--- A real browser for pages: Debian's Chromium without a window, from .deps/browser (tests/deps/deps.sh).
local fs = require "native.fs"
local json = require "native.json"
local process = require "native.process"
local t = require "tests.harness"

local M = {}

local BROWSER = process.cwd() .. "/.deps/browser"
local PROGRAM = BROWSER .. "/usr/lib/chromium/chromium-headless-shell"

--- Why there is none; nil where there is one.
---@return string?
function M.missing()
  return not fs.exists(PROGRAM) and "there is no .deps/browser; make deps fetches it" or nil
end

--- The directories of the libraries that were unpacked with it.
local function libraries()
  local out = {}
  for _, path in ipairs(fs.list(BROWSER .. "/usr/lib/*/*.so*")) do out[path:match "^(.*)/"] = true end
  for _, path in ipairs(fs.list(BROWSER .. "/usr/lib/*/*/*.so*")) do out[path:match "^(.*)/"] = true end
  local list = {}
  for dir in pairs(out) do list[#list + 1] = dir end
  table.sort(list)
  return table.concat(list, ":")
end

---@class tests.Page
---@field console string[]  what it logged, and what the browser complained about
---@field dom string        of look()

--- Opens a page, and comes back when it is loaded.
---@param words string[]  what to do with it
---@param url string
---@param options? { dark: boolean?, width: integer?, height: integer? }
---@return tests.Page
local function open(words, url, options)
  options = options or {}
  local profile = t.tmpdir()
  local argv = {
    PROGRAM, "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--user-data-dir=" .. profile,
    "--enable-logging=stderr", "--blink-settings=preferredColorScheme=" .. (options.dark and 0 or 1),
    string.format("--window-size=%d,%d", options.width or 1180, options.height or 900),
  }
  for _, word in ipairs(words) do argv[#argv + 1] = word end
  argv[#argv + 1] = url
  local code, out, err = t.run(argv, { env = { LD_LIBRARY_PATH = libraries(), HOME = profile }, timeout = 60 })
  t.eq(code, 0, err)
  local page = { dom = out, console = {} }
  for line in err:gmatch "[^\n]+" do
    local said = line:match "CONSOLE[^%]]*%] \"(.*)\", source:"
    if said then page.console[#page.console + 1] = said end
  end
  return page
end

--- The page as the browser understands it.
---@param url string
---@param options? table
---@return tests.Page
function M.look(url, options)
  return open({ "--dump-dom" }, url, options)
end

--- A picture of the page.
---@param url string
---@param png string  path
---@param options? table
---@return tests.Page
function M.picture(url, png, options)
  local page = open({ "--screenshot=" .. png }, url, options)
  t.ok(fs.exists(png) and fs.read(png):sub(2, 4) == "PNG", "there is a picture")
  return page
end

--- Opens a page, and runs expressions in it (tests/browser.py).
---@param url string
---@param expressions string[]  "LOAD" waits until the page is loaded that the one before leads to
---@return any[] values
---@return string console
function M.drive(url, expressions)
  local argv = { "python3", "tests/browser.py", PROGRAM, t.tmpdir(), url }
  for _, expression in ipairs(expressions) do argv[#argv + 1] = expression end
  local code, out, err = t.run(argv, { env = { LD_LIBRARY_PATH = libraries() }, timeout = 60 })
  t.eq(code, 0, err)
  local values = {}
  for line in out:gmatch "[^\n]+" do values[#values + 1] = json.decode(line) end
  return values, err
end

return M
