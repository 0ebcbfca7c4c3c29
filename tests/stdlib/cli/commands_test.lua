-- The list of commands, and what each of them says of itself.
local commands = require "almanac.cli.commands"
local t = require "tests.harness"

t.test("every command says how it is used, by its own name, and declares its options", function()
  for _, command in ipairs(commands.all) do
    local module = commands.module(command)
    t.eq(module.usage:match "^%S+", command.name)
    for _, option in ipairs(module.options) do
      t.ok(option[1]:find "^%-%-%l[%l-]*$", command.name .. " " .. option[1])
      t.ok(option[3] and not option[3]:find "\n", command.name .. " " .. option[1])
    end
    t.ok(not command.summary:find "\n")
    t.eq(commands.find(command.name), command)
  end
  t.eq(commands.find "nope", nil)
end)
