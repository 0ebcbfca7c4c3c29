-- The event of a journal that a hash stands for.
local audit = require "almanac.session.audit"
local t = require "tests.harness"

local HASHES = { "aa11", "bb22", "aa33" }
local JOURNAL = { head = function() return #HASHES end, hash = function(_, _, seq) return HASHES[seq] end }

t.test("a hash, or the beginning of one, is that of the newest event that has it; another one is none's", function()
  local out = {}
  for i, hash in ipairs { "aa11", "aa33", "aa", "bb2", "cc", "aa111" } do out[i] = audit.event_of(JOURNAL, "r", hash) or false end
  t.eq(out, { 1, 3, 3, 2, false, false })
end)
