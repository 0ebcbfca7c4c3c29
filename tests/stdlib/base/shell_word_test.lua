-- Words that are pasted into a shell: it takes each as it was.
local sh = require "native.sh"
local shell_word = require "almanac.base.shell_word"
local t = require "tests.harness"

t.test("a shell takes a word as it was, whatever is in it", function()
  for _, word in ipairs { "", "a", "a b", "it's", "$(id)", "`id`", 'a"b', "a\\b", "a!b", "a\nb", "*", "~", "-x", "a;b", "#a", "é" } do
    for _, form in ipairs { shell_word.quoted, shell_word.plain } do
      local got = sh.exec { argv = { "sh", "-c", "printf %s " .. form(word) .. " ." }, env = {}, read = true, who = "test" }
      t.eq(got.stdout, word .. ".", form(word))
    end
  end
end)

t.test("a plain word has no quotes", function()
  t.eq({ shell_word.plain "ops/a-b_1.yaml", shell_word.plain "a b", shell_word.quoted "a b" }, { "ops/a-b_1.yaml", "'a b'", '"a b"' })
end)
