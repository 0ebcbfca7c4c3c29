-- Names of steps: what a path cannot hold, and the name of a question.
local name = require "almanac.base.step_name"
local t = require "tests.harness"

t.test("a name without separators is taken as it stands", function()
  for _, text in ipairs { "roll on", "  spaced  out ", "αβγ", "50% done?" } do
    t.ok(name.fits(text), text)
    t.eq(name.of(text), text)
  end
  for _, text in ipairs { "", "a/b", "#1", "two\nlines", "a\0b", "a\27b", "tab\t", "\255", "\u{D800}", ("x"):rep(1001) } do
    t.eq(name.fits(text), false, text)
  end
  t.eq(name.fault(1), "must be text, not a number")
  t.has(name.fault(("x"):rep(1001)), "1000 bytes")
end)

t.test("a text for people has a name in which a space stands for each separator", function()
  t.eq(name.of "is https://grafana.example/d/1#peers green?", "is https: grafana.example d 1 peers green?")
  t.eq(name.of "#devnet was told", "devnet was told")
  t.eq(name.of "first line\n\n  second line\n", "first line second line")
  t.eq(name.of "//#\n", "")
end)

t.test("whatever the text, its name can be one, is its own again, and comes at once", function()
  for _, text in ipairs { "a\0b", "a\27[2Kb", "a\255b", ("x"):rep(1000000), (" "):rep(1000000) .. "x", ("é"):rep(700), ("é/"):rep(300000),
    ("x\n"):rep(2000), ("\255"):rep(5000) } do
    local of = name.of(text)
    t.ok(of == "" or name.fits(of), #of .. " " .. of:sub(1, 40))
    if of ~= "" then t.eq(name.of(of), of) end
  end
  t.ok(name.of(("x"):rep(2000) .. "a") ~= name.of(("x"):rep(2000) .. "b"), "two questions stay two")
end)

t.test("what is known by a path, or below it, has its new path when a step has; what only begins so stays", function()
  local by_path = { a = 1, ["a/b"] = 2, ["a/b#c"] = 3, ab = 4, ["x/a"] = 5 }
  name.move(by_path, "a", "new/a")
  t.eq(by_path, { ["new/a"] = 1, ["new/a/b"] = 2, ["new/a/b#c"] = 3, ab = 4, ["x/a"] = 5 })
  name.move(by_path, "new/a", "new/a/in") -- into itself
  t.eq(by_path, { ["new/a/in"] = 1, ["new/a/in/b"] = 2, ["new/a/in/b#c"] = 3, ab = 4, ["x/a"] = 5 })
  t.eq({ name.moved("a", "a", "b"), name.moved("ab", "a", "b"), name.moved("a/c", "a", "b") }, { "b", "ab", "b/c" })
end)
