-- Lines of a watch: each is an event that is told, a bookmark, the end of the watch, or refused as no line
-- of one. Nothing that a server writes is an error of ours.
local errors = require "almanac.base.errors"
local expect = dofile "tests/fuzz/expect.lua"
local watch = require "almanac.k8s.watch"

local REFUSED = { protocol = true, api = true }

return function(input)
  local known = {}
  for line in input:gmatch "[^\n]+" do
    local ok, what, version = errors.try(watch.read, "k8s.watch", "/api/v1/namespaces/x/pods", known, line)
    if not ok then
      expect.kind(what, REFUSED)
    else
      assert(what == "bookmark" or what == "expired" or type(what.object) == "table" and type(what.object.metadata.name) == "string")
      assert(what == "expired" or version == nil or type(version) == "string")
    end
  end
  for key, object in pairs(known) do assert(type(key) == "string" and type(object.metadata) == "table") end
end
