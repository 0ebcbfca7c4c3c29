local fs = require "native.fs"
local process = require "native.process"
local t = require "tests.harness"

t.test("a program's lines are waited for, and its exit code kept", function()
  local p = t.spawn { "sh", "-c", "echo one; echo two >&2; exit 3" }
  local _, what = p:wait_line "^(tw.)"
  t.eq(what, "two")
  local code, out, err = p:wait()
  t.eq({ code, out, err }, { 3, "one", "two" })
end)

t.test("a line that does not come fails with what was printed", function()
  local p = t.spawn { "sh", "-c", "echo one" }
  local err = t.raises(nil, p.wait_line, p, "two")
  t.has(err.assertion, "it ended before a line like \"two\" of sh -c echo one\none")
  local slow = t.spawn { "sleep", "1000" }
  t.has(t.raises(nil, slow.wait_line, slow, "two", 0.05).assertion, "the time was over before a line like")
  slow:kill "KILL"
  t.eq({ (slow:wait()), slow.signal }, { -1, "KILL" })
end)

t.test("run gives code, stdout and stderr; must fails with both", function()
  t.eq({ t.run { "sh", "-c", "echo $WORD; echo e >&2; exit 1" } }, { 1, "", "e" })
  t.eq(t.must({ "sh", "-c", "echo $WORD" }, { env = { WORD = "w" } }), "w")
  t.has(t.raises(nil, t.must, { "sh", "-c", "echo why >&2; exit 4" }).assertion, "exit 4\n\nwhy")
end)

t.test("who is at the terminal is what the system says; sudo's caller counts for root alone, and where he is a user", function()
  local dir = t.must({ "mktemp", "-d", "/tmp/almanac-test.XXXXXX" }):gsub("%s+$", "") -- not below the tests' own, which is closed to others
  t.defer(function() fs.remove_tree(dir) end)
  t.must { "chmod", "755", dir }
  t.write_file(dir .. "/who.lua", 'print(require("native.process").user())')
  local function user(env, ...)
    local words = { ... }
    table.move({ process.exe(), "lua", dir .. "/who.lua" }, 1, 3, #words + 1, words)
    return t.run(words, { cwd = dir, env = env })
  end
  local uid = t.must({ "id", "-u" }):gsub("%s", "")
  local daemon = t.must({ "id", "-u", "daemon" }):gsub("%s", "")
  local _, name = user({ SUDO_USER = "daemon", SUDO_UID = daemon, USER = "eve" })
  t.eq(name, uid == "0" and "daemon" or process.user())
  if uid ~= "0" then return end
  for _, env in ipairs { {}, { SUDO_USER = "" }, { SUDO_USER = "daemon" }, { SUDO_USER = "daemon", SUDO_UID = "0" },
    { SUDO_USER = "nobody-of-that-name", SUDO_UID = daemon }, { SUDO_UID = daemon } } do
    env.USER = "eve"
    t.eq(select(2, user(env)), "root")
  end
  local code, whose, err = user({ SUDO_USER = "daemon", SUDO_UID = daemon, USER = "eve" }, "setpriv", "--reuid=nobody", "--clear-groups")
  if err:find "^setpriv: failed to execute" then
    print "skipped: nobody cannot reach the program"
    return
  end
  t.eq({ code, whose }, { 0, "nobody" }, err)
  t.eq(select(2, user({ USER = "eve" }, "setpriv", "--reuid=54321", "--clear-groups")), "54321")
end)
