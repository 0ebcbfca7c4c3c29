--- Signed approvals in tests: a project with people who may sign, a run that waits for them, and answers that are
--- forged.
local json = require "native.json"
local project = require "tests.project"
local t = require "tests.harness"

local M = {}

M.BOOK = [[
return runbook { run = function()
  step("before", function() sh.run { argv = { "sh", "-c", "echo before >> log" } } end)
  confirm "roll on"
  step("after", function() sh.run { argv = { "sh", "-c", "echo after >> log" } } end)
end }]]

M.runner = { HOME = "/nonexistent", SSH_AUTH_SOCK = false }

--- A project in which these people may sign.
---@param policy string        more of `approval`
---@param ... string           lines of allowed_signers
function M.new(policy, ...)
  local p = project.new { book = M.BOOK, other = M.BOOK }
  t.write_file(p.dir .. "/signers", table.concat { ... })
  t.write_file(p.dir .. "/almanac.yaml", "approval: { allowed_signers: signers" .. policy .. " }\n")
  return p
end

function M.waiting(p, book)
  local code, out, err = p:run({ "run", book or "book", "--no-ask" }, M.runner)
  t.eq(code, 3, out .. err)
  return p:newest(), err
end

function M.approve(p, person, code, ...)
  local got, out, err = p:run({ "approve", ... }, person:env())
  t.eq(got, code, out .. err)
  return out .. err
end

--- Resumes; the run must wait, or with `words` nil go on to its end.
function M.resume(p, id, ...)
  local code, out, err = p:run({ "resume", id, "--plain" }, M.runner)
  if select("#", ...) == 0 then
    t.eq(code, 0, out .. err)
    t.eq(p:lines "log", { "before", "after" })
    return out .. err
  end
  t.eq(code, 3, out .. err)
  for _, words in ipairs { ... } do t.has(err, words) end
  t.eq(p:lines "log", { "before" })
  return err
end

--- The last approval in the journal.
function M.last_yes(p, id)
  local journal <close> = require("native.journal").open { dir = p.dir .. "/.almanac", mode = "ro" }
  local last
  for _, _, _, _, payload in journal:events(id, 0, "confirm.answered") do
    local data = json.decode(payload)
    if data.answer == "yes" then last = data end
  end
  return last
end

--- Puts an answer into the journal as somebody does who can write it: past every check, in a whole chain.
function M.forge(p, id, change)
  local data = change(M.last_yes(p, id))
  local journal <close> = require("native.journal").open { dir = p.dir .. "/.almanac" }
  journal:append(id, "confirm.answered", data.path or "roll on", json.encode(data), true)
end

return M
