--- What patterns of `allow` mean, in words: the categories of web services. Pure.
local categories = require "almanac.base.allow_words"

local M = {} ---@type table<string, almanac.AllowWords>

local function http(verb)
  return function(pattern)
    local socket, proxy = pattern:match "^unix=(.*)$", pattern:match "^proxy=(.*)$"
    if socket then return "talk through the socket " .. socket end
    if proxy then return "go through the proxy " .. proxy end
    return verb .. " " .. pattern
  end
end

M.http = { change = http "read and send to", read = http "read" }
local header = categories.plain "send the header %s, of which a server makes what it likes"
M.headers = { change = header, read = header }
M.registry = { change = categories.plain "look at images of %s", read = categories.plain "look at images of %s" }
M.github = { change = categories.plain "write to issues of GitHub's %s, and read there", read = categories.plain "read GitHub's %s" }
M.grafana = { change = categories.plain "annotate Grafana's dashboard %s", read = categories.plain "look at Grafana's dashboard %s" }
M.notify = { change = categories.plain "tell the channel %s", read = categories.plain "look at the channel %s" }

return M
