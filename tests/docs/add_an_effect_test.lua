-- The how-to of an operator's own effect, word for word: previewed, run, killed, recovered and undone.
local pages = require "tests.docs.pages"
local project = require "tests.project"
local t = require "tests.harness"

t.test("an effect of one's own: previewed, killed, recovered and taken back, as the page shows", function()
  local dir = t.tmpdir()
  pages.check("docs/how-to/add-an-effect.md", { dir = dir })
end)

t.test("killed at every write, the effect happens once and is taken back once", function()
  local page = t.read_file "docs/how-to/add-an-effect.md"
  local n, killed = 1, 0
  while true do
    local p = project.new {}
    t.must { "mkdir", p.dir .. "/flags" }
    pages.write_files(page, p.dir)
    local code = p:run({ "run", "launch", "--plain" }, { ALMANAC_FAULT = string.format("journal.append:%d:kill", n) })
    if code == 0 then break end
    local begun = t.read_file(p.dir .. "/.almanac/journal.db") and p:newest()
    if begun then
      killed = killed + 1
      local resumed, _, err = p:run { "resume", "--plain" }
      t.eq(resumed, 0, err)
      t.eq(p:lines "flags/explorer", { "on" }, "after a kill at " .. n)
      t.eq(p:lines "flags/banner", { "on" })
      local undone, _, why = p:run { "rollback", "--plain" }
      t.eq(undone, 0, why)
      t.eq(p:lines "flags/explorer", { "off" })
    end
    n = n + 1
  end
  t.ok(killed > 5, "it was killed at " .. killed .. " places")
end)

t.test("a runbook that does not name the flag may not touch it", function()
  local p = project.new {}
  t.must { "mkdir", p.dir .. "/flags" }
  pages.write_files(t.read_file "docs/how-to/add-an-effect.md", p.dir)
  local book = t.read_file(p.dir .. "/runbooks/launch.lua")
  p:edit("launch", (book:gsub('{ "explorer", "banner" }', '{ "explorer" }')))
  local code, _, err = p:run { "run", "launch", "--plain" }
  t.eq(code, 1)
  t.has(err, 'flags.set: this runbook may not touch flags "banner"')
  t.eq(p:lines "flags/banner", {})
end)
