--- Pages of docs/ as tests, word for word: the files that they show, and the commands with what they print.
local page = require "tests.docs.page"
local process = require "native.process"
local session = require "tests.docs.session"
local settled = require "tests.docs.settled"
local t = require "tests.harness"

local M = {}

local function write(dir, block)
  local path = dir .. "/" .. block.path
  t.must { "mkdir", "-p", (path:match "^(.*)/") }
  t.write_file(path, block.text)
end

--- Writes the files that a page shows.
---@param text string  the page
---@param dir string
function M.write_files(text, dir)
  for _, block in ipairs(page.blocks(text)) do
    if block.kind == "file" then write(dir, block) end
  end
end

--- Puts each `from` of a list of { from, to } into its `to`.
local function replaced(text, list, from, to)
  for _, one in ipairs(list) do
    text = text:gsub(one[from]:gsub("%p", "%%%0"), (one[to]:gsub("%%", "%%%%")))
  end
  return text
end

--- Types a command and gives what it prints. One that ends with & is left in the background; at a line ^C of what the
--- page shows Ctrl-C is pressed, when the line before it was printed.
local function typed(shell, command, shown)
  local background = command:match "^(.-)%s*&$"
  if background then return shell:type_in_background(background, select(2, shown:gsub("\n", ""))) end
  local before = ("\n" .. shown):match "\n([^\n]*)\n%^C\n"
  if not before then return shell:type(command) end
  local line = settled.settled(before)
  return shell:type_and_interrupt(command, function(printed) return settled.same(line .. "\n", printed .. "\n") end)
end

---@class tests.PageOptions
---@field dir? string                  where its commands are typed; default: a fresh one
---@field env? table<string, string|false>
---@field given? { [1]: string, [2]: string }[]  what the page says, and what stands for it here, e.g. ports

--- What the page says and what stands for it here: what was given, the directory, and what the commands print.
local function known_of(opts, dir)
  local known = {}
  for _, one in ipairs(opts.given or {}) do known[#known + 1] = one end
  known[#known + 1] = { "/home/ann/ops", dir }
  local user, host = process.user(), process.hostname()
  for _, form in ipairs { "%s@%s", "%s on %s", "`%s` on `%s`" } do
    known[#known + 1] = { form:format("ann", "laptop"), form:format(user, host) }
  end
  known[#known + 1] = { '"operator":"ann"', '"operator":"' .. user .. '"' }
  known[#known + 1] = { '"host":"laptop"', '"host":"' .. host .. '"' }
  return known
end

local function check_command(shell, one, known, name)
  local printed = typed(shell, replaced(one.command, known, 1, 2), one.shown)
  local same = settled.same(one.shown, replaced(printed, known.fixed, 2, 1))
  for shown, now in pairs(settled.pairs_of(one.shown, printed)) do
    if shown ~= now then table.insert(known, 1, { shown, now }) end
  end
  if same then return one.shown end
  printed = replaced(printed, known.fixed, 2, 1)
  t.lacks("\n" .. printed, "\n```", name .. ": what $ " .. one.command .. " prints would end its block")
  if t.getenv "GOLDEN" ~= "update" then
    t.eq(settled.settled(printed), settled.settled(one.shown), name .. ": $ " .. one.command)
  end
  return settled.shown_anew(one.shown, replaced(printed, known, 2, 1))
end

--- Whether pages are run here; else it says why not. `make test SANITIZE=1` runs the same commands in other tests.
---@return boolean
function M.wanted()
  return not t.left_to_plain_run "what the pages show is typed"
end

--- Checks that a page tells what happens. `GOLDEN=update` writes what does.
---@param path string  of the page
---@param opts? tests.PageOptions
function M.check(path, opts)
  opts = opts or {}
  local text = t.read_file(path)
  local dir = opts.dir or t.tmpdir()
  local known = known_of(opts, dir)
  known.fixed = table.move(known, 1, #known, 1, {})
  local shell = session.start(dir, opts.env or {})
  local now = {}
  for _, block in ipairs(page.blocks(text)) do
    if block.kind == "file" then
      write(shell:directory(), { path = block.path, text = replaced(block.text, known, 1, 2) })
    elseif block.kind == "console" then
      local out = {}
      for _, one in ipairs(page.commands(block.text)) do
        out[#out + 1] = one.typed .. "\n" .. check_command(shell, one, known, path)
      end
      now[#now + 1] = { block.text, table.concat(out) }
    end
  end
  if t.getenv "GOLDEN" == "update" then t.write_file(path, (replaced(text, now, 1, 2))) end
end

return M
