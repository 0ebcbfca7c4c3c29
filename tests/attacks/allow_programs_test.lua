-- A runbook with `allow` runs no program outside of it, gives none a variable that it does not name, and reaches no other
-- repository of git.
local escapes = require "tests.attacks.escapes"
local t = require "tests.harness"

for _, kind in ipairs { "shell", "env", "git" } do
  t.test(kind .. ": every way out is refused in words, and nothing is done", function() escapes.of_kind(kind) end)
end
