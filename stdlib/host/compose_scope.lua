--- What an effect of Compose asks `allow` about: where the project is, which one its files say it is, and the images that
--- they would run.
local brought_images = require "almanac.base.brought_images"
local fs = require "native.fs"
local place = require "almanac.host.place"
local process = require "native.process"
local project = require "almanac.host.compose_project"
local reach = require "almanac.run.reach"

local M = {}

--- The name that Compose gives a project by its directory.
local function name_of(dir)
  return (place.resolve(dir):match "[^/]*$":lower():gsub("[^%-_a-z0-9]", ""):gsub("^[%-_]+", ""))
end

--- What the directory's .env sets: docker and Compose take it as their own environment.
local function dotenv(input)
  local path, out = input.dir .. "/.env", {}
  if not fs.exists(path) then return out end
  for line in (fs.read(path) .. "\n"):gmatch "([^\n]*)\n" do
    local name, value = line:match "^%s*([%a_][%w_]*)%s*=%s*[\"']?([^\"'\r]*)"
    if not name then name, value = line:match "^%s*export%s+([%a_][%w_]*)%s*=%s*[\"']?([^\"'\r]*)" end
    if name then out[name] = value end
  end
  return out
end

--- Variables for which something else is asked, or that only choose among services.
local ASKED = { COMPOSE_FILE = true, COMPOSE_PATH_SEPARATOR = true, COMPOSE_PROJECT_NAME = true, COMPOSE_PROFILES = true }

--- What it reaches by what was asked of it, before any program reads its files.
local function asked(input)
  local set, files, steering = dotenv(input), input.files, {}
  if not files and set.COMPOSE_FILE then
    files = {}
    for file in set.COMPOSE_FILE:gmatch "[^:;,]+" do files[#files + 1] = file end
  end
  for name, value in pairs(set) do
    if not ASKED[name] and (name:find "^DOCKER_" or name:find "^COMPOSE_") then steering[name] = value end
  end
  local out = project.targets { dir = input.dir, files = files, project = input.project, env = input.env }
  local variables = place.variables(steering)
  return table.move(variables, 1, #variables, #out + 1, out)
end

--- Of what is asked about after the rest, for it takes a look at what the rest may refuse.
local function behind(input, more)
  local out = asked(input)
  if reach.refusals("compose", "change", out)[1] then return out end
  for _, target in ipairs(more(input)) do out[#out + 1] = target end
  return out
end

--- The project that the files name, where that is not the one that the directory does.
local function named(input)
  local by_operator = process.getenv "COMPOSE_PROJECT_NAME"
  if input.project or by_operator and by_operator ~= "" or not reach.is_asked() then return {} end
  local name = project.name(input)
  return name ~= name_of(input.dir) and { { category = "compose", names = { "project=" .. name } } } or {}
end

--- Adds those of a service: what it runs, which has none before where it is built, and what it mounts.
local function add_images(out, service)
  if service.image then out[#out + 1] = brought_images.named(service.image) end
  for _, volume in ipairs(service.volumes or {}) do
    if type(volume) == "table" and volume.type == "image" then out[#out + 1] = brought_images.named(tostring(volume.source)) end
  end
end

--- Those of the services that a call is about, and of what they depend on.
local function images(input)
  local out = named(input)
  if not reach.is_asked "images" then return out end
  local config = project.config(input)
  local about = { services = input.service and { input.service } or input.services }
  for _, name in ipairs(project.services("compose", about, config, true)) do add_images(out, config.services[name]) end
  return out
end

--- Of an effect that runs no image which is not there.
M.allow = { category = "compose", of = function(input) return behind(input, named) end }

--- And of one that does.
M.allow_images = { category = "compose", of = function(input) return behind(input, images) end }

return M
