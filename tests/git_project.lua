--- A project that is a git repository with a bare remote, and git in it, untouched by the tester's own configuration.
local project = require "tests.project"
local t = require "tests.harness"

local M = {}

M.env = {
  GIT_AUTHOR_NAME = "Tester", GIT_AUTHOR_EMAIL = "t@example.org", GIT_COMMITTER_NAME = "Tester",
  GIT_COMMITTER_EMAIL = "t@example.org", GIT_CONFIG_GLOBAL = "/dev/null", GIT_CONFIG_SYSTEM = "/dev/null",
}

--- A project with one commit, of its runbooks and of the files that are given.
---@param runbooks table<string, string> name → source
---@param files? table<string, string> path → text
function M.new(runbooks, files)
  local p = project.new(runbooks)
  --- git WORDS…, which must succeed; its output without the last newline.
  function p:git(...)
    return (t.must({ "git", ... }, { cwd = self.dir, env = M.env }):gsub("%s+$", ""))
  end
  p:git("init", "-q", "-b", "main")
  p:git("init", "-q", "--bare", "origin.git")
  p:git("remote", "add", "origin", "origin.git")
  t.write_file(p.dir .. "/.gitignore", ".almanac\norigin.git\nplan.json\n*.pid\n")
  for path, text in pairs(files or {}) do t.write_file(p.dir .. "/" .. path, text) end
  p:git("add", ".")
  p:git("commit", "-q", "-m", "the first")
  return p
end

return M
