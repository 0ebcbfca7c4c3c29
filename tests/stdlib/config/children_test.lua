-- What of the environment children get here: by almanac.yaml, by their program, and by the runbook that the task works for.
local children = require "almanac.config.children"
local settings = require "almanac.config.settings"
local t = require "tests.harness"
local task = require "native.task"

--- With what almanac.yaml names; a test's own process names everything.
local function with(names, fn)
  local before = settings.pass_env
  settings.pass_env = names
  local ok, err = pcall(fn)
  settings.pass_env = before
  if not ok then error(err, 0) end
end

local function has(list, name)
  for _, one in ipairs(list) do
    if one == name then return true end
  end
  return false
end

t.test("a program's own variables, by its name or said; of another one none", function()
  t.ok(has(children.kept "helm", "HELM_*") and has(children.kept "helm", "AWS_*"))
  t.ok(not has(children.kept "git", "HELM_*"))
  t.eq({ children.kept "unknown", children.kept { "DISPLAY" } }, { {}, { "DISPLAY" } })
  t.ok(not rawequal(children.kept "git", children.kept "git"), "nobody can add to it")
end)

t.test("what a runbook names is known where the task works for it: in its run, and not in one that that makes", function()
  with({}, function()
    t.eq(children.gets "IMAGE_TAG", false)
    children.within({ "IMAGE_TAG" }, function()
      t.ok(children.gets "IMAGE_TAG" and has(children.kept "git", "IMAGE_TAG"))
      t.eq({ task.spawn(children.gets, "IMAGE_TAG"):join() }, { true, true }, "a task of it works for it, too")
      task.with({ context = { run = { pass_env = { "OTHER" } } } }, function()
        t.eq({ children.gets "IMAGE_TAG", children.gets "OTHER" }, { false, true })
      end)
      task.with({ context = { run = {} } }, function() t.eq(children.gets "IMAGE_TAG", false) end)
    end)
    t.eq({ children.gets "IMAGE_TAG", has(children.kept "git", "IMAGE_TAG") }, { false, false })
  end)
end)

t.test("almanac.yaml names for all, also by beginnings; names can be given in the place of those of the run here", function()
  with({ "VAULT_*" }, function()
    t.eq({ children.gets "VAULT_ADDR", children.gets "VAULTADDR", children.gets "PATH", children.gets "LC_ALL" },
      { true, false, true, true })
    t.eq({ children.gets("A", { "A" }), children.gets("A", {}) }, { true, false })
  end)
end)
