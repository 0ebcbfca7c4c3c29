--- almanac stand-in ADDRESS HOST WORD…: stands in for a program that a run of a test calls. Prints what the test
--- answers, and ends as it says.
local http = require "native.http"
local json = require "native.json"
local process = require "native.process"
local task = require "native.task"
local terminal = require "native.terminal"

local M = {}

M.usage = "stand-in ADDRESS HOST WORD…\n\nStands in for a program in a test: for almanac's own use."
M.options = {}

function M.run(words)
  task.permit "effect"
  local address, host = table.remove(words, 1), table.remove(words, 1)
  local answer = http.request {
    who = "stand-in", method = "POST", url = "http://" .. address .. "/", headers = { Host = host },
    body = json.encode { argv = json.array(words), cwd = process.cwd() }, timeout = 0,
  }
  local said = json.decode(answer.body)
  terminal.write(1, said.stdout)
  terminal.write(2, said.stderr)
  return said.code
end

return M
