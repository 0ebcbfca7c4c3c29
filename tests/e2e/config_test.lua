-- almanac.yaml: what is spoilt is refused before anything begins, what is empty says nothing.
local project = require "tests.project"
local t = require "tests.harness"

local function list(text)
  local p = project.new {}
  t.write_file(p.dir .. "/almanac.yaml", text)
  return p:run { "list" }
end

t.test("spoilt files are refused with exit code 2, and named", function()
  for text, said in pairs {
    ["hello"] = "almanac.yaml must be a mapping, not a string",
    ["store: 5"] = "store must be a string, not a number",
    ["store: [a]"] = "store must be a string, not a list or mapping",
    ["environments: { a: 5 }"] = "environments.a must be a mapping",
    ["nope: 1"] = 'no key "nope"',
    ["environment: x"] = 'no environment "x"',
    ["{{"] = "line 1",
  } do
    local code, _, err = list(text)
    t.eq(code, 2, text .. "\n" .. err)
    t.has(err, said)
  end
end)

t.test("empty keys", function()
  for _, text in ipairs { "", "~", "kubeconfig:", "endpoints:", "environment: a\nenvironments:\n  a:\n" } do
    local code, _, err = list(text)
    t.eq(code, 0, text .. "\n" .. err)
  end
end)
