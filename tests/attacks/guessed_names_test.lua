-- A name of a step that holds a secret is refused, and the run ends there: a script that could go on would find out a short secret by
-- trying names, and spell it.
local fs = require "native.fs"
local project = require "tests.project"
local t = require "tests.harness"

local GUESS = [[
return runbook { allow = { fs = { "out" } }, params = { pin = param.secret {} }, FIELDS run = function()
  local function holds(from, to)
    local list = {}
    for i = from, to do list[#list + 1] = string.format("%04d", i) end
    local name = table.concat(list, " ")
    return not (TRY)
  end
  local from, to = 8370, 8429
  while from < to do
    local middle = (from + to) // 2
    if holds(from, middle) then to = middle else from = middle + 1 end
  end
  local words = {}
  for digit in tostring(from):gmatch "%d" do words[#words + 1] = string.char(97 + tonumber(digit)) end
  step("tell", function() note("it is spelt " .. table.concat(words, "-")) fs.write("out", table.concat(words)) end)
  error("it is spelt " .. table.concat(words, "-"))
end }]]

local TRIES = {
  pcall = "pcall(step, name, function() end)",
  ["errors.try"] = "errors.try(step, name, function() end)",
  xpcall = "xpcall(step, function() end, name, function() end)",
  ["in a step"] = 'pcall(step, "outer " .. from, function() pcall(step, name, function() end) end)',
  ["in a branch"] = 'pcall(parallel, "both " .. from .. " " .. to, { a = function() step(name, function() end) end, b = function() end })',
}

t.test("whatever a script catches it with, in a step and in a branch: nothing is told, and nothing is made behind it", function()
  for what, try in pairs(TRIES) do
    local p = project.new { book = (GUESS:gsub("TRY", (try:gsub("%%", "%%%%"))):gsub("FIELDS", "")) }
    for _, words in ipairs { { "plan", "book" }, { "run", "book", "--no-ask" } } do
      words[#words + 1] = "pin=env:PIN"
      local code, out, err = p:run(words, { PIN = "8392" })
      t.eq(code, 1, what .. out .. err)
      t.lacks(out .. err, "spelt i", what)
      t.has(out .. err, "would hold a secret", what)
    end
    t.eq(fs.exists(p.dir .. "/out"), false, what)
  end
end)

t.test("what was done before is taken back, where the runbook says so", function()
  local p = project.new { book = [[return runbook { on_failure = "undo", params = { pin = param.secret {} }, run = function()
    step("made", function() fs.write("made", "x") end)
    pcall(step, "8392", function() end)
    step("more", function() fs.write("more", "x") end)
  end }]] }
  local code, out, err = p:run({ "run", "book", "--no-ask", "pin=env:PIN" }, { PIN = "8392" })
  t.eq(code, 4, out .. err)
  t.eq({ fs.exists(p.dir .. "/made"), fs.exists(p.dir .. "/more") }, { false, false })
end)
