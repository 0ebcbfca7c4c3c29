--- Labels that stand in a result for a secret, "(secret token)": no journal keeps the secret itself, so a script goes on with a
--- text that is not whole. That is good enough for people. An effect that would put it into the world is refused: a certificate
--- with a label in it is none.
local base64 = require "almanac.base.base64"
local errors = require "almanac.base.errors"
local events = require "almanac.journal.event"
local plain = require "almanac.journal.plain"
local secret = require "almanac.base.secret"
local step = require "almanac.run.step"

local M = {}

local BEGINNING, LABEL = "(secret ", "%(secret [^()\n]*%)"

--- The letters of base64 that say the beginning of a label, by how many bytes stand before it in its group of three.
local ENCODED = {}
for before = 0, 2 do
  local text = base64.encode(("x"):rep(before) .. BEGINNING)
  ENCODED[#ENCODED + 1] = text:sub((8 * before + 5) // 6 + 1, 8 * (before + #BEGINNING) // 6)
end

--- Whether a text, as a journal has it, lacks a secret.
---@param text string
---@return boolean
function M.is_in(text) return text:find(LABEL) ~= nil end

local function each_in_text(text, fn)
  if text:find(BEGINNING, 1, true) then
    for label in text:gmatch(LABEL) do fn(label) end
  end
end

local function decoded_words(text, letters, fn)
  for word in text:gmatch "[%w+/]+=*" do
    if word:find(letters, 1, true) then each_in_text(base64.decode(word) or "", fn) end
  end
end

--- The same for what is encoded in a text: the query of a URL, the values of a Secret, "Basic …".
local function each_encoded(text, fn)
  if text:find("secret", 1, true) and text:find "[%%+]" then
    local meant = text:gsub("+", " "):gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end)
    if meant ~= text then each_in_text(meant, fn) end
  end
  for _, letters in ipairs(ENCODED) do
    if text:find(letters, 1, true) then decoded_words(text, letters, fn) end
  end
end

--- Calls fn with each label in the texts of plain data; also in those that an effect took for a secret, as it does with the values
--- of a Kubernetes Secret.
local function each(value, fn, seen)
  value = secret.reveal(value)
  if type(value) == "string" then
    each_in_text(value, fn)
    each_encoded(value, fn)
  elseif type(value) == "table" and type(getmetatable(value)) ~= "string" and not seen[value] then
    seen[value] = true
    for _, item in next, value do each(item, fn, seen) end
  end
end

--- Remembers the labels that came into a result.
---@param run almanac.Run
---@param kept any     the result as the journal keeps it
---@param given any    as it was
---@param whose string  for people: 'step "read it"'
---@return any kept
function M.note(run, kept, given, whose)
  if rawequal(kept, given) then return kept end
  local own = {}
  each(given, function(label) own[label] = true end, {})
  each(kept, function(label)
    if not own[label] then
      run.labels = run.labels or {}
      run.labels[label] = whose
    end
  end, {})
  return kept
end

--- What a step returned, as the journal will give it back.
---@param run almanac.Run
---@param value any
---@param path string  of the step
---@return any kept  raises kind "usage" where the journal cannot hold it
function M.result(run, value, path)
  return M.note(run, plain.result(value, "step %q", path), value, string.format("step %q", path))
end

--- Kinds of events that hold what a script is given, and the fields that do.
local GIVEN = { ["step.done"] = "result", ["effect.outcome"] = "result", ["effect.intent"] = "before" }

--- Whose result holds a label, of what was done before this execution.
local function journalled(run, label)
  for kind, field in pairs(GIVEN) do
    for event in events.each(run.journal, run.id, kind, label) do
      local holds = false
      each(event.data[field], function(found) holds = holds or found == label end, {})
      if holds then return string.format("step %q", event.path) end
    end
  end
end

--- Why nothing is made of an input: it holds a label that stands for a secret in an earlier result.
---@param run almanac.Run
---@param name string  of the effect or the read
---@param input any
---@return table? refusal  for errors.raise
function M.refusal(run, name, input)
  local found, whose
  each(input, function(label)
    if found then return end
    whose = run.labels and run.labels[label] or run.journal and journalled(run, label)
    found = whose and label
  end, {})
  return found and {
    kind = "refused",
    message = string.format("%s: its input holds %q, which stands for a secret in the result of %s: no journal keeps a secret, so this "
      .. "text is not whole", name, found, whose),
    hint = "read it in the step that uses it, and return what is no secret",
  } or nil
end

--- Refuses a read that would send such a label elsewhere.
---@param name string  of the read
---@param input any
function M.require_whole(name, input)
  local frame = step.current()
  local refusal = frame and M.refusal(frame.run, name, input)
  if refusal then errors.raise(refusal) end
end

return M
