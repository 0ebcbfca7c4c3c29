--- almanac meta DIR
local embedded = require "native.embedded"
local errors = require "almanac.base.errors"
local fs = require "native.fs"
local json = require "native.json"
local options = require "almanac.cli.options"

local M = {}

M.usage = [[
meta DIR [--native]

Writes what editors know of Almanac into DIR: stubs for the Lua language server (LuaLS), and luacheck.lua, a
standard for luacheck. A .luarc.json that names DIR is written too, where the working directory has none.]]
M.options = {
  { "--native", nil, "also of native.*, what C gives to the standard library: for Almanac's own developers" },
}

local FOLDER, NATIVE = "stdlib/meta/", "native/"

--- Each of our files says in its first lines where it comes from.
local MADE = "Made by `make docs`"

--- The stubs: path below DIR, text.
---@param with_native? boolean
---@return { name: string, text: string }[]
function M.stubs(with_native)
  local out = {}
  for _, path in ipairs(embedded.list(FOLDER)) do
    local name = path:sub(#FOLDER + 1)
    if with_native or name:sub(1, #NATIVE) ~= NATIVE then out[#out + 1] = { name = name, text = embedded.read(path) } end
  end
  return out
end

--- A file of that name that is not ours stays as it is, and nothing is written.
local function refuse_to_replace(path)
  local is = fs.target(path)
  if is == "nothing" or is == "file" and fs.read(path):sub(1, 200):find(MADE, 1, true) then return end
  errors.raise {
    kind = "refused", message = path .. " is there, and is no stub of ours",
    hint = "name another directory; nothing was written",
  }
end

--- What the language server is told: where the stubs are, and what of Lua's own a runbook does not see.
---@param dir string
---@return string text of a .luarc.json
function M.settings(dir)
  return json.encode({
    ["runtime.version"] = "Lua 5.4",
    ["runtime.path"] = json.array { "?.lua", "runbooks/?.lua" },
    ["runtime.builtin"] = { io = "disable", debug = "disable", package = "disable" },
    ["workspace.library"] = json.array { dir },
    ["workspace.checkThirdParty"] = false,
  }, { indent = 2, canonical = true }) .. "\n"
end

function M.run(words, operator)
  local given, rest = options.parse(M.usage, M.options, words, operator)
  if not given then return 0 end
  local dir = rest[1]
  if #rest ~= 1 or dir == "" then errors.usage "usage: almanac meta DIR [--native]" end
  dir = dir:match "^(.-)/*$" ~= "" and dir:match "^(.-)/*$" or "/"
  local files = M.stubs(given.native)
  for _, file in ipairs(files) do refuse_to_replace(dir .. "/" .. file.name) end
  local settings = fs.exists ".luarc.json" and "yours" or fs.target ".luarc.json"
  for _, file in ipairs(files) do
    fs.keep(dir .. "/" .. file.name, file.text, { shared = true })
  end
  operator:result(string.format("%d files in %s\n", #files, dir))
  if settings == "nothing" then
    fs.keep(".luarc.json", M.settings(dir), { shared = true, is_new = true })
    operator:result ".luarc.json names it\n"
  elseif not fs.read(".luarc.json"):find(dir, 1, true) then
    operator:result(string.format('.luarc.json is yours: add %q to its "workspace.library"\n', dir))
  end
  return 0
end

return M
