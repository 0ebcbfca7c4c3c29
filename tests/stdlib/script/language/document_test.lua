-- A text that an editor has open: places in UTF-16 units, and changes by ranges of them.
local documents = require "almanac.script.language.document"
local t = require "tests.harness"

local PIECES = { "a", "ä", "𝄞", "\n", "\r\n", "  ", "\"", "e\u{301}", "" }

--- Numbers that look like chance, the same each time.
local function random_of(seed)
  return function(most)
    seed = (seed * 1103515245 + 12345) % 2 ^ 31
    return math.floor(seed / 65536) % most + 1
  end
end

local function text_of(random, count)
  local out = {}
  for i = 1, count do out[i] = PIECES[random(#PIECES)] end
  return table.concat(out)
end

--- The bytes between characters at which an editor can be: not within a character, nor between \r and \n.
local function places_of(text)
  local out = {}
  for at in utf8.codes(text) do
    if not (text:sub(at, at) == "\n" and text:sub(at - 1, at - 1) == "\r") then out[#out + 1] = at end
  end
  out[#out + 1] = #text + 1
  return out
end

t.test("a byte's position means that byte again", function()
  local random = random_of(7)
  for _ = 1, 100 do
    local document = documents.new("file:///x", "x", text_of(random, 20))
    for _, at in ipairs(places_of(document.text)) do
      t.eq(document:offset(document:position(at)), at, string.format("%q", document.text))
    end
  end
end)

t.test("a change by a range is what it is in the text", function()
  local random, document = random_of(3), documents.new("file:///x", "x", "")
  for _ = 1, 500 do
    local places = places_of(document.text)
    local from, to = places[random(#places)], places[random(#places)]
    if to < from then from, to = to, from end
    local with = text_of(random, random(4) - 1)
    local range = { start = document:position(from), ["end"] = document:position(to) }
    local want = document.text:sub(1, from - 1) .. with .. document.text:sub(to)
    document = document:changed { range = range, text = with }
    t.eq(document.text, want)
    if #want > 200 then document = document:changed { text = "" } end
  end
end)

t.test("a range beyond the text ends with it, one that is turned round is turned back", function()
  local document = documents.new("file:///x", "x", "ab\ncd")
  local function changed(a, b, c, d) return document:changed({ range = { start = { line = a, character = b },
    ["end"] = { line = c, character = d } }, text = "X" }).text end
  t.eq({ changed(1, 1, 9, 9), changed(0, 9, 0, 9), changed(1, 1, 0, 1), changed(7, 0, 7, 0) }, { "ab\ncX", "abX\ncd", "aXd", "ab\ncdX" })
end)
