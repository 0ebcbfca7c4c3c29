-- What a schema of values has helm fetch, told from its text alone. What the cases expect was seen with helm 3.16 and 4.1.
local schemas = require "almanac.helm.schema"
local t = require "tests.harness"

local function told(text, later)
  local out = {}
  for i, reach in ipairs(schemas.reaches(text, later)) do out[i] = reach.url or reach.file or "unclear" end
  return table.concat(out, " ")
end

--- Said of both, or of the later alone.
local function case(text, want, later)
  t.eq(told(text, true), later or want, text .. " (later)")
  t.eq(told(text, false), want, text)
end

t.test("references lead out of a schema wherever they stand, however they are spelt", function()
  case('{"$ref":"http://h/x"}', "http://h/x")
  case('{"$ref" :\n "HTTPS://h/x#/a"}', "HTTPS://h/x")
  case('{"properties":{"a":{"$dynamicRef":"http://h/x"},"b":{"$recursiveRef":"http://h/y"}}}', "http://h/x http://h/y")
  case('{"\\u0024ref":"http:\\/\\/h/\\u0078"}', "http://h/x")
  case('{"$ref":"#","$ref":"http://h/x"}', "http://h/x")
  case('{"type":"object"} {"$ref":"http://h/x"}', "http://h/x")
  case('\u{feff}{"a\\"":1,"$ref":"http://h/x"}', "http://h/x")
  case('{"a\\\\":"$ref","b":"\\":\\"","$ref":"http://h/x"}', "http://h/x")
  case('{"const":{"$ref":"http://h/x"}}', "http://h/x")
  case('{"$ref":"http://u:p@h/x"}', "http://u:p@h/x")
  case('{"$ref":"file:///etc/passwd"}', "/etc/passwd")
end)

t.test("what stays in the schema, and what helm follows nowhere, does not", function()
  case('{"$ref":"#/definitions/a","$id":"http://h/x","definitions":{"a":{"$id":"#/definitions/a"}}}', "")
  case('{"$ref":""}', "")
  case('{"$ref":"urn:x:y","a":{"$ref":"ftp://h/x"},"b":{"$ref":"data:,x"}}', "")
  case('{"properties":{"$ref":{"type":"string"},"b":{"default":"$ref: http://h/x"}}}', "")
  case('{"a\\\\u0024ref":"http://h/x"}', "")
  case('{"$REF":"http://h/x","$Id":"http://h/y"}', "")
  case('{"$id":"http://h/x","id":"http://h/y"}', "")
  case("", "")
  case('{"$ref":"http://h/x', "")
end)

t.test("schemas of schemas that helm has itself are not fetched", function()
  for _, draft in ipairs { "draft-04", "draft-06", "draft-07" } do
    case('{"$schema":"http://json-schema.org/' .. draft .. '/schema#"}', "")
    case('{"$ref":"http://json-schema.org/' .. draft .. '/schema#/definitions/x"}', "")
  end
  case('{"$schema":"https://json-schema.org/draft/2020-12/schema"}', "")
  case('{"$schema":"http://json-schema.org/schema#"}', "")
  local url = "https://json-schema.org/draft/2020-12/meta/core"
  case('{"$ref":"' .. url .. '"}', url, "")
  case('{"$schema":"http://json-schema.org/draft-07/../x"}', "", "http://json-schema.org/draft-07/../x")
  case('{"$schema":"http://json-schema.org/draft-03/schema"}', "", "http://json-schema.org/draft-03/schema")
  case('{"$schema":"http://h/x"}', "", "http://h/x")
  case('{"$schema":"file:///x"}', "", "/x")
  case('{"$schema":"x"}', "")
end)

t.test("relative references lead from every id, and without one to a file", function()
  case('{"$ref":"other.json#/a"}', "/other.json")
  case('{"$ref":"/tmp/../x"}', "/tmp/../x")
  case('{"$id":"http://h/a/b","$ref":"x"}', "/x http://h/a/x")
  case('{"id":"http://h/a/b","$ref":"../x"}', "/../x http://h/x")
  case('{"$id":"http://h/a/","p":{"$id":"../c","q":{"$ref":"x"}}}', "/x http://h/a/x http://h/x")
  case('{"$id":"http://h/a/","p":{"$id":"c/d","q":{"$ref":"x"}}}', "unclear")
  case('{"$id":"http://h/a?b","$ref":"?x"}', "http://h/a?x")
  case('{"$id":"http://h/a","$ref":"//other/x"}', "http://other/x")
  case('{"$id":"http://h/a","$id":"http://i/","$ref":"x"}', "/x http://h/x http://i/x")
  case('{"$id":"http://h/a#/x","$ref":"#/b"}', "http://h/a")
end)

t.test("what is not plain is said to be so", function()
  for _, reference in ipairs { "http:x", "http:", "http://h/\\u00e9",
    "http://h\\\\x/", "file:x", "file://host/x", "file:///%65tc", "//h/x", "?x" } do
    case('{"$ref":"' .. reference .. '"}', "unclear")
  end
  case('{"$id":"http:","$ref":"//h/x"}', "unclear")
end)
