-- A server that accepts and does not answer is named while one waits for it.
local httpd = require "native.httpd"
local project = require "tests.project"
local t = require "tests.harness"
local task = require "native.task"

--- A server that answers when it is told to.
local function mute()
  local told = task.condition()
  local server = httpd.listen { handler = function(_, response)
    told:wait()
    response:send(200, { ["Content-Type"] = "application/json" }, "{}")
  end }
  t.defer(function() server:close() end)
  return string.format("http://127.0.0.1:%d", server:port()), function() told:notify() end
end

for what, call in pairs {
  ["a read"] = 'http.get("URL/some/path?token=x")', ["a change"] = 'http.post("URL/some/path", { body = "x" })',
} do
  t.test(what .. ": the step says whose answer it has not, and goes on when it comes", function()
    local url, answer = mute()
    local p = project.new { book = 'return runbook { run = function() step("ask", function() ' .. call:gsub("URL", url) .. " end) end }" }
    local run = p:spawn { "run", "book", "--plain" }
    run:wait_line("ask  no answer from " .. url:gsub("%p", "%%%0") .. " for %ds", 20)
    answer()
    t.eq((run:wait()), 0)
    t.has(select(2, p:run { "log" }), "no answer from " .. url)
  end)
end
