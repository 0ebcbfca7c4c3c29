--- Renamed steps. Steps are known by their paths, so that one whose name was edited looks like a new one, and
--- the done one like one that is gone. It is recognised by its source, in which nothing but the name differs,
--- or by `was` in its options; and whoever operates the run says whether it is the same. One that was renamed and
--- edited at once is met at its first effect: it stops before that, and wants to be told.
local at_terminal = require "almanac.run.at_terminal"
local errors = require "almanac.base.errors"
local halt = require "almanac.base.halt"
local naming = require "almanac.run.naming"
local operators = require "almanac.run.operator"
local process = require "native.process"
local shell_word = require "almanac.base.shell_word"
local source = require "almanac.base.source"
local step_name = require "almanac.base.step_name"

local M = {}

---@class almanac.GoneStep  one that is done, or had effects, and was not met
---@field path string
---@field digest string?  of its source, as it was then

---@class almanac.MaybeRenamed
---@field path string     that the step had
---@field digest string?  of the source of today's, which is the same but for the name
---@field holds boolean?   it was never done, and steps in it were; today's step names one of them
---@field declared boolean?  by `was`

--- Whether a script that the run was made with names a step so.
local function was_named(run, name)
  for _, script in ipairs(run.replay.scripts) do
    if naming.is_named(script.sources, name) then return true end
  end
  return false
end

--- Whether the gone step has the source of this one, but for the name.
local function is_same(run, gone, name, digest, text)
  local sources, old = run.loaded and run.loaded.sources or {}, gone.path:match "[^/]*$"
  local piece = naming.is_renamed_source(text, name, old, gone.digest)
  if piece then return not naming.is_named(sources, piece) end
  return digest == gone.digest and naming.is_named(sources, name) and not naming.is_named(sources, old) and was_named(run, old)
end

--- Whether any execution of the run was made with another script than this one.
---@param run almanac.Run
---@return boolean
function M.is_edited(run)
  local replay = run.replay
  if not run.done then return false end
  if replay.edited == nil or replay.edited_for ~= run.script then
    replay.edited, replay.edited_for = false, run.script
    for digest in pairs(replay.digests) do
      if digest ~= run.script then replay.edited = true end
    end
  end
  return replay.edited
end

local function is_inside_met(run, path)
  local parent = path:match "^(.*)/"
  while parent and not run.done:is_met(parent) do parent = parent:match "^(.*)/" end
  return parent ~= nil
end

--- What earlier executions did and this pass over the script did not meet, when it first asks.
local function gone_of(run)
  if run.gone then return run.gone end
  local gone, has = {}, {}
  local function add(path, digest)
    if has[path] or is_inside_met(run, path) then return end
    has[path] = true
    gone[#gone + 1] = { path = path, digest = digest }
  end
  for _, path in ipairs(run.done:unmet()) do add(path, run.replay:done_payload(path).digest) end
  for _, known in pairs(run.effects) do
    if not run.done:seq(known.path) and not (known.outcome and not known.outcome.ok) then add(known.path, known.intent.source) end
  end
  table.sort(gone, function(a, b) return a.path < b.path end)
  run.gone = gone
  return gone
end

local function is_unmet(run, path) return not run.seen[path] and not run.done:is_met(path) end

--- The steps that were never done and in which others were, all of which this pass did not meet: the names of those, by
--- its path.
---@return table<string, string[]>
local function holders_of(run)
  if run.holders then return run.holders end
  local out = {}
  for _, gone in ipairs(gone_of(run)) do
    local path, name = gone.path:match "^(.*)/([^/]*)$"
    while path do
      out[path] = out[path] or {}
      table.insert(out[path], name)
      path, name = path:match "^(.*)/([^/]*)$"
    end
  end
  run.holders = out
  return out
end

--- Whether a step, or one in it, took place and was not met.
local function is_there(run, path)
  if not is_unmet(run, path) then return false end
  if run.done:seq(path) or holders_of(run)[path] then return true end
  for _, known in pairs(run.effects) do
    if known.path == path then return true end
  end
  return false
end

local function sibling(path, name)
  if name:find("/", 1, true) then return name end
  local parent = path:match "^(.*)/"
  return parent and parent .. "/" .. name or name
end

--- Whether a script that the run was made with names the one, and none both: those are two steps.
local function is_instead(run, name, old)
  local was = false
  for _, script in ipairs(run.replay.scripts) do
    if naming.is_named(script.sources, old) then
      if naming.is_named(script.sources, name) then return false end
      was = true
    end
  end
  return was
end

--- Whether one of two steps took the place of the other: beside it, under a name that no script had with the old one.
local function takes_the_place(run, path, gone)
  local sources, old, name = run.loaded and run.loaded.sources or {}, gone:match "[^/]*$", path:match "[^/]*$"
  return gone:match "^(.*)/" == path:match "^(.*)/" and is_there(run, gone) and naming.is_named(sources, name)
    and not naming.is_named(sources, old) and is_instead(run, name, old)
end

local NAMES_MAX = 200 -- of the steps in one: one of the first is named, or none

--- Whether a source names any of these steps.
local function names_one(text, names)
  for i = 1, math.min(#names, NAMES_MAX) do
    if naming.may_be_named({ text }, names[i]) then return true end
  end
  return false
end

--- The steps that were begun beside this one, are gone, and hold steps that this one names.
local function gone_holders(frame, text)
  local out = {}
  for gone, names in pairs(text and holders_of(frame.run) or {}) do
    if takes_the_place(frame.run, frame.path, gone) and names_one(text, names) then out[#out + 1] = { path = gone, holds = true } end
  end
  table.sort(out, function(a, b) return a.path < b.path end)
  return out
end

--- The gone steps that a step which is not done may be under a new name.
---@param frame almanac.Frame  of the step
---@param opts almanac.StepOptions
---@param digest string  of its source
---@param fn function
---@return almanac.MaybeRenamed[]
function M.candidates(frame, opts, digest, fn)
  local run, out = frame.run, {}
  if not run.done then return out end
  if opts.was and is_there(run, sibling(frame.path, opts.was)) then return { { path = sibling(frame.path, opts.was), declared = true } } end
  local replay = run.replay
  if not M.is_edited(run) or replay.distinct[frame.path] or replay.begun[frame.path] then return out end
  local text = not opts.digest and source.text(fn) or nil
  for _, gone in ipairs(gone_of(run)) do
    if gone.digest and is_same(run, gone, frame.name, digest, text) and is_there(run, gone.path) then
      out[#out + 1] = { path = gone.path, digest = digest }
    end
  end
  return #out > 0 and out or gone_holders(frame, text)
end

--- Journals that a step is one that is done.
---@param run almanac.Run
---@param path string  today's
---@param was almanac.MaybeRenamed
function M.record(run, path, was)
  run:record("step.renamed", path, { from = was.path, digest = was.digest, operator = process.user() })
end

--- Journals that a step is none of those that are gone.
---@param run almanac.Run
---@param path string
function M.record_distinct(run, path)
  run:record("step.distinct", path, { operator = process.user() })
end

--- What is said of the steps that a new one may be.
local function likeness(was, names)
  return was.holds and string.format("%s, in which steps took place that the new one names, is gone from the script", names)
    or string.format("%s, which took place, is gone from the script and has the same source", names)
end

local function raise_unknown(run, path, candidates)
  local names, hint = {}, {}
  for i, was in ipairs(candidates) do
    names[i] = string.format("%q", was.path)
    hint[i] = string.format("%s almanac resume %s --renamed %s", i == 1 and "it is the same:" or "or:", run.id,
      shell_word.quoted(path .. "=" .. was.path))
  end
  hint[#hint + 1] = string.format("(or was = %q in its options)", candidates[1].path:match "[^/]*$")
  hint[#hint + 1] = string.format("it is another one, which is to run: almanac resume %s --not-renamed %s", run.id, shell_word.quoted(path))
  halt.raise {
    kind = "renamed", step = path,
    message = string.format("step %q is not in this run, and %s: is it the same step?", path,
      likeness(candidates[1], table.concat(names, " or "))),
    hint = hint,
  }
end

--- Decides whether a step is one of these, and journals it: what is declared is believed, what is recognised is
--- asked. Raises kind "renamed" where nobody can be asked.
---@param run almanac.Run
---@param path string
---@param candidates almanac.MaybeRenamed[]
function M.decide(run, path, candidates)
  if candidates[1].declared then return M.record(run, path, candidates[1]) end
  for _, was in ipairs(candidates) do
    local is_new = string.format("Step %q is new, and %s.", path, likeness(was, string.format("%q", was.path)))
    local answer = at_terminal.ask(run, path, is_new, { "same", "another" }, function()
      return operators.of(run):choose({
        is_new, "  same: it is that step, and what it did and returned counts", "  another: it is run",
      }, { "same", "another" })
    end)
    if not answer then raise_unknown(run, path, candidates) end
    if answer == "same" then return M.record(run, path, was) end
  end
  M.record_distinct(run, path)
end

--- Of the step at `path`, or of those in it, an effect of that kind that took place or may have.
local function effect_below(run, path, op)
  for _, known in pairs(run.effects) do
    local is_meant = step_name.is_within(known.path, path) and known.intent.op == op
    if is_meant and not (known.outcome and not known.outcome.ok) then return known.intent end
  end
end

--- What is gone, and what holds it, by their paths.
local function all_gone_of(run)
  if run.all_gone then return run.all_gone end
  local out = {}
  for i, gone in ipairs(gone_of(run)) do out[i] = gone.path end
  for path in pairs(holders_of(run)) do out[#out + 1] = path end
  table.sort(out)
  run.all_gone = out
  return out
end

--- The step beside `path` that has its effects, or in which they were, and whose name is gone from the script; only where
--- both names are written in the script can that be told.
local function edited_from(run, path, op)
  if run.replay.distinct[path] or is_there(run, path) then return nil end
  for _, gone in ipairs(all_gone_of(run)) do
    local intent = takes_the_place(run, path, gone) and effect_below(run, gone, op)
    if intent then return gone, intent end
  end
end

--- In a run whose script was edited: raises kind "renamed" where an effect is about to happen in a step that is new,
--- and may be one that was renamed and edited: a step that is gone has an effect of that kind.
---@param frame almanac.Frame
---@param op string     of the effect
---@param title string  of the effect
function M.check_effect(frame, op, title)
  local run = frame.run
  for to in (frame.path .. "/"):gmatch "()/" do
    local path = frame.path:sub(1, to - 1)
    local old, intent = edited_from(run, path, op)
    if old then
      local old_name, name = old:match "[^/]*$", path:match "[^/]*$"
      halt.raise {
        kind = "renamed", step = frame.path,
        message = string.format("step %q is not in this run, and would do: %s; step %q, which is gone from the script, did: %s. "
          .. "Is it the same step, renamed and edited?", path, title, old, intent.title or intent.op),
        hint = {
          string.format("it is the same: write step(%q, { was = %q }, …), or: almanac resume %s --renamed %s", name, old_name,
            run:outermost(), shell_word.quoted(path .. "=" .. old)),
          string.format("it is another one, which is to run: almanac resume %s --not-renamed %s", run:outermost(), shell_word.quoted(path)),
        },
      }
    end
  end
end

--- What the operator said beforehand: "new=old". Either may hold a "=". Raises kind "refused" where it is neither so nor can be.
---@param run almanac.Run
---@param words string
---@return { new: string, old: string? }  no old: it is so already
function M.meant(run, words)
  local at = 0
  while true do
    at = words:find("=", at + 1, true)
    if not at then break end
    local new, old = words:sub(1, at - 1), words:sub(at + 1)
    local known = run.replay.renamed[new]
    if known and known.from == old then return { new = new } end
    if new ~= "" and is_there(run, old) and not run.done:seq(new) and step_name.fits(new:match "[^/]*$") then
      return { new = new, old = old }
    end
  end
  errors.raise {
    kind = "refused", message = string.format("--renamed %q: it is \"new=old\", of a step that is not done, and one that took place",
      words),
    hint = "almanac status " .. run.id .. " shows the steps; one inside others is named with theirs: outer/inner",
  }
end

return M
