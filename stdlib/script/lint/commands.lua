--- Commands that are written as a line for a shell where words are taken.
local manual = require "almanac.script.manual.manual"
local tree = require "almanac.script.lint.tree"

local M = {}

--- Whether a function takes a command: any number of words, as its annotation says.
---@param entry almanac.manual.Entry?
---@return boolean
function M.takes_words(entry)
  local last = entry and entry.params[#entry.params]
  return last ~= nil and last.name == "..." and last.type:find("string", 1, true) ~= nil
end

--- The words of a call, where all of them are written down.
local function words_of(call)
  local out, first = {}, call.args[1] and tree.resolve(call.args[1])
  local nodes = call.args
  if first and first.tag == "Table" then
    nodes = {}
    for _, item in ipairs(first.items) do
      if not item.key then nodes[#nodes + 1] = item.value end
    end
  end
  for _, node in ipairs(nodes) do
    if tree.resolve(node).tag ~= "Table" then out[#out + 1] = node end
  end
  return out
end

--- Reports a command that is one text with blanks in it.
---@param main almanac.lint.Node
---@param report fun(pos: integer, kind: string, rule: string, message: string, hint: string?)
function M.check(main, report)
  for _, call in ipairs(main.calls) do
    local who = tree.called(call)
    local _, entry = manual.find(who or "")
    local words = M.takes_words(entry) and words_of(call)
    local line = words and #words == 1 and tree.constant_text(words[1])
    if line and line:find "^[^/%s]+%s+%S" then
      local quoted = {}
      for word in line:gmatch "%S+" do quoted[#quoted + 1] = string.format("%q", word) end
      report(words[1].pos, "error", "one-word", string.format("%s starts a program of that whole name: %q", who, line),
        string.format("a command is a list of words: %s(%s)%s", who, table.concat(quoted, ", "),
          who:find "^sh" and "; a line for a shell: sh.bash" or ""))
    end
  end
end

return M
