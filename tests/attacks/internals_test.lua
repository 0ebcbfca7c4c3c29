-- What a script can name is what stdlib/public/ has, each in a table of the script's own: no internals, no way to change
-- what the library does for others, and no effect in the place of one of the library's.
local catalogue = require "almanac.session.catalogue"
local json = require "native.json"
local project = require "tests.project"
local public = require "almanac.script.public"
local t = require "tests.harness"

--- What a script says that it sees: the names of every table that it can reach, by the path to it.
local LISTS = [[
local out, seen = {}, {}
local function list(path, value)
  if type(value) ~= "table" or seen[value] then return end
  seen[value] = true
  for key, inner in next, value do
    out[#out + 1] = path .. "." .. tostring(key) .. ":" .. type(inner)
    list(path .. "." .. tostring(key), inner)
  end
end
]]

--- Runs a script's top level, which raises what it saw.
local function seen_by(body)
  local p = project.new { book = LISTS .. body .. "\nerror(json.encode(out), 0)" }
  local code, out, err = p:run { "plan", "book" }
  t.eq(code, 1, out .. err)
  local text = (out .. err):match "%[.*%]"
  return json.decode(text and text:gsub("\n%s*", "") or error(out .. err)), p
end

t.test("of each public module a script sees the functions that its file has, and no more", function()
  for _, name in ipairs(public.names()) do
    local value, wanted = public.value(name), {}
    if type(value) == "table" then
      for key, inner in pairs(value) do
        if key ~= name then wanted[#wanted + 1] = name .. "." .. key .. ":" .. type(inner) end
      end
      table.sort(wanted)
      local seen = seen_by(string.format("list(%q, %s) table.sort(out)", name, name))
      local top = {}
      for _, line in ipairs(seen) do
        if line:find("^" .. name .. "%.[^.]*:") then top[#top + 1] = line end
      end
      t.eq(top, wanted, name)
    end
  end
end)

t.test("a script's own tables are no way into the library: what it changes there nobody else meets", function()
  local changes = [[
    for _, name in ipairs { %s } do
      local ok, module = pcall(function() return _G[name] end)
      if ok and type(module) == "table" then
        for key, value in next, module do
          rawset(module, key, function() error("pwned", 0) end)
          if type(value) == "table" then for inner in next, value do pcall(rawset, value, inner, "pwned") end end
        end
      end
    end
    pcall(rawset, string, "format", function() error("pwned", 0) end)
    pcall(rawset, table, "concat", function() error("pwned", 0) end)
    pcall(rawset, math, "floor", function() error("pwned", 0) end)
    pcall(rawset, _G, "pairs", function() error("pwned", 0) end)]]
  local names = {}
  for i, name in ipairs(public.names()) do names[i] = string.format("%q", name) end
  local p = project.new {
    evil = string.format(changes, table.concat(names, ", ")) .. "\nreturn runbook { run = function() end }",
    good = [[return runbook { run = function() step("x", function()
      return sh.read("echo", duration.format(90)).stdout .. json.encode { a = json.array {} } end) end }]],
  }
  p:edit("call", [[return runbook { run = function()
    step("evil", function() pcall(runbook.call, "evil", {}) end)
    step("good", function() return runbook.call("good", {}) end)
  end }]])
  local code, out, err = p:run { "run", "call", "--no-ask" }
  t.eq(code, 0, out .. err)
  t.lacks(out .. err, "pwned")
end)

t.test("no effect of the library is replaced, redefined or performed by its name", function()
  local tries = {}
  for _, name in ipairs(catalogue.names()) do
    tries[#tries + 1] = string.format("pcall(effect.define, %q, { apply = function() end })", name)
    tries[#tries + 1] = string.format("pcall(effect.perform, %q, { argv = { \"touch\", \"pwned\" } })", name)
  end
  for _, name in ipairs(public.names()) do
    tries[#tries + 1] = string.format("pcall(effect.define, %q, { apply = function() end })", name .. ".anything")
  end
  local p = project.new { book = "local function all(...) return { ... } end\nreturn runbook { run = function() step('x', function()\n"
    .. "local n = 0\nfor _, try in ipairs {\n" .. "function() return " .. table.concat(tries, " end,\nfunction() return ")
    .. " end\n} do local ok, err = try() n = n + 1\nif ok or err.kind ~= 'usage' then error('let pass: ' .. n) end end\n"
    .. "note('refused: ' .. n) sh.run('true')\nend) end }" }
  local code, out, err = p:run { "run", "book", "--no-ask" }
  t.eq(code, 0, out .. err)
  t.has(out .. err, "refused: " .. #tries)
  t.eq(require("native.fs").exists(p.dir .. "/pwned"), false)
end)

t.test("require leads to the runbook's own files alone", function()
  local p = project.new { book = [[return runbook { run = function()
    for _, name in ipairs { "native.sh", "almanac.host.sh", "almanac.public.sh", "debug", "io", "os", "package", "lib...other", "../x",
      "/etc/passwd", "lib/../../x", "lib.x\0", "", "lib.", ".lib", "lib.x.", 1, {}, "lib x", "lib.\nx" } do
      local ok, err = pcall(require, name)
      if ok then error("required " .. tostring(name)) end
    end
    for _, name in ipairs { "debug", "io", "package", "dofile", "loadfile", "collectgarbage", "newproxy", "native", "sys", "arg" } do
      local ok, value = pcall(function() return _G[name] end)
      if ok and value ~= nil then error("there is " .. name) end
    end
    for _, name in ipairs { "execute", "exit", "remove", "rename", "tmpname", "setlocale" } do
      if rawget(os or {}, name) then error("there is os." .. name) end
    end
    if pcall(load, "\27Lua") and load("\27Lua") then error "bytecode" end
    if string.dump and pcall(string.dump, function() end) then error "dump" end
  end }]] }
  local code, out, err = p:run { "run", "book", "--no-ask" }
  t.eq(code, 0, out .. err)
end)
