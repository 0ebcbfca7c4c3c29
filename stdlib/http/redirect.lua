--- Redirects that are followed one by one, because each stop is asked for: a server's redirect is no way round `allow`.
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local native = require "native.http"
local task = require "native.task"
local urls = require "almanac.http.url"

local M = {}

local REDIRECTS = { [301] = true, [302] = true, [303] = true, [307] = true, [308] = true }

--- What is for the first origin alone.
local OF_ORIGIN = { "headers", "user", "password", "cert_file", "key_file", "unix_socket", "server_name" }

--- Seconds for the whole of it, as native.http has them; 0: no limit.
local SECONDS = 30

local function copy(request)
  local out = {}
  for key, value in pairs(request) do out[key] = value end
  return out
end

local function origin_of(who, url)
  local names = urls.target(who, url).names
  return names[#names]:match "^%a[%w+.-]*://[^/]*"
end

--- The request that a redirect asks for: nothing secret goes to another origin.
local function redirected(request, location)
  local out = copy(request)
  out.url, out.redirects = urls.resolve(request.who, request.url, location), request.redirects - 1
  if origin_of(request.who, request.url) == origin_of(request.who, out.url) then
    out.url = urls.with_user_of(request.url, out.url)
  else
    for _, key in ipairs(OF_ORIGIN) do out[key] = nil end
  end
  return out
end

--- The request at one of its stops: itself, in the time that is left.
local function stop_of(request, deadline, seconds)
  local stop = copy(request)
  stop.redirects = nil
  if not deadline then return stop end
  stop.timeout = deadline - task.now()
  if stop.timeout > 0 then return stop end
  errors.raise {
    kind = "timeout", message = string.format("%s: no answer from %s within %s, redirects counted", request.who,
      urls.without_user(request.url), duration.format(seconds)),
    hint = "the server is slow or overloaded; a longer `timeout` may help",
  }
end

--- Sends a request, and follows where its answers lead, in the time that is given for all of it.
---@param request table  as native.http's
---@param ask fun(request: table)  asks for a stop before it is made; raises what refuses it
---@return table response
function M.follow(request, ask)
  local seconds = request.timeout or SECONDS
  local deadline = seconds > 0 and task.now() + seconds or nil
  while true do
    ask(request)
    local redirects = request.redirects or 0
    local may_follow = redirects > 0 and (request.method == nil or request.method == "GET" or request.method == "HEAD")
    local response = native.request(stop_of(request, deadline, seconds))
    local location = may_follow and REDIRECTS[response.status] and response.headers.location
    if not location then return response end
    request = redirected(request, location)
  end
end

return M
