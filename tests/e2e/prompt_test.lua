-- What a person types at a prompt: a secret is not shown, and the terminal shows again whatever happens.
local process = require "native.process"
local project = require "tests.project"
local t = require "tests.harness"

-- The prompt ends a line of its own: whoever sees it knows that the question is there.
local source = [[
return runbook {
  params = { %s = param.%s { required = true, help = "of the API\n" } },
  run = function(p) step("use", function() fs.write("used", tostring(p.%s) == "hunter2" and "shown" or "hidden") end) end,
}
]]

--- almanac run book on a terminal of its own, and whether that echoes afterwards. What is written into the file
--- `keys` is typed.
local function at_terminal(kind, before, after)
  local p = project.new { book = source:format(kind, kind, kind) }
  t.must({ "mkfifo", "keys" }, { cwd = p.dir })
  t.write_file(p.dir .. "/inner.sh", string.format([[
trap : INT QUIT TERM
%s
%s run book --plain
echo "code $?"
stty -a | tr ' ;' '\n\n' | grep -x -- '-\{0,1\}echo' | sed 's/^/terminal: /'
%s
]], before or "", process.exe(), after or ""))
  local options = p:options()
  return t.spawn({ "sh", "-c", 'exec 3<>keys; script -qec "bash -m inner.sh" /dev/null <&3' }, options), p
end

local function typed(p, keys)
  t.write_file(p.dir .. "/keys", keys)
end

t.test("a secret is not shown while it is typed", function()
  local run, p = at_terminal "secret"
  run:wait_line "%(of the API"
  typed(p, "hunter2\n")
  run:wait_line "code 0"
  run:wait_line "terminal: echo"
  t.lacks(run:text(), "hunter2")
  t.eq(p:lines "used", { "hidden" })
end)

t.test("any other parameter is", function()
  local run, p = at_terminal "string"
  run:wait_line "%(of the API"
  typed(p, "hunter2\n")
  run:wait_line "code 0"
  t.has(run:text(), "hunter2")
  t.eq(p:lines "used", { "shown" })
end)

for name, key in pairs { ["Ctrl-C"] = "\3", ["Ctrl-\\"] = "\28" } do
  t.test(name .. " at the prompt of a secret leaves a terminal that shows", function()
    local run, p = at_terminal "secret"
    run:wait_line "%(of the API"
    typed(p, key)
    local _, code = run:wait_line "code (%d+)"
    t.ok(tonumber(code) > 128)
    run:wait_line "terminal: echo"
    t.eq(p:lines "used", {})
  end)
end

t.test("a stop shows while it lasts, and hides again when it goes on", function()
  local run, p = at_terminal("secret", "tty", 'fg; echo "code $?"')
  local terminal = run:wait_line "^(/dev/%S+)"
  run:wait_line "%(of the API"
  typed(p, "\26")
  run:wait_line "code 148"
  run:wait_line "terminal: echo"
  t.eventually("nothing is shown again", function()
    local _, modes = t.run { "stty", "-F", terminal:match "%S+", "-a" }
    return modes:find(" -echo ", 1, true)
  end)
  typed(p, "hunter2\n")
  run:wait_line "code 0"
  t.lacks(run:text(), "hunter2")
  t.eq(p:lines "used", { "hidden" })
end)
