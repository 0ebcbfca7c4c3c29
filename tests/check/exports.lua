--- What a module exports is named by another file. A function that its own file alone calls is a local one, and
--- one that nobody calls is left over. Run by make check: almanac lua tests/check/exports.lua; exit 1 and a line for each.
local fs = require "native.fs"

--- Whole modules whose functions are found by name: commands, and what a script sees.
local function is_found_by_name(path)
  return path:find "^stdlib/cli/" or path:find "/public/"
end

local function read(path)
  return (fs.read(path):gsub("%-%-[ %-%[][^\n]*", "")) -- and no option in a text: "--labels"
end

local function all_texts()
  local texts = {}
  for _, root in ipairs { "stdlib", "tests", "docs", "runbooks" } do
    local below = root
    repeat
      for _, path in ipairs(fs.list(below .. "/*.lua")) do
        if not path:find "^stdlib/meta/" then texts[path] = read(path) end -- stubs of editors are no modules
      end
      below = below .. "/*"
    until #fs.list(below) == 0
  end
  return texts
end

local function words_of(text)
  local words = {}
  for word in text:gmatch "[%a_][%w_]*" do words[word] = true end
  return words
end

--- Whether a file hands a module on whole, or looks into it by a computed name.
local function uses_whole(text, module)
  if text:find('require "' .. module .. '"%s*[^%s.:]?%s*[,)}]') or text:find('require%("' .. module .. '"%)%s*[,)}]') then return true end
  for alias in text:gmatch('([%a_][%w_]*) = require "' .. module:gsub("%p", "%%%0") .. '"\n') do
    for after in text:gmatch("%f[%w_.:]" .. alias .. "%f[^%w_]%s*([^%s]?)") do
      if after ~= "." and after ~= ":" and after ~= "=" then return true end
    end
  end
  return false
end

local texts, words = all_texts(), {}
for path, text in pairs(texts) do words[path] = words_of(text) end

local function requirers(path, module)
  local out = {}
  for other, text in pairs(texts) do
    if other ~= path and text:find('"' .. module .. '"', 1, true) then out[#out + 1] = other end
  end
  return out
end

local function is_named(name, others)
  for _, other in ipairs(others) do
    if words[other][name] then return true end
  end
  return false
end

local found = {}

local function look(path, text)
  local own = text:match "return ([%a_][%w_]*)%s*$"
  if not own then return end
  if text:find("%f[%w_]" .. own .. "%[") then return end -- its functions are found by name, by itself
  local module = "almanac." .. path:match("^stdlib/(.*)%.lua$"):gsub("/", ".")
  local others = requirers(path, module)
  for _, other in ipairs(others) do
    if uses_whole(texts[other], module) then return end
  end
  for name in text:gmatch("\nfunction " .. own .. "%.([%a_][%w_]*)%(") do
    if #others > 0 and not is_named(name, others) then
      local _, uses = text:gsub("%f[%w_]" .. own .. "%." .. name .. "%f[^%w_]", "")
      found[#found + 1] = string.format("%s: %s.%s is named by no other file; %s", path, own, name,
        uses > 1 and "make it a local function" or "nobody calls it")
    end
  end
end

for path, text in pairs(texts) do
  if path:find "^stdlib/" and not is_found_by_name(path) then look(path, text) end
end
table.sort(found)
for _, line in ipairs(found) do print(line) end
return #found > 0 and 1 or 0
