-- runbooks/lib/openrpc.lua: what breaks those who call by the old description.
local json = require "native.json"
local sandbox = require "almanac.script.sandbox"
local t = require "tests.harness"

local openrpc = sandbox.load("runbooks/any.lua", 'return require "lib.openrpc"').result
local DOCUMENT = t.read_file "tests/fixtures/devnet/spec/openrpc.json"

--- The words for what breaks when edit(document) was done to the devnet's description.
local function broken_by(edit, before)
  local old, new = json.decode(DOCUMENT), json.decode(DOCUMENT)
  if before then before(old) end
  edit(new, new.methods, new.components.schemas.Head)
  local out = {}
  for i, change in ipairs(openrpc.breaking(old, new)) do out[i] = openrpc.words(change) end
  return table.concat(out, "; ")
end

t.test("nothing breaks by what is the same, new, or optional", function()
  t.eq(broken_by(function() end), "")
  t.eq(broken_by(function(_, methods)
    table.insert(methods, { name = "tx.new", params = {}, result = { name = "x", schema = {} } })
    table.insert(methods[3].params, { name = "fee", schema = { type = "integer" } })
  end), "")
  t.eq(broken_by(function(_, _, head) head.properties.time = { type = "integer" } end), "")
end)

t.test("methods and parameters", function()
  t.eq(broken_by(function(_, methods) table.remove(methods, 2) end), "chain.getChainId: is gone")
  t.eq(broken_by(function(_, methods) methods[3].params[2].required = true end), "tx.send params.wait: must be given now")
  t.eq(broken_by(function(_, methods) table.remove(methods[3].params, 1) end),
    "tx.send params.raw: is wait now, in its place; tx.send params.wait: is gone")
  t.eq(broken_by(function(_, methods) table.insert(methods[3].params, { name = "fee", required = true }) end),
    "tx.send params.fee: is new, and must be given")
  t.eq(broken_by(function(_, methods) methods[3].params[1].schema.type = "integer" end),
    "tx.send params.raw: type string → integer")
  t.eq(broken_by(function(_, methods)
    methods[3].paramStructure = "by-name"
    methods[3].params[1], methods[3].params[2] = methods[3].params[2], methods[3].params[1]
  end), "", "by name, their order says nothing")
end)

t.test("results, behind their references", function()
  t.eq(broken_by(function(_, _, head) head.properties.height.type = "string" end), "chain.getHead result.height: type integer → string")
  t.eq(broken_by(function(_, _, head) head.properties.hash = nil end), "chain.getHead result.hash: is gone")
  t.eq(broken_by(function(_, _, head) head.required = { "height" } end), "chain.getHead result.hash: may be absent now")
  t.eq(broken_by(function(_, methods) methods[2].result.schema = { type = { "integer", "null" } } end),
    "chain.getChainId result: type integer → integer or null")
end)

t.test("what is wider for those who send, and narrower for those who read, breaks nothing", function()
  local function number(document) document.methods[2].result.schema.type = "number" end
  t.eq(broken_by(function() end, number), "", "a result that was a number is an integer")
  t.eq(broken_by(function(_, methods) methods[2].result.schema.type = "number" end), "chain.getChainId result: type integer → number")
  t.eq(broken_by(function(_, methods) methods[3].params[1].schema.type = { "string", "null" } end), "")
  t.eq(broken_by(function(_, methods) methods[3].params[1].schema.enum = { "0x" } end), "tx.send params.raw: takes only: 0x")
end)

t.test("a schema that holds itself is walked once", function()
  local function loop(document)
    document.components.schemas.Head.properties.parent = { ["$ref"] = "#/components/schemas/Head" }
  end
  t.eq(broken_by(function(document, _, head)
    loop(document)
    head.properties.height.type = "string"
  end, loop), "chain.getHead result.height: type integer → string")
end)
