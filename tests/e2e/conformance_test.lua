-- Inputs given to Almanac and to the real program: what each makes of them, and the table of that in
-- docs/explanation/conformance.md, which GOLDEN=update writes.
local t = require "tests.harness"
local task = require "native.task"

local PAGE = "docs/explanation/conformance.md"
local AREAS = { "manifests", "kubeconfig", "exec_plugin", "helm_values", "promql", "jsonrpc", "http", "git" }

local HEAD = [[
# Conformance

Almanac reads what other programs read too, and must make the same of it. Each input of this table is given
to Almanac and to the real program, in a test (`tests/e2e/conformance_test.lua`), which also writes this page:
`GOLDEN=update sh tests/run.sh build tests/e2e/conformance_test.lua`. The inputs are in `tests/conformance/`.
Where no program judges, the table says so.

| area | inputs | checked against | differ |
|---|---|---|---|
]]

local rows, notes, results = {}, {}, {}

--- All areas at once: what takes time is other programs, each started for one input.
t.test("each input is given to both", function()
  local running = {}
  for i, name in ipairs(AREAS) do running[i] = task.spawn(require("tests.conformance." .. name).run) end
  for i, name in ipairs(AREAS) do
    local ok, found = running[i]:join()
    if not ok then error(found, 0) end
    results[name] = found
  end
end)

--- One area: what differs is what the area says differs, each with its reason. Inputs of one reason share a line.
local function check(area, found)
  local differing, alike, reasons = 0, {}, {}
  for _, result in ipairs(found) do
    local reason = area.differ[result.name]
    if reason then
      differing = differing + 1
      t.ok(result.ours ~= result.theirs, result.name .. ": no longer differs; take it out of the list")
      if not alike[reason] then
        alike[reason] = {}
        reasons[#reasons + 1] = reason
      end
      table.insert(alike[reason], result.name)
    else
      t.eq(result.ours, result.theirs, string.format("%s (%s)", result.name, result.why or result.said or ""))
    end
  end
  for _, reason in ipairs(reasons) do
    notes[#notes + 1] = string.format("- %s, %s: %s.\n", area.area, table.concat(alike[reason], "; "), reason)
  end
  rows[#rows + 1] = string.format("| %s | %d | %s | %d |\n", area.area, #found, area.against, differing)
end

for _, name in ipairs(AREAS) do
  local area = require("tests.conformance." .. name)
  t.test(area.area .. ": as " .. area.against, function() check(area, results[name]) end)
end

t.test("the page has the table as it is", function()
  t.eq(#rows, #AREAS, "areas that passed")
  local page = HEAD .. table.concat(rows) .. "\n## What differs, and why\n\n" .. table.concat(notes)
  if t.getenv "GOLDEN" == "update" then return t.write_file(PAGE, page) end
  t.eq(t.read_file(PAGE), page)
end)
