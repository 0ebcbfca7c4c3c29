-- Windows and freezes of almanac.yaml: a run outside of them is refused, unless it is given a reason.
local project = require "tests.project"
local t = require "tests.harness"

local BOOK = [[return runbook { run = function()
  step("act", { undo = function() end }, function() sh.run { argv = { "sh", "-c", "echo acted >> log" } } end)
end }]]

local CONFIG = [[
windows:
  - { from: "2000-01-01", to: "2000-01-02", zone: Europe/Berlin }
environments:
  open: { windows: [] }
  frozen:
    windows: []
    freezes:
      - { from: "2000-01-01", to: "2000-01-02", zone: UTC, reason: "the first" }
      - { from: "2001-01-01", to: "2999-12-30", zone: Europe/Berlin, reason: "year end" }
]]

local function new(config)
  local p = project.new { book = BOOK }
  t.write_file(p.dir .. "/almanac.yaml", config)
  return p
end

local function must(p, words, want)
  local code, out, err = p:run(words)
  t.eq(code, want, out .. err)
  return err, out
end

t.test("outside of the windows, and in a freeze, a run is refused with what comes next; per environment", function()
  local p = new(CONFIG)
  local err = must(p, { "run", "book" }, 2)
  t.has(err, "outside of the windows of almanac.yaml")
  t.has(err, "no window opens in the next year")
  err = must(p, { "run", "book", "-e", "frozen" }, 2)
  t.has(err, "environment frozen is frozen: year end")
  t.has(err, "the next window opens Tue 2999-12-31 00:00 CET, in ")
  t.has(err, "--override-freeze REASON")
  t.eq(p:lines "log", {})
  must(p, { "run", "book", "-e", "open" }, 0)
  t.eq(p:lines "log", { "acted" })
end)

t.test("overridden with a reason, it is journalled; a way back is never closed", function()
  local p = new(CONFIG)
  t.has(must(p, { "run", "book", "--override-freeze", " " }, 2), "needs a reason")
  must(p, { "run", "book", "-e", "frozen", "--override-freeze", "CVE-2026-1" }, 0)
  t.has(select(2, p:run { "status" }), ": CVE-2026-1; by ")
  local _, log = must(p, { "log", p:newest() }, 0)
  t.has(log, "run.override")
  t.has(log, '"reason":"CVE-2026-1"')
  t.has(log, "year end")
  must(p, { "rollback" }, 0)
end)

t.test("what is no period is refused with its place", function()
  local cases = {
    ["windows: [{ from: \"09:00\", to: \"17:00\", zone: Europe/Berlim }]"] = { "line 1, column", "no time zone \"Europe/Berlim\"" },
    ["environments: { a: { freezes: [{ from: \"9\", to: \"17:00\", zone: UTC }] } }"] = { "environments.a.freezes.0: from is a time" },
    ["windows: { from: \"09:00\" }"] = { "windows must be a list" },
    ["windows: [{ from: \"09:00\", too: \"17:00\", zone: UTC }]"] = { "no key \"too\" in windows.0; did you mean to?" },
  }
  for config, words in pairs(cases) do
    local err = must(new(config), { "run", "book" }, 2)
    for _, text in ipairs(words) do t.has(err, text) end
  end
end)
