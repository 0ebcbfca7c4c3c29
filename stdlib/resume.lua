--- What a resume is about to do, step by step, before it does it. Pure.
local M = {}

local words = {
  done = "done, unchanged", edited = "done, but edited since", next = "next", new = "new",
  gone = "gone from the script, unless its name is computed",
}

local function text_of_files(book)
  local texts = {}
  for path in pairs(book.script.files) do
    local fs, sys = require "native.fs", require "native.sys"
    texts[#texts + 1] = fs.exists(path) and fs.read(path) or sys.source(path) or ""
  end
  return table.concat(texts, "\n")
end

--- Is one of the steps that this one lies in among `met`?
local function inside(path, met)
  local parent = path:match "^(.*)/"
  while parent and not met[parent] do parent = parent:match "^(.*)/" end
  return parent ~= nil
end

--- Whether a script holds the name as a text of its own.
local function is_named(text, name)
  return text:find('"' .. name .. '"', 1, true) or text:find("'" .. name .. "'", 1, true)
end

--- Done steps of the journal that the walk did not meet: gone, or behind the frontier.
local function unmet(run, book)
  local met, gone, text = {}, {}, text_of_files(book)
  for _, visit in ipairs(run.visits) do met[visit.path] = true end
  for path in pairs(run.outcomes) do
    local name = path:match "([^/]*)$"
    if not met[path] and not inside(path, met) and not is_named(text, name) then gone[#gone + 1] = path end
  end
  table.sort(gone)
  return gone
end

--- One of "done", "edited", "next", "new" for a step that the walk met.
local function class_of(run, visit)
  if visit.done then return visit.edited and "edited" or "done" end
  return run.begun[visit.path] and "next" or "new"
end

--- Lines for people.
---@param run almanac.Run after the walk
---@param book almanac.Runbook
---@return string
function M.describe(run, book)
  local out = { "resuming " .. run.id }
  run.begun = {}
  for _, _, kind, path in run.journal:events(run.id, 0) do
    if kind == "step.start" then run.begun[path] = true end
  end
  local first_open = true
  for _, visit in ipairs(run.visits) do
    local class = class_of(run, visit)
    local word = words[class]
    if class == "new" and first_open then word = "new, next" end
    if not visit.done then first_open = false end
    out[#out + 1] = string.format("  %s %-40s %s", visit.done and "✓" or "▶", visit.path, word)
    if class == "edited" then out[#out] = out[#out] .. string.format("; run again with --redo %q", visit.path) end
  end
  for _, path in ipairs(unmet(run, book)) do out[#out + 1] = string.format("  - %-40s %s", path, words.gone) end
  return table.concat(out, "\n")
end

return M
