--- Pages of docs/ as tests: the files that they show, and the commands with what they print.
local process = require "native.process"
local t = require "tests.harness"

local M = {}

--- What differs from run to run.
local function settled(text)
  text = text:gsub("(%l[%l-]*)%-%d%d%d%d%d%d%d%d%-%d%d%d%d%d%d%-%x%x%x%x", "%1-RUN")
  text = text:gsub("%d%d%d%d%-%d%d%-%d%d %d%d:%d%d:%d%d UTC", "TIME"):gsub("SHA256:[%w+/]+", "KEY")
  text = text:gsub("%d%d%d%d%-%d%d%-%d%dT[%d:.]+Z", "TIME"):gsub("the plan %x%x%x%x%x%x%x%x%x%x%x%x", "the plan DIGEST")
  text = text:gsub("event %d+, " .. ("%x"):rep(64), "event N, HASH")
  text = ("\n" .. text):gsub("\n%d%d:%d%d:%d%d ", "\nCLOCK "):sub(2)
  return (text:gsub("([✓✗] [^\n]-)  %d+[%d.]*m?s\n", "%1  TIME\n"))
end

--- Writes the files that a page shows: a path between `…` and a colon, then a block.
---@param page string
---@param dir string
function M.write_files(page, dir)
  local written = 0
  for path, text in page:gmatch "\n`([%w_./-]+)`:\n\n```%a*\n(.-\n)```\n" do
    t.must { "mkdir", "-p", (dir .. "/" .. path):match "^(.*)/" }
    t.write_file(dir .. "/" .. path, text)
    written = written + 1
  end
  t.ok(written > 0, "the page shows files")
end

--- Runs the commands of a page's console blocks; gives the page with what they print now.
---@param page string
---@param dir string
---@return string
function M.run_commands(page, dir)
  local bin = dir .. "/.bin"
  t.must { "mkdir", "-p", bin }
  t.must { "ln", "-sf", process.exe(), bin .. "/almanac" }
  local env = { PATH = bin .. ":" .. process.getenv "PATH", HOME = dir, NO_COLOR = "1", KUBECONFIG = false }
  local out, at = {}, 1
  while true do -- no gsub: its callback cannot wait
    local from, to, block = page:find("```console\n(.-)```", at)
    if not from then break end
    out[#out + 1] = page:sub(at, from - 1) .. "```console\n"
    for command in block:gmatch "%$ ([^\n]*)\n" do
      local _, printed = t.run({ "sh", "-c", "exec 2>&1; " .. command .. "; true" }, { cwd = dir, env = env })
      out[#out + 1] = "$ " .. command .. "\n" .. (printed ~= "" and not printed:find "\n$" and printed .. "\n" or printed)
    end
    out[#out + 1] = "```"
    at = to + 1
  end
  return table.concat(out) .. page:sub(at)
end

--- Checks that a page tells what happens. `GOLDEN=update` writes what does.
---@param path string  of the page
---@param dir string   where its files are and its commands run
function M.check(path, dir)
  local page = t.read_file(path)
  M.write_files(page, dir)
  local now = M.run_commands(page, dir)
  if t.getenv "GOLDEN" == "update" then return t.write_file(path, now) end
  t.eq(settled(now), settled(page), path)
end

return M
