--- almanac helm-under-test HELM DIR ADDRESS WORD…: helm as a run of a test calls it, when nothing that it is called with
--- leads out of the world in DIR.
local errors = require "almanac.base.errors"
local helm = require "almanac.testing.world.helm"
local process = require "native.process"
local sh = require "native.sh"
local task = require "native.task"
local terminal = require "native.terminal"

local M = {}

M.usage = "helm-under-test HELM DIR ADDRESS WORD…\n\nRuns helm in the world of a test: for almanac's own use."
M.options = {}

function M.run(words)
  task.permit "effect"
  local binary, dir, address = table.remove(words, 1), table.remove(words, 1), table.remove(words, 1)
  local ok, err = errors.try(helm.check, words, dir .. "/project")
  if not ok then
    terminal.write(2, "Error: " .. err.message .. "\n")
    return 1
  end
  local env = helm.environment(dir, address)
  env.ALMANAC_EFFECT = process.getenv "ALMANAC_EFFECT" -- so that it is found when it outlives the run
  sh.keep_env {}
  local child = sh.start { argv = { binary, table.unpack(words) }, foreground = true, keep_env = { "PATH" }, env = env, who = "helm" }
  local result = child:wait()
  if result.signal == "KILL" then process.interrupt(process.pid(), "KILL") end -- who started helm sees how it ended
  return result.code or 1
end

return M
