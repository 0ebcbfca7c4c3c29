-- The lines of a script around a place.
local excerpt = require "almanac.report.excerpt"
local t = require "tests.harness"

local SOURCES = { ["a:b.lua"] = "one\ntwo\r\nthree\nfour\nfive\n" }

t.test("three before and behind, the line itself marked", function()
  local found = excerpt.of(SOURCES, "a:b.lua:2")
  local lines = {}
  for i, line in ipairs(found.lines) do lines[i] = line.number .. line.text .. (line.here and "!" or "") end
  t.eq(lines, { "1one", "2two!", "3three", "4four", "5five" })
  t.eq({ #excerpt.of(SOURCES, "a:b.lua:5").lines, excerpt.of(SOURCES, "a:b.lua:5").path }, { 4, "a:b.lua" })
end)

t.test("what the text has not is none", function()
  for _, at in ipairs { "a:b.lua:6", "a:b.lua:x", "a:b.lua", "other.lua:1", "" } do t.eq(excerpt.of(SOURCES, at), nil, at) end
  t.eq(excerpt.of(SOURCES, nil), nil)
end)
