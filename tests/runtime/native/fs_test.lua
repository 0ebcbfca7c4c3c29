-- Links below a directory: listed, not followed, and an error that says why where they cannot be.
local fs = require "native.fs"
local t = require "tests.harness"

t.test("links of all levels, none where there is no directory", function()
  local dir = t.tmpdir()
  t.must { "sh", "-c", string.format("cd %s && mkdir -p a/b && ln -s / a/b/one && ln -s nothing two", dir) }
  local found = fs.links(dir)
  table.sort(found)
  t.eq(found, { dir .. "/a/b/one", dir .. "/two" })
  t.eq({ fs.links(dir .. "/absent"), fs.links "/etc/passwd" }, { {}, {} })
end)

t.test("more links than there is room for are an error that says so", function()
  local dir = t.tmpdir()
  t.must { "sh", "-c", string.format([[mkdir %s/many && name=$(printf '%%0200d' 0) &&
    seq 6000 | sed "s|^|/nothing/$name|" | xargs ln -s -t %s/many]], dir, dir) }
  local err = t.raises("limit", fs.links, dir .. "/many")
  t.has(err.message, "their paths take more than 1024 KiB")
end)
