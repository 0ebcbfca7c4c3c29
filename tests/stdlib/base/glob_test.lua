-- Shell-like patterns: what they fit, and that none takes long.
local glob = require "almanac.base.glob"
local t = require "tests.harness"

t.test("a star does not cross the fence, two do, a question mark is one character", function()
  for _, case in ipairs {
    { "a", "a", true }, { "a", "ab", false }, { "", "", true }, { "", "a", false }, { "*", "", true }, { "?", "", false },
    { "a*c", "abbc", true }, { "a*c", "ab/c", false }, { "a**c", "ab/c", true }, { "a***c", "ab/c", true }, { "a?c", "a/c", false },
    { "a?c", "abc", true }, { "*.lua", "x.lua", true }, { "*.lua", "x.luac", false }, { "**/x", "a/b/x", true }, { "**/x", "x", false },
    { "?*", "a", true }, { "*?", "", false }, { "?**", "/a", false }, { "a.b", "axb", false }, { "[a]%w", "[a]%w", true },
    { "*a*b*", "xxaxxbxx", true }, { "*a*b*", "xxbxxaxx", false }, { "*ab", "aab", true }, { "a*a", "a", false },
    { "**a/*b", "a/a/xb", true },
    { "**a/*b", "a/x/b", false }, { "a**", "a", true }, { "x\0*", "x\0y", true },
  } do
    t.eq(glob.match(case[1], case[2]), case[3], case[1] .. " on " .. case[2])
  end
  t.eq({ glob.match("a*c", "a@c", "/@"), glob.match("a*c", "a/c", "@"), glob.match("a*c", "a/c", "") }, { false, true, true })
end)

--- By trying every length of every star: slow, and plainly right.
local function tried(pattern, text)
  local stars = pattern:match "^%*+"
  if stars then
    for length = 0, #text do
      if #stars == 1 and text:sub(1, length):find "/" then return false end
      if tried(pattern:sub(#stars + 1), text:sub(length + 1)) then return true end
    end
    return false
  end
  if pattern == "" or text == "" then return pattern == text end
  local wanted, char = pattern:sub(1, 1), text:sub(1, 1)
  return (wanted == "?" and char ~= "/" or wanted ~= "?" and wanted == char) and tried(pattern:sub(2), text:sub(2))
end

--- Every text of these characters, up to a length.
local function texts_of(characters, length)
  local out, last = { "" }, { "" }
  for _ = 1, length do
    local longer = {}
    for _, text in ipairs(last) do
      for char in characters:gmatch "." do longer[#longer + 1] = text .. char end
    end
    table.move(longer, 1, #longer, #out + 1, out)
    last = longer
  end
  return out
end

t.test("every short pattern fits what it fits by trying", function()
  local texts = texts_of("a/", 5)
  for _, pattern in ipairs(texts_of("a/*?", 4)) do
    for _, text in ipairs(texts) do
      local fits = glob.match(pattern, text)
      if fits ~= tried(pattern, text) then t.eq(fits, not fits, pattern .. " on " .. text) end
    end
  end
end)

-- By trying, each of these takes longer than the test may.
t.test("a pattern of as many stars as there may be is over at once", function()
  for _, stars in ipairs { "*", "**" } do
    local pattern = (stars .. "a"):rep(glob.MOST_WILD // #stars) .. "b"
    t.eq(glob.is_too_wild(pattern), false)
    t.eq(glob.match(pattern, ("a"):rep(4096)), false)
    t.eq(glob.match(pattern, ("a"):rep(4096) .. "b"), true)
  end
  t.eq(glob.is_too_wild(("*a"):rep(glob.MOST_WILD + 1)), true)
end)
