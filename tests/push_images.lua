--- What a test's push_images.sh runs: pushes the images of a release to a registry, under their tag and as :latest-dev.
---     almanac lua tests/push_images.lua http://HOST/v2/ORG TAG PLATFORM,… NAME…
local images = require "tests.images"

local words = { ... }
local base, tag, platforms = words[1], words[2], {}
for os_name, architecture in words[3]:gmatch "(%w+)/(%w+)" do platforms[#platforms + 1] = { os = os_name, architecture = architecture } end
for i = 4, #words do
  for _, name in ipairs { tag, "latest-dev" } do images.push(base .. "/" .. words[i], name, platforms) end
end
