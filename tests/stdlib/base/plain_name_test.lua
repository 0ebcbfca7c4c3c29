-- Names that are journalled and shown.
local plain_name = require "almanac.base.plain_name"
local t = require "tests.harness"

t.test("text of one line is one; the fault says why another thing is none", function()
  for _, name in ipairs { "a", "a b/c#d", "長い", (" "):rep(10) } do t.eq(plain_name.fault(name, 10), nil, name) end
  t.eq({ plain_name.fault(1, 9), plain_name.fault("", 9), plain_name.fault("a\nb", 9), plain_name.fault("a\27b", 9),
    plain_name.fault("0123456789", 9), plain_name.fault("\255", 9) }, {
    "must be text, not a number", "must not be empty", "cannot hold a newline or another control character",
    "cannot hold a newline or another control character", "cannot be longer than 9 bytes", "must be valid UTF-8",
  })
end)
