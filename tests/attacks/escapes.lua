--- Ways out of `allow`, tried: the lists in escapes/, and what must be seen of each case.
local fs = require "native.fs"
local httpd = require "native.httpd"
local project = require "tests.project"
local t = require "tests.harness"

local M = {
  SECRET = "TOP-SECRET", -- what nobody may see
  kinds = { "fs", "shell", "env", "http", "git", "compose", "services", "k8s", "helm" },
}

---@class tests.Escape
---@field tried string       for people
---@field allow string       of the runbook
---@field call string        what its step does
---@field words string       with which it is refused; DIR and PORT stand for the project's
---@field category? string   where the list has several
---@field top? string        of the script
---@field only_run? boolean  a plan does not get there

---@param kind string
---@return tests.Escape[]  and category, set_up, runbooks
function M.of(kind)
  return require("tests.attacks.escapes." .. kind)
end

local function script_of(case)
  return string.format([[%s
return runbook { allow = %s, run = function()
  step("try", function() %s end)
end }]], case.top or "", case.allow, case.call)
end

--- What is said of it: the plan names it and goes on, the run stops there.
local function try(p, case, fill, env)
  p:edit("book", fill(script_of(case)))
  local words = fill(case.words)
  for _, command in ipairs(case.only_run and { "run" } or { "plan", "run" }) do
    local code, out, err = p:run({ command, "book", command == "run" and "--no-ask" or nil }, env)
    local said = (out .. err):gsub("\n%s*", " ")
    t.ok(code == 1 or code == 2, string.format("%s ended with %s: %s", command, tostring(code), said))
    t.has(said, words, command)
    t.lacks(said, M.SECRET, command)
    t.lacks(said, "bug at", command)
  end
  t.eq(fs.exists(p.dir .. "/pwned"), false, "something was done")
end

--- Tries each case in a project: the plan names what would be refused and goes on, the run stops, nothing is done.
---@param p table         a project of tests.project
---@param cases tests.Escape[]
---@param fill fun(text: string): string  puts in what the words stand for
---@param env? table<string, string|false>
function M.try(p, cases, fill, env)
  for _, case in ipairs(cases) do
    local ok, err = pcall(try, p, case, fill, env)
    if not ok then
      local why = type(err) == "table" and (err.assertion or err.message) or err
      error({ assertion = case.tried .. ": " .. tostring(why) }, 0)
    end
  end
  local code, out = p:run { "log", "--verify" }
  t.eq(code, 0, out)
  t.has(out, "whole", "the journal")
end

--- A server whose /admin nobody may reach.
local function server()
  local self, port = { reached = {} }, nil
  self.httpd = httpd.listen { handler = function(request, response)
    local path = request.raw_path
    local to = ({ ["/api/go"] = "/admin", ["/api/dots"] = "x/../../admin", ["/api/away"] = "http://localhost:" .. port .. "/admin" })[path]
    if to then return response:send(302, { Location = to }, "") end
    self.reached[#self.reached + 1] = request.method .. " " .. path
    response:send(200, {}, M.SECRET)
  end }
  port = tostring(self.httpd:port())
  self.port = port
  return self
end

--- Tries all cases of a list that need no cluster.
---@param kind string
function M.of_kind(kind)
  local cases, web = M.of(kind), server()
  local p = project.new(cases.runbooks or {})
  local function fill(text) return (text:gsub("DIR", p.dir):gsub("PORT", web.port)) end
  t.must({ "sh", "-ec", fill(cases.set_up) }, { cwd = p.dir })
  local has_docker = kind == "compose" or kind == "env"
  local env = { PATH = has_docker and p.dir .. "/bin:" .. t.getenv "PATH" or nil, GIT_CONFIG_GLOBAL = "/dev/null" }
  M.try(p, cases, fill, env)
  t.eq(web.reached, {}, "the server was reached")
  web.httpd:close()
end

local function as_cell(text)
  return (text:gsub("|", "\\|"):gsub("[\n\27]", "�"))
end

--- The table of all cases, as Markdown.
---@return string
function M.table()
  local out = { "| category | tried | refused with |", "|---|---|---|" }
  for _, kind in ipairs(M.kinds) do
    local cases = M.of(kind)
    for _, case in ipairs(cases) do
      out[#out + 1] = string.format("| `%s` | %s | `%s` |", case.category or cases.category, as_cell(case.tried),
        as_cell(case.words))
    end
  end
  return table.concat(out, "\n") .. "\n"
end

return M
