--- The files of runtime/: which folder may include which, who knows Lua, and that no circle is left.
local cycles = require "tests.check.house.cycles"
local fs = require "native.fs"
local lengths = require "tests.check.house.lengths"
local sources = require "tests.check.house.sources"
local violations = require "tests.check.house.violations"

local M = {}

--- runtime/: a folder may include those before it and itself. Those below `engine` do not know Lua.
local C_ORDER = { "base", "net", "proc", "journal", "kube", "engine", "native", "." }
local KNOWS_LUA = { engine = true, native = true, ["."] = true }

--- The functions that a C text declares and defines outside of others, by their names: the line.
local function functions_of(text)
  local function blank(part) return (part:gsub("[^\n]", " ")) end
  text = text:gsub("/%*.-%*/", blank):gsub("//[^\n]*", blank):gsub('"[^"\n]*"', blank):gsub("'[^'\n]*'", blank)
  text = "\n" .. text
  repeat -- the lines of a macro
    local count
    text, count = text:gsub("\n[ \t]*#[^\n]*\\\n", "\n\n#")
  until count == 0
  text = text:gsub("\n[ \t]*#[^\n]*", blank)
  local declared, defined = {}, {}
  for at, head, stop in text:gsub("%b{}", function(body) return "{" .. blank(body):sub(2, -2) .. "}" end):gmatch "()([^;{}]*)([;{}])" do
    local name = not head:find "=" and not head:find "^%s*typedef" and head:match "([%a_][%w_]*)%s*%("
    local line = name and sources.line_at(text, at + #head:match "^%s*") - 1
    if name and stop == "{" then defined[name] = line end
    if name and stop == ";" and not head:find "^%s*static%f[^%w_]" then declared[name] = line end
  end
  return declared, defined
end

--- Whoever calls a function of another folder includes its header: a declaration of one's own would be an edge that nobody sees.
local function check_declarations(texts)
  local homes = {} ---@type table<string, table<string, boolean>>  folders in which a function is defined
  local declared = {}
  for path, text in pairs(texts) do
    local of, defined = functions_of(text)
    declared[path] = of
    for name in pairs(defined) do
      homes[name] = homes[name] or {}
      homes[name][sources.folder_of(path)] = true
    end
  end
  for path, of in pairs(declared) do
    for name, line in pairs(of) do
      if homes[name] and not homes[name][sources.folder_of(path)] then
        violations.tell("%s:%d: declares %s, which is another folder's; include its header", path, line, name)
      end
    end
  end
end

--- Looks at all of them.
---@return integer files
---@return integer edges
---@return integer folders
---@return integer cycles
function M.check()
  local rank = sources.rank_of(C_ORDER)
  local paths, edges, folders, texts, graph = sources.below("runtime", ".[ch]"), 0, {}, {}, {}
  for _, path in ipairs(sources.below("runtime", ".inc")) do violations.tell("%s: a file that is included is a header: FILE.h", path) end
  for _, path in ipairs(paths) do
    local folder = sources.folder_of(path)
    folders[folder] = true
    texts[path], graph[path] = fs.read(path), {}
    local lines = sources.lines(texts[path])
    if not rank[folder] then
      violations.tell("%s: the folder runtime/%s has no place in the order; give it one in tests/check/house/includes.lua", path, folder)
    end
    for i, line in ipairs(lines) do
      local header = line:match '^%s*#%s*include%s*"([^"]+)"'
      local system = line:match '^%s*#%s*include%s*[<"]([^>"]+)[>"]'
      local directive = line:match "#%s*(%a[%w_]*)" -- also behind a comment, or one that goes on in the next line
      if line:find "^%s*%%:" or line:find("??=", 1, true) then violations.tell("%s:%d: a digraph or trigraph for #: write #", path, i) end
      if directive and (directive:find "^include" or directive == "import") and not system then
        violations.tell('%s:%d: an include that cannot be read: write #include "FOLDER/FILE.h" or <file.h>', path, i)
      end
      if header then
        edges = edges + 1
        table.insert(graph[path], "runtime/" .. header)
        local other = header:match "^(.*)/[^/]*$"
        if not other or not rank[other] or not fs.exists("runtime/" .. header) then
          violations.tell('%s:%d: includes "%s"; write "FOLDER/FILE.h" of runtime/', path, i, header)
        elseif (rank[other] or 0) > (rank[folder] or 0) then
          violations.tell("%s:%d: %s includes %s of %s, which is above it; it may know: %s", path, i, folder, header, other,
            table.concat(C_ORDER, ", ", 1, rank[folder]))
        end
      end
      if system and (system:match "[^/]*$":find "^lua[%w-]*%.h$" or system:match "[^/]*$":find "^lauxlib%.h$") then
        if not KNOWS_LUA[folder] then violations.tell("%s:%d: %s must not know Lua", path, i, folder) end
      end
    end
    lengths.check_c(path, lines)
  end
  check_declarations(texts)
  return #paths, edges, sources.count(folders), cycles.check(graph, paths, "a cycle of includes")
end

return M
