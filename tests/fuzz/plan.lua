-- A plan file: as it is, and with the digest that fits it, which anybody can compute. Who reads one shows it,
-- compares a run with it, or refuses it in words.
local binding = require "almanac.run.plan.binding"
local errors = require "almanac.base.errors"
local expect = dofile "tests/fuzz/expect.lua"
local files = require "almanac.run.plan.file"
local fs = require "native.fs"
local render = require "almanac.render.plan"
local sha256 = require("native.digest").sha256

local REFUSED = { refused = true, parse = true, limit = true, plan_mismatch = true }

local dir = fs.tmpdir "almanac-fuzz"
local path = dir .. "/plan.json"
fs.write(path, "", { mode = 384 })

local BOOK = { name = "r", path = "runbooks/r.lua", params = {}, script = { digest = ("0"):rep(64), files = {} } }

local RUN = { id = "r", journal = { events = function() return function() end end } } -- without events

local function use(plan)
  for _, look in ipairs {
    function() binding.check_start(plan, BOOK, {}) end,
    function() binding.to(plan, RUN) end,
    function() render.outcome("r", "done", plan, {}, false) end,
    function() render.text(plan, plan.counts, plan.undo, false) end,
  } do
    local ok, err = errors.try(look)
    if not ok then expect.kind(err, REFUSED) end
  end
end

local function read(text)
  fs.write(path, text, { mode = 384 })
  local ok, plan = errors.try(files.read, path)
  if ok then use(plan) else expect.kind(plan, REFUSED) end
end

return function(input)
  read(input)
  read('{"digest":"' .. sha256(input) .. '","plan":' .. input .. "}\n")
end
