--- almanac check against a table of mistakes, and against what is right.
local t = require "tests.harness"
local findings = require "almanac.script.lint.findings"
local fs = require "native.fs"
local mistakes = require "tests.stdlib.script.mistakes"
local runbook = require "almanac.script.runbook"
local script = require "almanac.script.lint.script"
local task = require "native.task"

require("almanac.run.definitions").use_catalogue(require "almanac.session.catalogue")

local PATH = "runbooks/mistaken.lua"
local BAR = 98

local function check(path, text)
  local found = findings.new()
  -- In a task of its own: errors have their places in the script, not in this file.
  t.ok(task.spawn(script.check, path, text, found, function() return runbook.load_kept(path, { [path] = text }) end):join())
  return found:sorted()
end

--- Whether the finding says the words, about the line.
local function found_in(mistake)
  local said = {}
  for _, finding in ipairs(check(PATH, mistake.text)) do
    local words = finding.message .. " " .. (finding.hint or "")
    said[#said + 1] = string.format("%d: %s (%s)", finding.line, finding.message, finding.hint or "")
    if finding.line == mistake.line and words:find(mistake.words, 1, true) then return true end
  end
  return false, table.concat(said, "; ")
end

t.test("the mistakes of the table are found, each at its line and with the word that helps", function()
  local missed = {}
  for _, mistake in ipairs(mistakes) do
    local found, said = found_in(mistake)
    if not found then missed[#missed + 1] = mistake.what .. ": " .. (said == "" and "nothing" or said) end
  end
  t.ok(#mistakes >= BAR, "the table")
  t.ok(#mistakes - #missed >= BAR, #missed .. " are missed:\n" .. table.concat(missed, "\n"))
end)

t.test("what the tree shows, loading does not say once more", function()
  for _, text in ipairs {
    "return runbook {\n  summary = 'x',\n  on_failure = 'askk',\n  run = function() end,\n}\n",
    "local book = runbook {\n  summary = 'x',\n}\nreturn book\n",
    "return runbook { summary = 'x',\n  params = { t = param.string {\n    pattern = '[a' } },\n  run = function(p) note(p.t) end }\n",
    "return runbook { summary = 'x',\n  lock = { name = 'x', duration = 'soon' },\n  run = function() end }\n",
    "return runbook { summary = 'x',\n  params = { n = param.integer { max = 2,\n    min = 5 } },\n  run = function(p) note(p.n) end }\n",
  } do
    local found = check(PATH, text)
    local said = {}
    for i, finding in ipairs(found) do said[i] = finding.line .. ":" .. finding.column .. " " .. finding.message end
    t.eq(#found, 1, table.concat(said, "; "))
  end
  local pattern = check(PATH, "return runbook { summary = 'x', params = { t = param.string { pattern = '[a' } }, run = function() end }\n")
  t.eq(pattern[2].column, 73, pattern[2].message)
end)

t.test("what is right beside these mistakes is not one", function()
  for _, text in ipairs {
    "gate('g', { query = 'up', limit = 1, hold = p.hold, interval = '1m' })",
    "gate('g', { query = 'up', limit = 1, hold = '1m', interval = '1m' })",
    "runbook.call('canary', p)", "runbook.call('can' .. p.name, { x = 1 })", "runbook.call('canary', { tag = p.name })",
    "local function f(q) return q.other end step('a', function() return f(p.name and { other = 1 } or p) end)",
    "local function f(q) return q.other end step('a', function() return f { other = 1 } .. f(p) end)",
    "local function f(q) return q.name end step('a', function() return f(p) .. tostring(f) end)",
    "local tag = p.name tag = 'x' note(tag)", "local q = {} q.name = p.name note(q.name)",
    "step('a', function() local words = {} words[1] = p.name sh.run { argv = words } end)",
    "step('a', function() sh.run { 'ls', env = { A = p.name, B = false } } end)",
    "guard('g', { gates = { { name = p.name, query = 'up', limit = 1 } } }, function() end)",
    "step('a', function() local f = function() end return { f() } end)",
  } do
    local said = {}
    for i, finding in ipairs(check(PATH, "return runbook { summary = 'x', params = { name = param.string {}, hold = param.duration {} },\n"
      .. "  run = function(p) note(p.name .. p.hold)\n" .. text .. "\nend }\n")) do said[i] = finding.message end
    t.eq(said, {}, text)
  end
end)

local function files(...)
  local out = {}
  for _, pattern in ipairs { ... } do
    for _, path in ipairs(fs.list(pattern)) do out[#out + 1] = path end
  end
  return out
end

t.test("no runbook and no library of the project has a finding", function()
  local found = findings.new()
  for _, path in ipairs(files("runbooks/lib/*.lua", "runbooks/lib/*/*.lua")) do script.check(path, fs.read(path), found) end
  for _, path in ipairs(files "runbooks/*.lua") do
    script.check(path, fs.read(path), found, function() return runbook.load(path) end)
  end
  t.eq(found:sorted(), {})
end)

t.test("no example of the manual has a finding about what it hands over", function()
  local manual = require "almanac.script.manual.manual"
  for _, page in ipairs(manual.pages()) do
    for _, entry in ipairs(page.entries) do
      local name = manual.full_name(page, entry)
      local found = findings.new()
      if entry.example then script.check(name, entry.example, found) end
      for _, finding in ipairs(found:sorted()) do
        -- An example shows one call: the step around it, and what becomes of its result, are left out.
        local is_excerpt = finding.rule == "outside-step" or finding.rule == "unused"
        t.ok(is_excerpt, name .. ": " .. finding.message .. ": " .. finding.source)
      end
    end
  end
end)

--- The runbooks that a page shows, but for those that show a mistake, or use the module that the page makes (dns).
local function runbooks_of(path)
  local out = {}
  for at, text in fs.read(path):gmatch "()\n```lua\n(.-)\n```" do
    local before = fs.read(path):sub(1, at)
    local shows_a_mistake = before:match "`([^`\n]*)`:%s*$" == "runbooks/wrong.lua"
    local is_whole = text:find("return runbook", 1, true) and not text:find("…", 1, true)
    if is_whole and not shows_a_mistake and not text:find("dns.", 1, true) then out[#out + 1] = text end
  end
  return out
end

t.test("no runbook of a page has an error", function()
  local count = 0
  for _, path in ipairs(files("README.md", "docs/*.md", "docs/*/*.md", "docs/*/*/*.md")) do
    for _, text in ipairs(runbooks_of(path)) do
      local found = findings.new()
      script.check(path, text, found)
      for _, finding in ipairs(found:sorted()) do
        -- A page leaves out what it is not about: a file beside the runbook, its summary.
        local is_left_out = finding.rule == "no-library" or finding.rule == "no-summary" or finding.rule == "unused"
        t.ok(is_left_out, string.format("%s: %s: %s", path, finding.message, finding.source))
      end
      count = count + 1
    end
  end
  t.ok(count >= 5, count .. " runbooks")
end)
