-- A runbook with `allow` reaches no file outside of it, and no image, service or project of Compose.
local escapes = require "tests.attacks.escapes"
local t = require "tests.harness"

for _, kind in ipairs { "fs", "compose" } do
  t.test(kind .. ": every way out is refused in words, and nothing is done", function() escapes.of_kind(kind) end)
end
