local t = require "tests.harness"
local base64 = require "almanac.base.base64"

t.test("base64 both ways, and where it stops being that", function()
  for _, s in ipairs { "", "f", "fo", "foo", "foob", "\0\255\254" } do
    t.eq(base64.decode(base64.encode(s)), s)
  end
  t.eq(base64.decode "-_-_", "\xfb\xff\xbf", "the URL alphabet")
  t.eq(base64.decode "Zm8", "fo", "without padding")
  t.eq({ base64.decode("ab!d") }, { nil, 2 })
  t.eq({ base64.decode("bogus") }, { nil, 4 })
end)
