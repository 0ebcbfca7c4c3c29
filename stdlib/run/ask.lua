--- Questions to the operator at the terminal. Where nobody can be asked they return nil, and the
--- caller says how to answer later.
local process = require "native.process"
local terminal = require "native.terminal"

local M = {}

--- The answer given beforehand with --in-doubt.
M.in_doubt_answer = nil ---@type "redo"|"done"|"abort"|nil

--- The renderer, which leaves the terminal to a question.
M.renderer = nil

---@return boolean
function M.possible()
  return terminal.isatty(0) and terminal.isatty(2)
end

--- Prints a prompt and reads a line; nil at the end of input.
function M.line(prompt)
  if not M.possible() then return nil end
  if M.renderer then M.renderer:suspend(true) end
  terminal.write(2, prompt)
  local line = terminal.read_line()
  if M.renderer then M.renderer:suspend(false) end
  return line and line:match "^%s*(.-)%s*$"
end

--- One of several answers, by its first letter or in full.
---@param question string
---@param choices string[]
---@return string?
function M.choose(question, choices)
  if not M.possible() then return nil end
  local shown = {}
  for i, choice in ipairs(choices) do shown[i] = "[" .. choice:sub(1, 1) .. "]" .. choice:sub(2) end
  while true do
    local answer = M.line(question .. "\n  " .. table.concat(shown, "  ") .. " > ")
    if answer == nil then return nil end
    for _, choice in ipairs(choices) do
      if answer == choice or answer == choice:sub(1, 1) then return choice end
    end
    question = "Please answer with one of the letters in brackets."
  end
end

--- What to do with an effect of which nobody can tell whether it took place.
---@return "redo"|"done"|"abort"|nil
function M.in_doubt(run, path, intent, why)
  if M.in_doubt_answer then
    run:record("effect.answered", path, { id = intent.id, ordinal = intent.ordinal, answer = M.in_doubt_answer,
      by = process.user() })
    return M.in_doubt_answer
  end
  local question = string.format("An effect is in doubt.\n  step:   %s\n  effect: %s\n%s", path,
    intent.title or intent.op, "It was begun, and nobody knows whether it took place" .. (why and ": " .. why or "."))
  local choice = M.choose(question, { "redo", "done", "abort" })
  if choice then
    run:record("effect.answered", path, { id = intent.id, ordinal = intent.ordinal, answer = choice, by = process.user() })
  end
  return choice
end

return M
