--- The native modules, read from their sources: above each C function that Lua calls stands a block of `///` lines,
--- in the forms of LuaLS, as above the public functions of stdlib/. What a function is called by is what its module
--- registers it as; which class a table of methods belongs to, and what fields there are, stands above the table.
local annotations = require "almanac.script.manual.annotations"
local fs = require "native.fs"

local types = assert(loadfile("docs/native_types.lua", "t"))() -- not of the program, so that require knows it not

local M = {}

---@class docs.Class
---@field name string                        "native.sh.Child"
---@field text string
---@field fields string[]                    lines: "@field code? integer"
---@field entries almanac.manual.Entry[]     its methods

---@class docs.Native
---@field name string                        "sh"
---@field text string
---@field file string
---@field fields string[]
---@field entries almanac.manual.Entry[]     its functions
---@field classes docs.Class[]

---@class docs.Source
---@field path string
---@field text string
---@field blocks table<string, string[]>     of a C function, by its name
---@field bodies table<string, string>       of a C function, by its name
---@field tables { name: string, block: string[], registered: { name: string, fn: string, line: integer }[] }[]
---@field set { name: string, fn: string, line: integer }[]   functions put in a table one by one

local function line_at(text, at)
  return select(2, text:sub(1, at):gsub("\n", "")) + 1
end

local function read(path)
  local text = fs.read(path)
  local source = { path = path, text = text, blocks = {}, bodies = {}, tables = {}, set = {} }
  local block, above = {}, {}
  for line in text:gmatch "(.-)\n" do
    local comment = line:match "^%s*///(.*)$"
    if comment then
      block[#block + 1] = comment
    else
      local fn, list = line:match "^[%a ]*int ([%w_]+)%(lua_State %*L%)$", line:match "luaL_Reg ([%w_]+)%[%]"
      if fn then source.blocks[fn] = block end
      if list then above[list] = block end
      block = {}
    end
  end
  for fn, body in text:gmatch "\n[%a ]*int ([%w_]+)%(lua_State %*L%)\n({\n.-\n}\n)" do source.bodies[fn] = body end
  for at, name, body in text:gmatch "()luaL_Reg ([%w_]+)%[%] = (%b{})" do
    local one = { name = name, block = above[name], registered = {} }
    for place, key, fn in body:gmatch '(){"([%w_]+)", ([%w_]+)}' do
      one.registered[#one.registered + 1] = { name = key, fn = fn, line = line_at(text, at) + line_at(body, place) - 1 }
    end
    source.tables[#source.tables + 1] = one
  end
  for at, fn, key in text:gmatch '()lua_pushc%a+%(L, ([%w_]+)[^\n]*%);%s*lua_setfield%(L, %-2, "([%w_]+)"%);' do
    if key:sub(1, 2) ~= "__" then source.set[#source.set + 1] = { name = key, fn = fn, line = line_at(text, at) } end
  end
  return source
end

--- The classes and the fields without one that a block declares.
local function declared(block, classes)
  local loose, class, text = {}, nil, {}
  for _, line in ipairs(block) do
    local name = line:match "^@class ([%w_.]+)"
    if name then
      class = classes[name] or { name = name, text = "", fields = {}, entries = {} }
      if #text > 0 then class.text = table.concat(text, " ") end
      if not classes[name] then
        classes[name] = class
        classes[#classes + 1] = class
      end
      text = {}
    elseif line:match "^@field" then
      local fields = class and class.fields or loose
      fields[#fields + 1] = line
    elseif line == "" then
      class, text = nil, {}
    else
      text[#text + 1] = line:match "^%s*(.*)$"
    end
  end
  return class, loose
end

local function without_fields(block)
  local out = {}
  for _, line in ipairs(block or {}) do
    if not line:find "^@field" then out[#out + 1] = line end
  end
  return out
end

--- The entry of a registered function, whose block may stand in another file.
local function entry_of(one, source, sources, is_method, report)
  local block, body = source.blocks[one.fn], source.bodies[one.fn]
  for _, other in ipairs(sources) do
    if not block or #block == 0 then block, body = other.blocks[one.fn], other.bodies[one.fn] end
  end
  local entry = annotations.entry(block or {})
  entry.name, entry.line = one.name, one.line
  if entry.text == "" then report(source.path, one.line, one.name .. " (" .. one.fn .. ") has no summary above it") end
  types.check(string.format("%s (%s)", one.name, one.fn), body or "", entry, is_method, function(message)
    report(source.path, one.line, message)
  end)
  return entry
end

local function add_source(native, source, sources, classes, report)
  local class
  for _, list in ipairs(source.tables) do
    local of, loose = declared(list.block, classes)
    if list.name == "functions" then
      if native then table.move(loose, 1, #loose, #native.fields + 1, native.fields) end
      of = native
    else
      class = of
    end
    if not of then report(source.path, list.registered[1].line, list.name .. " has no @class above it") end
    for _, one in ipairs(of and list.registered or {}) do
      table.insert(of.entries, entry_of(one, source, sources, of ~= native, report))
    end
  end
  local of = class or native
  for _, one in ipairs(of and source.set or {}) do table.insert(of.entries, entry_of(one, source, sources, of ~= native, report)) end
end

--- All native modules, by name.
---@param report fun(file: string, line: integer, message: string)  what lacks its block
---@return docs.Native[]
function M.all(report)
  local sources, out, classes = {}, {}, {}
  for _, pattern in ipairs { "runtime/engine/*.c", "runtime/native/*.c" } do
    for _, path in ipairs(fs.list(pattern)) do
      local source = read(path)
      -- The engine does more than what native.task shows.
      if path:find "^runtime/native/" or source.text:find("\n///", 1, true) then sources[#sources + 1] = source end
    end
  end
  for _, source in ipairs(sources) do
    local name = source.text:match "\nint luaopen_native_([%w_]+)%("
    local native
    if name then
      local block = source.blocks["luaopen_native_" .. name]
      local _, loose = declared(block, {})
      native = { name = name, file = source.path, fields = loose, entries = {}, classes = {} }
      native.text = annotations.entry(without_fields(block)).text
      if native.text == "" then report(source.path, 1, "native." .. name .. " does not say what it is above luaopen_native_" .. name) end
      out[#out + 1] = native
    end
    add_source(native, source, sources, classes, report)
  end
  table.sort(out, function(a, b) return a.name < b.name end)
  for _, native in ipairs(out) do
    local function at_file(message) report(native.file, 1, "native." .. native.name .. ": " .. message) end
    types.check_fields(native.fields, native.text, at_file)
    for _, class in ipairs(classes) do
      if class.name:match "^native%.([%w_]+)%." == native.name then
        table.insert(native.classes, class)
        types.check_fields(class.fields, class.text, at_file)
      end
    end
  end
  return out
end

local function names_of(entry)
  local names = {}
  for i, value in ipairs(entry.params) do names[i] = value.name end
  return table.concat(names, ", ")
end

local function add_stub(out, entry, head)
  out[#out + 1] = entry.comment
  out[#out + 1] = string.format("function %s%s(%s) end\n", head, entry.name, names_of(entry))
end

--- The stub of a module, for LuaLS.
---@param native docs.Native
---@return string
function M.stub(native)
  local out = { "---@meta native." .. native.name, "-- Made by `make docs` from " .. native.file .. ": edit that.", "" }
  for _, class in ipairs(native.classes) do
    if class.text ~= "" then out[#out + 1] = "--- " .. class.text end
    out[#out + 1] = "---@class " .. class.name
    for _, line in ipairs(class.fields) do out[#out + 1] = "---" .. line end
    if #class.entries > 0 then
      local short = class.name:match "[^.]+$"
      out[#out + 1] = "local " .. short .. " = {}\n"
      for _, entry in ipairs(class.entries) do add_stub(out, entry, short .. ":") end
    else
      out[#out + 1] = ""
    end
  end
  out[#out + 1] = "--- " .. native.text
  out[#out + 1] = "---@class native." .. native.name
  for _, line in ipairs(native.fields) do out[#out + 1] = "---" .. line end
  out[#out + 1] = "local M = {}\n"
  for _, entry in ipairs(native.entries) do add_stub(out, entry, "M.") end
  out[#out + 1] = "return M\n"
  return table.concat(out, "\n")
end

local function code(text)
  return "`" .. text .. "`"
end

local function add_values(out, entry)
  for _, value in ipairs(entry.params) do
    out[#out + 1] = string.format("- %s %s%s%s", code(value.name), code(value.type), value.optional and ", optional" or "",
      value.text ~= "" and ": " .. value.text or "")
  end
  for _, value in ipairs(entry.returns) do
    out[#out + 1] = string.format("- returns %s%s%s", code(value.type), value.name and " " .. value.name or "",
      value.text ~= "" and ": " .. value.text or "")
  end
  if #entry.params + #entry.returns > 0 then out[#out + 1] = "" end
end

local function add_entry(out, entry, head)
  out[#out + 1] = string.format("### %s%s(%s)\n", head, entry.name, names_of(entry))
  out[#out + 1] = entry.text .. "\n"
  add_values(out, entry)
  if entry.raises then out[#out + 1] = "Raises: " .. entry.raises .. "\n" end
end

local function add_fields(out, fields)
  for _, line in ipairs(fields) do
    local name, optional, type_text, text = (line .. "  "):match "^@field ([%w_]+)(%??) (.-)  +(.-) *$"
    out[#out + 1] = string.format("- %s %s%s%s", code(name), code(type_text), optional == "?" and ", optional" or "",
      text ~= "" and ": " .. text or "")
  end
  if #fields > 0 then out[#out + 1] = "" end
end

--- The page of all of them.
---@param natives docs.Native[]
---@return string
function M.page(natives)
  local out = { "<!-- Made by `make docs` from runtime/native/*.c and runtime/engine/*.c: edit those. -->", "# native.*", "",
    "What C gives to the standard library, by `require \"native.NAME\"`. Scripts see none of it.", "" }
  for _, native in ipairs(natives) do
    out[#out + 1] = "## native." .. native.name .. "\n"
    out[#out + 1] = native.text .. "\n"
    add_fields(out, native.fields)
    for _, entry in ipairs(native.entries) do add_entry(out, entry, native.name .. ".") end
    for _, class in ipairs(native.classes) do
      out[#out + 1] = "### " .. class.name .. "\n"
      if class.text ~= "" then out[#out + 1] = class.text .. "\n" end
      add_fields(out, class.fields)
      for _, entry in ipairs(class.entries) do add_entry(out, entry, class.name:match("[^.]+$"):lower() .. ":") end
    end
  end
  return (table.concat(out, "\n"):gsub("\n+$", "\n"))
end

return M
