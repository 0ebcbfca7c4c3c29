-- Names of images.
local reference = require "almanac.base.image_reference"
local t = require "tests.harness"

local DIGEST = "sha256:" .. ("0a"):rep(32)

t.test("host, repository, tag and digest", function()
  for text, want in pairs {
    ["alpine"] = { "docker.io", "library/alpine", "latest" },
    ["org/app:v1"] = { "docker.io", "org/app", "v1" },
    ["ghcr.io/org/app"] = { "ghcr.io", "org/app", "latest" },
    ["localhost/app:1"] = { "localhost", "app", "1" },
    ["127.0.0.1:5000/a/b/c:v1.2-x_y"] = { "127.0.0.1:5000", "a/b/c", "v1.2-x_y" },
    ["ghcr.io/org/app@" .. DIGEST] = { "ghcr.io", "org/app", nil, DIGEST },
    ["ghcr.io/org/app:v1@" .. DIGEST] = { "ghcr.io", "org/app", "v1", DIGEST },
  } do
    local got = reference.parse("t", text)
    t.eq({ got.host, got.repository, got.tag, got.digest }, want, text)
  end
end)

t.test("what is no image is refused by its part", function()
  for text, want in pairs {
    ["ghcr.io/Org/app"] = '"Org" is no part', ["ghcr.io/a//b"] = '"" is no part', ["ghcr.io/../x"] = '".." is no part',
    ["ghcr.io/a:b c"] = '"b c" is no tag', ["ghcr.io/a:"] = '"" is no tag', ["ghcr.io/a@sha256:12"] = "its digest must be",
    [""] = "is no part", ["ghcr.io/a?x=1"] = "is no part", ["gh cr.io/a"] = "is no host",
  } do
    t.has(t.raises("usage", reference.parse, "t", text).message, want, text)
  end
  t.has(t.raises("usage", reference.parse, "t", 7).message, "must be text")
end)
