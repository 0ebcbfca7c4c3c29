-- Who is asked about an effect in doubt sees what its command had printed before the run was killed.
local process = require "native.process"
local project = require "tests.project"
local ptys = require "tests.pty"
local t = require "tests.harness"

--- A run that is killed with its command done, and that not journalled.
local function killed(command, env)
  local p = project.new { book = string.format([[return runbook {
    params = { token = param.secret { default = "env:TOKEN" } },
    run = function(p) step("rotate", function()
      sh.run { argv = { "sh", "-c", %q }, env = { TOKEN = p.token } }
    end) end }]], command) }
  env = env or {}
  env.TOKEN = "a-long-secret-token"
  local out
  for n = 4, 40 do -- the first write at which the command has ended, and nobody wrote that down
    t.must { "rm", "-rf", p.dir .. "/.almanac", p.dir .. "/ended" }
    env.ALMANAC_FAULT = string.format("journal.append:%d:kill", n)
    t.eq((p:run({ "run", "book" }, env)), -1, "there is a write at which the command has ended")
    out = select(2, p:run { "log", p:newest(), "--json" })
    if t.read_file(p.dir .. "/ended") and out:find('"output"', 1, true) then break end
  end
  t.lacks(out, "effect.outcome")
  return p, p:newest()
end

local ROTATE = "echo rotated 2 of 3; echo half >&2; echo 'key is '$TOKEN; touch ended"

t.test("in a pipe: the words below the error, without the secret", function()
  local p, id = killed(ROTATE)
  local code, _, err = p:run({ "resume", id }, { TOKEN = "a-long-secret-token" })
  t.eq(code, 3, err)
  t.has(err, "it had printed:")
  t.has(err, "| rotated 2 of 3")
  t.lacks(err .. select(2, p:run { "log", id }), "a-long-secret-token")
  t.has(select(2, p:run { "status", id }), "it had printed:")
end)

t.test("at a terminal: above the question", function()
  local p, id = killed(ROTATE)
  local pty = ptys.open({ width = 100, height = 40 }, "TOKEN=a-long-secret-token " .. process.exe() .. " resume " .. id, { cwd = p.dir })
  pty:wait "%[r%]edo"
  local shown = table.concat(pty.screen.above, "\n") .. "\n" .. pty.screen:text()
  t.has(shown, "It had printed:\n  | rotated 2 of 3")
  t.lacks(shown, "a-long-secret-token")
  pty:type "?\n"
  pty:wait "done: it took place"
  pty:type "d\n"
  t.eq(pty:ended(), 0)
end)
