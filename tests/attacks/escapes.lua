--- Ways out of `allow`, tried: the lists in escapes/, and what must be seen of each case.
local fs = require "native.fs"
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
  local code, out, err = p:run { "status", p:newest() }
  t.eq(code, 0, out .. err)
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
