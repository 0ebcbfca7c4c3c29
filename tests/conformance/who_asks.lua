--- A server, with TLS and without, that remembers who asked it last: what kubectl and Almanac make of a
--- kubeconfig is compared by that.
local httpd = require "native.httpd"
local process = require "native.process"
local t = require "tests.harness"
local tls = require "tests.tls"

local M = {}

--- A process of its own, as kubectl is one: the server must answer meanwhile.
local ASK = "tests/conformance/ask.lua"

local told = { "authorization", "impersonate-user", "impersonate-group", "impersonate-uid", "impersonate-extra-scopes" }

local function described(request)
  local out = { "asks" }
  for _, name in ipairs(told) do
    if request.headers[name] then out[#out + 1] = name .. "=" .. request.headers[name] end
  end
  return table.concat(out, " ")
end

local World = {}
World.__index = World

--- `kubectl` is the program's path.
function M.new(kubectl)
  local world = setmetatable({ dir = t.tmpdir(), kubectl = kubectl }, World)
  local function handler(request, response)
    if request.path == "/version" then world.asked = described(request) end
    response:send(200, { ["Content-Type"] = "application/json" }, '{"gitVersion":"v1.34.0"}')
  end
  world.tls = httpd.listen { handler = handler, tls = tls.certificate(world.dir) }
  world.plain = httpd.listen { handler = handler }
  return world
end

--- What each program does with a kubeconfig: "refused", or what it asks the server with. %SERVER%, %ADDRESS%,
--- %PLAIN% and %DIR% stand for the URL with TLS, its address, the address without, and the directory.
function World:compare(name, text)
  local address = "127.0.0.1:" .. self.tls:port()
  text = text:gsub("%%(%u+)%%", {
    SERVER = "https://" .. address, ADDRESS = address, PLAIN = "127.0.0.1:" .. self.plain:port(), DIR = self.dir,
  })
  local path = self.dir .. "/config"
  t.write_file(path, text)
  local function outcome(succeeded)
    local seen = self.asked or "refused"
    self.asked = nil
    return seen .. (seen ~= "refused" and not succeeded and " and fails" or "")
  end
  local code, _, said = t.run({ self.kubectl, "get", "--raw", "/version", "--request-timeout=5s" },
    { env = { KUBECONFIG = path, HOME = self.dir } })
  local theirs = outcome(code == 0)
  local ok, _, why = t.run({ process.exe(), "lua", ASK, path }, { env = { HOME = self.dir } })
  return { name = name, theirs = theirs, ours = outcome(ok == 0), said = said, why = why }
end

function World:close()
  self.tls:close()
  self.plain:close()
end

return M
