--- Scripts that try something, and what must be seen of each: it is stopped in words, nothing is done, the journal is whole.
local fs = require "native.fs"
local t = require "tests.harness"

local M = {}

---@class tests.Wall
---@field [1] string            the script, or with `body` what its step does
---@field [2] string            with which words it is stopped
---@field commands? string[]    of plan, run, show, check, list; else plan and run
---@field goes_on? boolean      nothing of it is called, so that there is nothing to stop: the words are in what is shown

--- A script whose one step does this.
---@param body string
---@param options? string  of the runbook
---@return string
function M.step(body, options)
  return string.format("return runbook { %s run = function() step(\"x\", function() %s end) end }", options or "", body)
end

--- The journal is whole, and everybody reads it.
---@param p table  a project of tests.project
---@param what string
function M.whole(p, what)
  for _, words in ipairs { { "log", "--verify" }, { "verify" } } do
    local code, out, err = p:run(words)
    t.eq(code, 0, what .. ": " .. out .. err)
    t.has(out .. err, "whole", what)
  end
  for _, words in ipairs { { "status" }, { "log" }, { "runs" } } do
    local code, out, err = p:run(words)
    t.eq(code, 0, what .. ": " .. words[1] .. ": " .. out .. err)
  end
end

local function try(p, case, env)
  p:edit("book", case[1])
  for _, command in ipairs(case.commands or { "plan", "run" }) do
    local with_name = command ~= "list" and command ~= "check"
    local code, out, err = p:run({ command, with_name and "book" or nil, command == "run" and "--no-ask" or nil }, env)
    local said = (out .. err):gsub("\n%s*", " ")
    local what = case[1] .. "\n" .. command .. " ended with " .. tostring(code) .. ": " .. said
    if case.goes_on or command == "list" then
      t.ok(code == 0 or code == 2, what)
    else
      t.ok(code == 1 or code == 2, what)
    end
    t.ok(said:find(case[2], 1, true), "no " .. case[2] .. " in " .. what)
    for _, words in ipairs { "bug at", "a bug in", "TOP-SECRET" } do t.lacks(said, words, what) end
    t.eq(fs.exists(p.dir .. "/pwned"), false, "something was done: " .. what)
  end
end

--- Tries each case in a project that has a journal already.
---@param p table
---@param cases tests.Wall[]
---@param env? table<string, string|false>
function M.try(p, cases, env)
  p:edit("before", M.step "return 'kept-result'")
  local code, out, err = p:run({ "run", "before", "--no-ask" }, env)
  t.eq(code, 0, out .. err)
  local before = p:newest()
  for _, case in ipairs(cases) do try(p, case, env) end
  M.whole(p, "the journal")
  local _, log = p:run { "log", before, "--json" }
  t.has(log, "kept-result")
end

return M
