--- The modules of stdlib/: which folder may require which, and that no circle is left.
local cycles = require "tests.check.house.cycles"
local fs = require "native.fs"
local lengths = require "tests.check.house.lengths"
local lexer = require "almanac.script.lint.lexer"
local sources = require "tests.check.house.sources"
local violations = require "tests.check.house.violations"

local M = {}

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
      out[#out + 1] = { name = literal and tokens.values[at] or nil, line = sources.line_at(text, tokens.starts[i]) }
    elseif is_name and LOADERS[value] and not own[value] and not is_sealed(tokens, i + 1) and tokens.kinds[i + 1] ~= "=" then
      out[#out + 1] = { line = sources.line_at(text, tokens.starts[i]) }
    elseif is_name and (value == "package" or value == "_G" or value == "_ENV") and tokens.kinds[i + 1] ~= "=" then
      out[#out + 1] = { line = sources.line_at(text, tokens.starts[i]) } -- a way round require
    end
  end
  return out
end

--- The folder whose place this one has: a folder in a folder is a part of it, as k8s/rollout is of k8s. nil: none.
local function home_of(folder)
  while folder and not SEES[folder] and not sources.rank_of(ORDER)[folder] do folder = folder:match "^(.*)/" end
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
  local rank = sources.rank_of(ORDER)
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

--- Looks at all of them.
---@return integer modules
---@return integer edges
---@return integer folders
---@return integer cycles
function M.check()
  local graph, names, folders, edges = {}, {}, {}, 0
  local paths = {}
  for _, path in ipairs(sources.below("stdlib", ".lua")) do -- stubs of editors are no modules
    if not path:find "^stdlib/meta/" then paths[#paths + 1] = path end
  end
  for _, path in ipairs(paths) do
    local text = fs.read(path)
    local name = "almanac." .. path:match "^stdlib/(.*)%.lua$":gsub("/", ".")
    local folder = sources.folder_of(path)
    folders[folder] = true
    names[#names + 1], graph[name] = name, {}
    if not home_of(folder) then
      violations.tell("%s: the folder stdlib/%s has no place in the order; give it one in tests/check/house/modules.lua", path, folder)
    end
    for _, required in ipairs(requires_of(text)) do
      local other = required.name and required.name:match "^almanac%.(.*)$"
      if not required.name then
        if not COMPUTED[home_of(folder)] then
          violations.tell("%s:%d: requires a computed name, or by another way than require \"NAME\"; only script, session and cli may",
            path, required.line)
        end
      elseif not other and not required.name:find "^native%.[%l%d_]+$" then
        violations.tell('%s:%d: requires %q; a module is "almanac.FOLDER.NAME" or "native.NAME"', path, required.line, required.name)
      elseif other then
        edges = edges + 1
        table.insert(graph[name], required.name)
        local target = sources.folder_of("stdlib/" .. other:gsub("%.", "/") .. ".lua")
        if other:find "/" or not fs.exists("stdlib/" .. other:gsub("%.", "/") .. ".lua") then
          violations.tell("%s:%d: requires %s, which is not there", path, required.line, required.name)
        elseif not sees(folder, target) then
          violations.tell("%s:%d: %s requires %s of %s; what it needs may be in: %s", path, required.line, folder, required.name,
            target, allowed(folder))
        end
      end
    end
    lengths.check_lua(path, text)
  end
  return #paths, edges, sources.count(folders), cycles.check(graph, names, "a cycle, lazy requires included")
end

return M
