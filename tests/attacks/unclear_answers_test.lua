-- A write that a server took, and answered with what nobody understands, may have taken place: it is not made again unasked.
local httpd = require "native.httpd"
local project = require "tests.project"
local t = require "tests.harness"

local BODIES = { "null", "[1", "<html>" }

--- A project whose GitHub, and whose cluster, answer each write so.
local function start(body)
  local world = { posts = 0 }
  local server = httpd.listen { port = 0, handler = function(request, response)
    if request.method == "GET" then return response:send(200, { ["Content-Type"] = "application/json" }, "[]") end
    world.posts = world.posts + 1
    response:send(201, { ["Content-Type"] = "application/json" }, body)
  end }
  t.defer(function() server:close() end)
  local p = project.new { book = [[
return runbook { run = function()
  step("a", { retry = { times = 3, delay = "10ms" } }, function() return github.issue { repo = "o/r", title = "x" } end)
end }]] }
  t.write_file(p.dir .. "/almanac.yaml",
    string.format('endpoints: { github: { url: "http://127.0.0.1:%d", token: "t0ken" } }\n', server:port()))
  return p, world
end

for _, body in ipairs(BODIES) do
  t.test("an answer " .. body .. " to a write leaves it in doubt: it is looked for, or asked about, and not made once more", function()
    local p, world = start(body)
    local code, out, err = p:run { "run", "book", "--no-ask", "--plain" }
    t.ok(code == 1 or code == 3, out .. err)
    t.eq(world.posts, 1, out .. err)
    local _, status = p:run { "status", p:newest() }
    t.has(status, "in doubt")
  end)
end
