--- A first runbook: it keeps a copy of a file, then writes a new text into it.
---
--- Try it:   almanac plan first text=hello     what would change, and nothing changed
---           almanac run first text=hello      the same, done
---           almanac rollback                  the old text again
--- What a runbook can call: almanac doc. Mistakes in it: almanac check.
return runbook {
  summary = "Write a text into a file, keep what was there",
  params = {
    text = param.string { required = true, example = "hello", help = "what is written" },
    file = param.string { default = "greeting.txt", help = "into which file" },
  },
  allow = { fs = { "*.txt", "*.txt.old" } }, -- it can touch nothing else
  run = function(p)
    local before = step("what is there", function() -- a read: it is done for a plan, too
      return { text = fs.exists(p.file) and fs.read(p.file) or "" }
    end)
    step("keep a copy", function() fs.write(p.file .. ".old", before.text) end)
    step("write", function() fs.write(p.file, p.text .. "\n") end) -- an effect: it is journalled, and can be taken back
    note(p.file .. " says " .. p.text)
  end,
}
