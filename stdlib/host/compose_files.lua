--- The files of a Compose project: paths, which nobody else had a hand in.
local errors = require "almanac.base.errors"
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

--- What the program looks for in the directory, where no files are named, and what it reads beside them.
local BY_ITSELF = {
  "compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml", "compose.override.yml", "compose.override.yaml",
  "docker-compose.override.yml", "docker-compose.override.yaml",
}

--- Refuses Compose files that others had a hand in.
---@param input { dir: string, files?: string[] }
function M.check(input)
  trusted.check(input.dir .. "/.env")
  for _, file in ipairs(input.files or BY_ITSELF) do trusted.check(file:sub(1, 1) == "/" and file or input.dir .. "/" .. file) end
end

return M
