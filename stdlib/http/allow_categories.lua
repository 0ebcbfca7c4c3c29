--- The categories of `allow` that are of web services. Pure.
local categories = require "almanac.base.allow_categories"
local image_reference = require "almanac.base.image_reference"
local urls = require "almanac.http.url"

local M = {} ---@type table<string, almanac.AllowCategory>

local function http(verb)
  return function(pattern)
    local socket, proxy = pattern:match "^unix=(.*)$", pattern:match "^proxy=(.*)$"
    if socket then return "talk through the socket " .. socket end
    if proxy then return "go through the proxy " .. proxy end
    return verb .. " " .. pattern
  end
end

local function url(call)
  local text = call:first() or call:option "url"
  return text and urls.target("allow", text) or nil
end

local function image(call)
  local text = call:first()
  return text and categories.target("registry", image_reference.parse("allow", text).name)
end

local function repository(call) return categories.target("github", call:option "repo" or nil) end

M.http = { change = http "read and send to", read = http "read", reached = url }
local header = categories.plain "send the header %s, of which a server makes what it likes"
M.headers = { change = header, read = header }
local images = categories.plain "look at images of %s"
M.registry = { change = images, read = images, reached = image }
M.github = {
  change = categories.plain "write to issues of GitHub's %s, and read there", read = categories.plain "read GitHub's %s",
  reached = repository,
}
M.grafana = { change = categories.plain "annotate Grafana's dashboard %s", read = categories.plain "look at Grafana's dashboard %s" }
M.notify = { change = categories.plain "tell the channel %s", read = categories.plain "look at the channel %s" }

return M
