-- What may be typed where the cursor is.
local completion = require "almanac.script.language.completion"
local documents = require "almanac.script.language.document"
local t = require "tests.harness"

require("almanac.run.definitions").use_catalogue(require "almanac.session.catalogue")

--- The labels offered where "|" stands, in the order of the alphabet.
local function offered(text)
  local at = assert(text:find("|", 1, true), text)
  local items = completion.at(documents.new("file:///runbooks/x.lua", "runbooks/x.lua", (text:gsub("|", "", 1))), at)
  local out = {}
  for i, item in ipairs(items) do out[i] = item.label end
  table.sort(out)
  return table.concat(out, " ")
end

local GATE = "act critical errors grace hold interval limit limit_from name op query tolerate url"
local RETRY = "delay factor on times"
local GUARDED = "act critical errors limit limit_from name op query tolerate url"

t.test("the options of a call, each once, wherever its table stands", function()
  t.eq(offered "gate('g', { |", GATE)
  t.eq(offered "gate { |", GATE)
  t.eq(offered "gate { op = '<', |", (GATE:gsub(" op", "")))
  t.has(offered "sh.run { 'ls', |", "argv check cwd env")
  t.eq(select(2, offered("sh.run { |"):gsub("%f[%w]timeout%f[%W]", "")), 1)
end)

t.test("the fields of a table within the options, and nothing else", function()
  t.eq(offered "step('a', { retry = { |", RETRY)
  t.eq(offered "step('a', { timeout = '5s', retry = { times = 3, |", "delay factor on")
  t.eq(offered "step('a', { retry = { times = 3, de|", "delay factor on")
  t.eq(offered "guard('g', { gates = { { |", GUARDED)
  t.eq(offered "guard('g', { gates = { { name = 'a', query = f('x') }, { |", GUARDED)
  t.eq(offered "guard('g', { alerts = {}, gates = { |", "", "each of them is a table")
  t.eq(offered "return runbook { lock = { |", "duration name")
  t.eq(offered "return runbook { params = { |", "", "the names are the script's own")
  t.has(offered "return runbook { params = { tag = |", "param")
  t.has(offered "return runbook { params = { tag = param.string { |", "default example help pattern required")
end)

t.test("the categories of allow, and of what may be read", function()
  local all = offered "return runbook { summary = 'x', allow = { |"
  t.has(all, "helm")
  t.has(all, "k8s")
  t.has(all, "read")
  local below = offered "return runbook { allow = { helm = { 'x' }, read = { |"
  t.has(below, "helm")
  t.lacks(below, "read")
  t.lacks(offered "return runbook { allow = { helm = { 'x' }, |", "helm")
end)

t.test("the texts that a field may be", function()
  t.eq(offered "gate('g', { op = \"|", "< <= > >=")
  t.eq(offered "gate { query = 'up', op = '|", "< <= > >=")
  t.eq(offered "gate { op = '|', limit = 1 }", "< <= > >=")
  t.eq(offered "return runbook {\n  summary = 'x',\n  on_failure = \"|", "ask stop undo")
  t.eq(offered "guard('g', { gates = { { op = \"|", "< <= > >=")
  t.eq(offered "local op = \"|", "")
  t.eq(offered "gate { query = \"|", "")
end)

t.test("in a table that belongs to no call, and in a value, what a runbook sees", function()
  for _, text in ipairs { "local x = { |", "local x = { y = { |", "gate { limit = |", "step('a', function() |" } do
    t.has(offered(text), "k8s", text)
  end
end)
