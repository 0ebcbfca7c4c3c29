--- The files of a Compose project: paths, which nobody else had a hand in.
local errors = require "almanac.base.errors"
local fs = require "native.fs"
local trusted = require "almanac.host.trusted"

local M = {}

--- Holds Compose files to paths: the plugin takes URLs, too, of registries and repositories that nobody was asked for.
---@param who string
---@param files string|string[]
---@return string[]
function M.take(who, files)
  if type(files) == "string" then files = { files } end
  for _, file in ipairs(files) do
    if file:find(":", 1, true) then
      errors.raise { kind = "usage", message = string.format("%s: %q is no path of a Compose file", who, file),
        hint = "a file from elsewhere is fetched first, so that a plan shows what is in it" }
    end
  end
  return files
end

--- What the program looks for, where no files are named: in the directory, and then in those above it.
local FOUND = { "compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml" }

--- What it reads beside them.
local BY_ITSELF = {
  "compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml", table.unpack(FOUND),
}

--- The file that it would find in a directory.
local function found_in(dir)
  for _, name in ipairs(FOUND) do
    if fs.exists(dir .. "/" .. name) then return name end
  end
end

--- Refuses to have it search above the directory: what lies there, nobody named, and `allow` was asked about the directory.
local function check_above(dir)
  if found_in(dir) then return end
  local above = fs.real(dir)
  while above and above ~= "/" do
    above = above:match "^(.+)/[^/]*$" or "/"
    local name = found_in(above)
    if name then
      errors.raise {
        kind = "refused", message = string.format("there is no Compose file in %s, and the program would take %s/%s", dir,
          above:gsub("^/$", ""), name),
        hint = "name the directory that is meant (dir), or its files (files)",
      }
    end
  end
end

--- Refuses Compose files that others had a hand in.
---@param input { dir: string, files?: string[] }
function M.check(input)
  if not input.files then check_above(input.dir) end
  trusted.check(input.dir .. "/.env")
  for _, file in ipairs(input.files or BY_ITSELF) do trusted.check(file:sub(1, 1) == "/" and file or input.dir .. "/" .. file) end
end

return M
