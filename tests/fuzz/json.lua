-- JSON: what is decoded and encoded again is the same, in every form; the rest is refused with its place.
local errors = require "almanac.base.errors"
local expect = dofile "tests/fuzz/expect.lua"
local json = require "native.json"

local REFUSED = { parse = true, limit = true }

return function(input)
  for _, options in ipairs { { big = "text" }, { null = "absent" } } do
    local ok, value = errors.try(json.decode, input, options)
    if ok then
      for _, form in ipairs { {}, { canonical = true }, { indent = 2 } } do
        expect.same(json.decode(json.encode(value, form), options), value)
      end
    else
      expect.kind(value, REFUSED)
      if value.kind == "parse" then assert(value.line >= 1 and value.column >= 1) end
    end
  end
end
