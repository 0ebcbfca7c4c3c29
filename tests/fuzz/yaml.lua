-- YAML: what is decoded and encoded again is the same, in both dialects; the rest is refused in words.
local errors = require "almanac.base.errors"
local expect = dofile "tests/fuzz/expect.lua"
local yaml = require "native.yaml"

local REFUSED = { parse = true, limit = true, usage = true }
local UNWRITABLE = { usage = true, limit = true }

local function round_trip(dialect, document)
  local ok, text = errors.try(yaml.encode, document)
  if not ok then return expect.kind(text, UNWRITABLE) end
  expect.same(yaml.decode(text, { dialect = dialect }), document)
end

return function(input)
  for _, dialect in ipairs { "core", "kubernetes" } do
    local ok, documents = errors.try(yaml.decode_all, input, { dialect = dialect, max_nodes = 10000 })
    if ok then
      for _, document in ipairs(documents) do round_trip(dialect, document) end
    else
      expect.kind(documents, REFUSED)
    end
  end
  local ok, err = errors.try(yaml.decode, input, { places = true, max_nodes = 10000 })
  if not ok then expect.kind(err, REFUSED) end
end
