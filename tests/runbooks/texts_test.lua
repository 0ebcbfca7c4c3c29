-- The pure parts of the runbooks' library: release notes, versions, changes.
local sandbox = require "almanac.script.sandbox"
local t = require "tests.harness"

local lib = sandbox.load("runbooks/any.lua", [[return {
  changelog = require "lib.changelog", versions = require "lib.versions", changes = require "lib.changes",
}]]).result

local function with(text, version, changes)
  return lib.changelog.with("CHANGELOG.md", text, { version = version or "v0.5.0", date = "2026-11-28", changes = changes or { "a" } })
end

t.test("a section goes before the newest one, and takes what is unreleased", function()
  t.eq((with "# Changelog\n\n## v0.4.0\n\n- old\n"), "# Changelog\n\n## v0.5.0 (2026-11-28)\n\n- a\n\n## v0.4.0\n\n- old\n")
  t.eq((with "# Changelog\n\n## Unreleased\n\n## v0.4.0\n"),
    "# Changelog\n\n## Unreleased\n\n## v0.5.0 (2026-11-28)\n\n- a\n\n## v0.4.0\n")
  local text, notes = with "# Changelog\n\n## [Unreleased]\n\n- mine\n  more\n\n## v0.4.0\n"
  t.eq(text, "# Changelog\n\n## [Unreleased]\n\n## v0.5.0 (2026-11-28)\n\n- mine\n  more\n\n## v0.4.0\n")
  t.eq(notes, { "- mine", "  more" })
  t.eq((with ""), "\n## v0.5.0 (2026-11-28)\n\n- a\n")
  t.eq((with "# Changelog\n"), "# Changelog\n\n## v0.5.0 (2026-11-28)\n\n- a\n")
end)

t.test("a section that is there is left alone, and one of another version is another", function()
  local text = "# Changelog\n\n## v0.5.0 (2026-11-27)\n\n- said\n"
  local after, notes = with(text)
  t.eq({ after, notes }, { text, { "- said" } })
  t.has((with "## v0.5.0-rc.1\n\n- x\n"), "## v0.5.0 (2026-11-28)")
  t.has((with "## v0.5.01\n\n- x\n"), "## v0.5.0 (2026-11-28)")
end)

t.test("a merge that nobody finished is named by its lines", function()
  local err = t.raises("refused", with, "a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> main\n")
  t.has(err.message, "lines 2, 4, 6")
end)

t.test("a version is put where its template says, and nowhere else", function()
  local function bump(text, template) return { lib.versions.bump(text, template, "0.5.0") } end
  t.eq(bump('v = "0.4.2"\nw = "0.4.2"\n', 'v = "{version}"'), { 'v = "0.5.0"\nw = "0.4.2"\n', 1 })
  t.eq(bump("0.4.2\n", "{version}"), { "0.5.0\n", 1 })
  t.eq(bump("imageTag: v0.4.2-0f9e8d7\n", "imageTag: v{version}"), { "imageTag: v0.5.0\n", 1 })
  t.eq(bump('"version": "1.0.0-rc.1+5",', '"version": "{version}"'), { '"version": "0.5.0",', 1 })
  t.eq(bump("x", "{version}"), { "x", 0 })
  t.raises("refused", bump, "x", "no place")
  t.eq({ lib.versions.parts "v0.5.0-a1b2c3d" }, { "v0.5.0", "a1b2c3d" })
  t.raises("usage", lib.versions.parts, "latest")
end)

t.test("fields that differ, of YAML and of JSON", function()
  t.eq(lib.changes.of_texts("a: 1\nb: [1, 2]\n", "a: 2\nb: [1]\nc: x\n"), { "a: 1 → 2", "b.2: 2 → (absent)", "c: (absent) → x" })
  t.eq(lib.changes.of_texts('{"a":1}', '{ "a": 1 }'), {})
  t.eq(lib.changes.of_texts("[", "["), {})
  t.eq(lib.changes.of_texts("[", "{"), { "its text changed" })
  t.eq({ lib.changes.of_texts(nil, "a: 1"), lib.changes.of_texts("a: 1", nil), lib.changes.of_texts(nil, nil) },
    { { "it is new" }, { "it is gone" }, {} })
end)
