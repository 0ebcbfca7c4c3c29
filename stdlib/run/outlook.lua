--- The outlook of a resume: what it is about to do, step by step, before it does it. Pure.
local columns = require "almanac.base.columns"
local naming = require "almanac.run.naming"
local shell_word = require "almanac.base.shell_word"

local M = {}

local words = {
  done = "done, unchanged", edited = "done, but edited since", given = "done, but given other values since", next = "next", new = "new",
  gone = "gone from the script, unless its name is computed",
}

--- Of steps that are done and unchanged, one behind the other, so many are listed, and so many of those that are gone; the
--- rest counted.
local UNCHANGED_SHOWN, GONE_SHOWN = 12, 12

--- Did the walk meet one of the steps that this one lies in?
local function inside(path, run)
  local parent = path:match "^(.*)/"
  while parent and not run.seen[parent] and not run.done:is_met(parent) do parent = parent:match "^(.*)/" end
  return parent ~= nil
end

--- Done steps of the journal that the walk did not meet, and that the script does not name: others lie behind the frontier.
local function gone_from(run, book)
  local unmet = run:replayed() < run.done:count() and run.done:unmet() or {}
  if #unmet == 0 then return {} end
  local gone = {}
  for _, path in ipairs(unmet) do
    if not inside(path, run) and not naming.may_be_named(book.script.sources, path:match "([^/]*)$") then gone[#gone + 1] = path end
  end
  table.sort(gone)
  return gone
end

--- Whether a script names steps by nothing but a variable: which these are cannot be seen in it.
local function names_by_variables(sources)
  for _, text in pairs(sources) do
    for name in text:gmatch "%f[%w_]step%s*%(([^,\n]*)," do
      if not name:find "[\"']" and not name:find("[[", 1, true) then return true end
    end
  end
  return false
end

--- The lines about steps that are gone. Of names that come from elsewhere, and may lie behind what is next, only their number
--- is said: most of them are as they were.
local function gone_lines(run, book, has_next)
  local gone, out = gone_from(run, book), {}
  if gone[1] and has_next and names_by_variables(book.script.sources) then
    return { string.format("  · %d more done: behind what is next, or gone from the script, which computes names", #gone) }
  end
  for i = 1, math.min(#gone, GONE_SHOWN) do out[i] = string.format("  - %s %s", columns.pad(gone[i], 40), words.gone) end
  if #gone > GONE_SHOWN then out[#out + 1] = string.format("  - and %d more %28s", #gone - GONE_SHOWN, words.gone) end
  return out
end

--- One of "done", "edited", "given", "next", "new" for a step that the walk met.
local function class_of(run, visit)
  if visit.done then return visit.edited and (visit.given and "given" or "edited") or "done" end
  return run.replay.begun[visit.path] and "next" or "new"
end

local function line_of(visit, class, first_open)
  local word = words[class]
  if class == "new" and first_open then word = "new, next" end
  local line = string.format("  %s %s %s", visit.done and "✓" or "▶", columns.pad(visit.path, 40), word)
  if visit.uses then
    line = string.format("%s; but %s, which it uses, was edited since: --redo %s", line, visit.uses, shell_word.quoted(visit.path))
  end
  if visit.was then line = string.format("%s; renamed from %q", line, visit.was) end
  if visit.edited then line = line .. string.format("; run again with --redo %s", shell_word.quoted(visit.path)) end
  return line
end

--- How many of the first steps are left out, because they only say once more that nothing changed.
local function count_left_out(visits)
  local unchanged = 0
  for _, visit in ipairs(visits) do
    if not visit.first then break end
    unchanged = unchanged + visit.last - visit.first + 1
  end
  return math.max(0, unchanged - UNCHANGED_SHOWN)
end

--- The visits one by one, but for the first of the unchanged steps.
local function listed_of(run, left_out)
  local out = {}
  for _, visit in ipairs(run.visits) do
    if visit.first then
      local skipped = math.min(left_out, visit.last - visit.first + 1)
      left_out = left_out - skipped
      for _, path in ipairs(run.done:met_paths(visit.first + skipped, visit.last)) do out[#out + 1] = { path = path, done = true } end
    else
      out[#out + 1] = visit
    end
  end
  return out
end

--- Lines for people.
---@param run almanac.Run in the mode walk, after undo.walk()
---@param book almanac.Runbook
---@return string[]
function M.describe(run, book)
  local out = { "resuming " .. run.id }
  local left_out = count_left_out(run.visits)
  if left_out > 0 then out[2] = string.format("  ✓ %d steps before these %31s", left_out, words.done) end
  local first_open = true
  for _, visit in ipairs(listed_of(run, left_out)) do
    out[#out + 1] = line_of(visit, class_of(run, visit), first_open)
    if not visit.done then first_open = false end
  end
  local gone = gone_lines(run, book, not first_open)
  return table.move(gone, 1, #gone, #out + 1, out)
end

return M
