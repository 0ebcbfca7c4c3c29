--- The house: which folder may know which, in stdlib/ and in runtime/, and how long a file and a function
--- may be, in tests/, docs/ and runbooks/ too. Run by make check: almanac lua tests/check/house.lua; exit 1 and a line for each violation.
local fs = require "native.fs"
local lexer = require "almanac.script.lint.lexer"
local terminal = require "native.terminal"

--- stdlib/: a folder may require those before it and itself. `render` and `sim` stand beside the others:
--- what they may see is named.
local ORDER = {
  "base", "config", "journal", "run", "host", "k8s", "http", "helm", "snapshot", "observe", "public", "script", "session",
  "report", "serve", "render", "rehearsal", "testing", "cli",
}
local SEES = {
  render = { "base", "config", "journal", "run", "render" },
  report = { "base", "config", "journal", "run", "observe", "report" },
  ["sim/model"] = { "base", "sim/model" },
  ["sim/control"] = { "base", "sim/model", "sim/control" },
  ["sim/world"] = { "base", "sim/model", "sim/control", "sim/world" },
  ["sim/api"] = { "base", "sim/model", "sim/control", "sim/world", "sim/api" },
  sim = { "base", "sim/model", "sim/control", "sim/world", "sim/api", "sim" },
}
local SEES_TOO = { cli = "^sim", rehearsal = "^sim", testing = "^sim", script = "^sim/model$" } -- the types of the API are data
local LOADERS = { load = true, loadfile = true, dofile = true, loadstring = true } -- what they compile may require anything
--- Where a name that is only known when the program runs may be required.
local COMPUTED = { script = true, session = true, cli = true }

--- runtime/: a folder may include those before it and itself. Those below `engine` do not know Lua.
local C_ORDER = { "base", "net", "proc", "journal", "kube", "engine", "native", "." }
local KNOWS_LUA = { engine = true, native = true, ["."] = true }

local C_FILE_MAX, LUA_FILE_MAX, FUNCTION_MAX = 600, 400, 60

local violations = 0

local function violation(form, ...)
  violations = violations + 1
  terminal.write(2, string.format(form, ...) .. "\n")
end

local function rank_of(order)
  local rank = {}
  for i, folder in ipairs(order) do rank[folder] = i end
  return rank
end

local function files_below(root, ending)
  local out = {}
  local stars = ""
  repeat
    for _, path in ipairs(fs.list(root .. stars .. "/*" .. ending)) do out[#out + 1] = path end
    stars = stars .. "/*"
  until #fs.list(root .. stars) == 0
  return out
end

local function lines_of(text)
  local lines = {}
  for line in (text:gsub("\n$", "") .. "\n"):gmatch "(.-)\n" do lines[#lines + 1] = line end
  return lines
end

local function line_at(text, at)
  local _, count = text:sub(1, at):gsub("\n", "")
  return count + 1
end

-- Lua --------------------------------------------------------------------------------------------

local function folder_of(path)
  return path:match "^[^/]+/(.*)/[^/]*$" or "."
end

--- Whether a call of load ends with an empty environment: what it compiles sees nothing.
local function is_sealed(tokens, at)
  local depth, kinds = 0, tokens.kinds
  for i = at, #kinds do
    if kinds[i] == "(" then depth = depth + 1 end
    if kinds[i] == ")" then depth = depth - 1 end
    if depth == 0 then return kinds[i] == ")" and kinds[i - 1] == "}" and kinds[i - 2] == "{" and kinds[i - 3] == "," end
  end
  return false
end

--- The names of functions and of their parameters: a load that is one of them is another one.
local function own_names(tokens)
  local out, in_head = {}, false
  for i, kind in ipairs(tokens.kinds) do
    if kind == "name" and (in_head or tokens.kinds[i - 1] == "function") then out[tokens.values[i]] = true end
    in_head = kind == "function" or in_head and kind ~= ")"
  end
  return out
end

--- The modules that a Lua text requires, lazily too: { name?, line }; without a name where it is computed.
local function requires_of(text)
  local out, tokens = {}, lexer.scan(text)
  local own = own_names(tokens)
  for i, kind in ipairs(tokens.kinds) do
    local before, value = tokens.kinds[i - 1], tokens.values[i]
    local is_name = kind == "name" and before ~= "." and before ~= ":"
    -- A field of that name in a table, or another table's, is something else.
    if is_name and value == "require" and tokens.kinds[i + 1] ~= "=" then
      local at = tokens.kinds[i + 1] == "(" and i + 2 or i + 1
      local literal = tokens.kinds[at] == "string" and (at == i + 1 or tokens.kinds[at + 1] == ")")
      out[#out + 1] = { name = literal and tokens.values[at] or nil, line = line_at(text, tokens.starts[i]) }
    elseif is_name and LOADERS[value] and not own[value] and not is_sealed(tokens, i + 1) and tokens.kinds[i + 1] ~= "=" then
      out[#out + 1] = { line = line_at(text, tokens.starts[i]) }
    elseif is_name and (value == "package" or value == "_G" or value == "_ENV") and tokens.kinds[i + 1] ~= "=" then
      out[#out + 1] = { line = line_at(text, tokens.starts[i]) } -- a way round require
    end
  end
  return out
end

--- The folder whose place this one has: a folder in a folder is a part of it, as k8s/rollout is of k8s. nil: none.
local function home_of(folder)
  while folder and not SEES[folder] and not rank_of(ORDER)[folder] do folder = folder:match "^(.*)/" end
  return folder
end

local function sees(folder, other)
  folder, other = home_of(folder), home_of(other)
  if folder == other then return true end
  if SEES[folder] then
    for _, name in ipairs(SEES[folder]) do
      if name == other then return true end
    end
    return false
  end
  local rank = rank_of(ORDER)
  if SEES_TOO[folder] and other and other:find(SEES_TOO[folder]) then return true end
  return rank[folder] ~= nil and rank[other] ~= nil and rank[other] <= rank[folder]
end

--- Where a module that cannot be required from a folder would have to be.
local function allowed(folder)
  local out = {}
  for _, name in ipairs(SEES[home_of(folder)] or ORDER) do
    if sees(folder, name) then out[#out + 1] = name end
  end
  return table.concat(out, ", ")
end

--- The strongly connected components of more than one module (Tarjan), and modules that require themselves.
--- https://en.wikipedia.org/wiki/Tarjan%27s_strongly_connected_components_algorithm
local function cycles_of(graph, names)
  local index, low, on_stack, stack, count, out = {}, {}, {}, {}, 0, {}
  local function visit(name)
    count = count + 1
    index[name], low[name] = count, count
    stack[#stack + 1], on_stack[name] = name, true
    for _, other in ipairs(graph[name]) do
      if graph[other] and not index[other] then
        visit(other)
        low[name] = math.min(low[name], low[other])
      elseif on_stack[other] then
        low[name] = math.min(low[name], index[other])
      end
    end
    if low[name] ~= index[name] then return end
    local component = {}
    repeat
      local last = table.remove(stack)
      on_stack[last] = nil
      component[#component + 1] = last
    until last == name
    local itself = false
    for _, other in ipairs(graph[name]) do itself = itself or other == name end
    if #component > 1 or itself then
      table.sort(component)
      out[#out + 1] = component
    end
  end
  for _, name in ipairs(names) do
    if not index[name] then visit(name) end
  end
  return out
end

--- The longest functions of a Lua text, by their lines: { first, length }.
local function long_functions(text)
  local out, tokens, open = {}, lexer.scan(text), {}
  local opens = { ["function"] = true, ["do"] = true, ["if"] = true, ["repeat"] = true }
  for i, kind in ipairs(tokens.kinds) do
    if opens[kind] then
      open[#open + 1] = { kind = kind, at = tokens.starts[i] }
    elseif kind == "end" or kind == "until" then
      local block = table.remove(open)
      if block and block.kind == "function" then
        local first, last = line_at(text, block.at), line_at(text, tokens.starts[i])
        if last - first + 1 > FUNCTION_MAX then out[#out + 1] = { first = first, length = last - first + 1 } end
      end
    end
  end
  return out
end

local function check_stdlib()
  local graph, names, folders, edges = {}, {}, {}, 0
  local paths = {}
  for _, path in ipairs(files_below("stdlib", ".lua")) do -- stubs of editors are no modules
    if not path:find "^stdlib/meta/" then paths[#paths + 1] = path end
  end
  for _, path in ipairs(paths) do
    local text = fs.read(path)
    local name = "almanac." .. path:match "^stdlib/(.*)%.lua$":gsub("/", ".")
    local folder = folder_of(path)
    folders[folder] = true
    names[#names + 1], graph[name] = name, {}
    if not home_of(folder) then
      violation("%s: the folder stdlib/%s has no place in the order; give it one in tests/check/house.lua", path, folder)
    end
    for _, required in ipairs(requires_of(text)) do
      local other = required.name and required.name:match "^almanac%.(.*)$"
      if not required.name then
        if not COMPUTED[home_of(folder)] then
          violation("%s:%d: requires a computed name, or by another way than require \"NAME\"; only script, session and cli may",
            path, required.line)
        end
      elseif not other and not required.name:find "^native%.[%l%d_]+$" then
        violation('%s:%d: requires %q; a module is "almanac.FOLDER.NAME" or "native.NAME"', path, required.line, required.name)
      elseif other then
        edges = edges + 1
        table.insert(graph[name], required.name)
        local target = folder_of("stdlib/" .. other:gsub("%.", "/") .. ".lua")
        if other:find "/" or not fs.exists("stdlib/" .. other:gsub("%.", "/") .. ".lua") then
          violation("%s:%d: requires %s, which is not there", path, required.line, required.name)
        elseif not sees(folder, target) then
          violation("%s:%d: %s requires %s of %s; what it needs may be in: %s", path, required.line, folder, required.name,
            target, allowed(folder))
        end
      end
    end
    local count = #lines_of(text)
    if count > LUA_FILE_MAX then violation("%s: %d lines; it splits at its second noun, before %d", path, count, LUA_FILE_MAX) end
    for _, fn in ipairs(long_functions(text)) do
      violation("%s:%d: a function of %d lines; at most %d", path, fn.first, fn.length, FUNCTION_MAX)
    end
  end
  local cycles = cycles_of(graph, names)
  for _, cycle in ipairs(cycles) do violation("a cycle, lazy requires included: %s", table.concat(cycle, " ")) end
  local count = 0
  for _ in pairs(folders) do count = count + 1 end
  return #paths, edges, count, #cycles
end

-- C ----------------------------------------------------------------------------------------------

--- Functions of a C file, as clang-format lays them out: from the line before "{" to "}" in column one.
local function check_c_functions(path, lines)
  local first
  for i, line in ipairs(lines) do
    if line == "{" then first = i end
    if line == "}" and first then
      if i - first > FUNCTION_MAX then
        violation("%s:%d: a function of %d lines; at most %d", path, first - 1, i - first, FUNCTION_MAX)
      end
      first = nil
    end
  end
end

--- A macro is read as a function is.
local function check_macros(path, lines)
  local first
  for i, line in ipairs(lines) do
    if line:find "^%s*#%s*define" then first = first or i end
    if first and not line:find "\\$" then
      if i - first >= FUNCTION_MAX then
        violation("%s:%d: a macro of %d lines; at most %d", path, first, i - first + 1, FUNCTION_MAX)
      end
      first = nil
    end
  end
end

local function check_c_lengths(path, lines)
  if #lines > C_FILE_MAX then violation("%s: %d lines; it splits at its second noun, before %d", path, #lines, C_FILE_MAX) end
  check_c_functions(path, lines)
  check_macros(path, lines)
end

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
    local line = name and line_at(text, at + #head:match "^%s*") - 1
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
      homes[name][folder_of(path)] = true
    end
  end
  for path, of in pairs(declared) do
    for name, line in pairs(of) do
      if homes[name] and not homes[name][folder_of(path)] then
        violation("%s:%d: declares %s, which is another folder's; include its header", path, line, name)
      end
    end
  end
end

local function check_runtime()
  local rank = rank_of(C_ORDER)
  local paths, edges, folders, texts, graph = files_below("runtime", ".[ch]"), 0, {}, {}, {}
  for _, path in ipairs(files_below("runtime", ".inc")) do violation("%s: a file that is included is a header: FILE.h", path) end
  for _, path in ipairs(paths) do
    local folder = folder_of(path)
    folders[folder] = true
    texts[path], graph[path] = fs.read(path), {}
    local lines = lines_of(texts[path])
    if not rank[folder] then
      violation("%s: the folder runtime/%s has no place in the order; give it one in tests/check/house.lua", path, folder)
    end
    for i, line in ipairs(lines) do
      local header = line:match '^%s*#%s*include%s*"([^"]+)"'
      local system = line:match '^%s*#%s*include%s*[<"]([^>"]+)[>"]'
      local directive = line:match "#%s*(%a[%w_]*)" -- also behind a comment, or one that goes on in the next line
      if line:find "^%s*%%:" or line:find("??=", 1, true) then violation("%s:%d: a digraph or trigraph for #: write #", path, i) end
      if directive and (directive:find "^include" or directive == "import") and not system then
        violation('%s:%d: an include that cannot be read: write #include "FOLDER/FILE.h" or <file.h>', path, i)
      end
      if header then
        edges = edges + 1
        table.insert(graph[path], "runtime/" .. header)
        local other = header:match "^(.*)/[^/]*$"
        if not other or not rank[other] or not fs.exists("runtime/" .. header) then
          violation('%s:%d: includes "%s"; write "FOLDER/FILE.h" of runtime/', path, i, header)
        elseif (rank[other] or 0) > (rank[folder] or 0) then
          violation("%s:%d: %s includes %s of %s, which is above it; it may know: %s", path, i, folder, header, other,
            table.concat(C_ORDER, ", ", 1, rank[folder]))
        end
      end
      if system and (system:match "[^/]*$":find "^lua[%w-]*%.h$" or system:match "[^/]*$":find "^lauxlib%.h$") then
        if not KNOWS_LUA[folder] then violation("%s:%d: %s must not know Lua", path, i, folder) end
      end
    end
    check_c_lengths(path, lines)
  end
  check_declarations(texts)
  local cycles = cycles_of(graph, paths)
  for _, cycle in ipairs(cycles) do violation("a cycle of includes: %s", table.concat(cycle, " ")) end
  local count = 0
  for _ in pairs(folders) do count = count + 1 end
  return #paths, edges, count, #cycles
end

-- Tests ------------------------------------------------------------------------------------------

--- What is no part of the program is read as often: the same lengths hold.
local function check_lua_lengths(paths)
  for _, path in ipairs(paths) do
    local text = fs.read(path)
    local count = #lines_of(text)
    if count > LUA_FILE_MAX then violation("%s: %d lines; at most %d", path, count, LUA_FILE_MAX) end
    for _, fn in ipairs(long_functions(text)) do
      violation("%s:%d: a function of %d lines; at most %d", path, fn.first, fn.length, FUNCTION_MAX)
    end
  end
end

local function check_tests()
  local paths = files_below("tests", ".lua")
  check_lua_lengths(paths)
  local in_c = files_below("tests", ".[ch]")
  for _, path in ipairs(in_c) do check_c_lengths(path, lines_of(fs.read(path))) end
  return #paths + #in_c
end

local modules, edges, folders, cycles = check_stdlib()
local files, includes, c_folders, c_cycles = check_runtime()
local tests = check_tests()
check_lua_lengths(files_below("docs", ".lua"))
check_lua_lengths(files_below("runbooks", ".lua"))
terminal.write(1, string.format(
  "stdlib: %d modules, %d edges, %d folders; runtime: %d files, %d edges, %d folders; tests: %d files; "
    .. "%d violations, %d cycles\n",
  modules, edges, folders, files, includes, c_folders, tests, violations, cycles + c_cycles))
return violations == 0 and 0 or 1
