-- native.keyboard where there is no terminal; on one, tests/e2e/live_keys_test.lua.
local process = require "native.process"
local t = require "tests.harness"

--- What a Lua file prints that reads keys from this input.
local function read(input)
  local dir = t.tmpdir()
  t.write_file(dir .. "/keys.lua", [[
    local keyboard = require "native.keyboard"
    print(keyboard.on())
    while true do
      local bytes = keyboard.read()
      if not bytes then break end
      print(bytes)
    end
    keyboard.off()]])
  return t.must({ process.exe(), "lua", dir .. "/keys.lua" }, { stdin = input })
end

t.test("a pipe is no terminal, and is read to its end all the same", function()
  t.eq(read "ab", "false\nab")
end)

t.test("at the end of input there is nothing to wait for", function()
  t.eq(read "", "false")
end)
