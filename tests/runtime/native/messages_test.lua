-- Messages on the standard streams, read however they come.
local process = require "native.process"
local t = require "tests.harness"

local script = [[
local messages = require "native.messages"
local reader = messages.open()
while true do
  local text = reader:read()
  if not text then break end
  messages.write(text)
end
]]

local function echo(input)
  local dir = t.tmpdir()
  t.write_file(dir .. "/echo.lua", script)
  t.write_file(dir .. "/input", input)
  local code, out, err = t.run({ process.exe(), "lua", "echo.lua" }, { cwd = dir, stdin = input })
  local from_file = { t.run { "sh", "-c", string.format("cd %s && %s lua echo.lua <input", dir, process.exe()) } }
  t.eq({ from_file[1], from_file[2] }, { code, out }, "the same from a file")
  return code, out, err
end

--- Programs are read line by line here: what they print has no carriage return.
local function printed(...) return (table.concat({ ... }):gsub("\r", "")) end

local function framed(text, more) return string.format("%sContent-Length: %d\r\n\r\n%s", more or "", #text, text) end

t.test("messages behind each other, of any length, with other headers, and none", function()
  local long = ("x"):rep(200000)
  local code, out = echo(framed "one" .. framed("two", "Content-Type: x\r\n") .. framed "" .. framed(long))
  t.eq(code, 0)
  t.eq(out, printed(framed "one", framed "two", framed "", framed(long)))
  t.eq((echo ""), 0)
end)

t.test("one that is cut short is the end", function()
  local code, out = echo(framed "one" .. "Content-Length: 10\r\n\r\nabc")
  t.eq({ code, out }, { 0, printed(framed "one") })
end)

t.test("what is no message is refused", function()
  for _, input in ipairs {
    "Content-Length: x\r\n\r\n", "Content-Length: -1\r\n\r\n", "Length: 1\r\n\r\nx", "Content-Length: 99999999999999999999\r\n\r\n",
    "Content-Length: 16777217\r\n\r\n", ("x"):rep(9000), "Content-Length: 1 2\r\n\r\nx",
  } do
    local code, out, err = echo(input)
    t.eq({ code, out }, { 1, "" }, input:sub(1, 40))
    t.has(err, "no message of the base protocol")
  end
end)

t.test("what would steer a terminal is spelt, and counted as it is spelt", function()
  local code, out = echo(framed '"\27[2J"')
  t.eq({ code, out }, { 0, printed(framed '"\\x1b[2J"') })
end)
