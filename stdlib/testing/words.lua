--- Words of the command line that a test may add to a run of its world: those that say how it goes on, and none that lead
--- elsewhere, to another journal, cluster, program or file.
local errors = require "almanac.base.errors"

local M = {}

--- Each option: whether a value stands behind it.
local FLAG, VALUE = false, true

local SAID = { ["--reason"] = VALUE }

local OF = {
  run = { ["--anyway"] = FLAG, ["--override-freeze"] = VALUE, ["--wait"] = FLAG },
  plan = {},
  resume = {
    ["--without-plan"] = FLAG, ["--redo"] = VALUE, ["--renamed"] = VALUE, ["--not-renamed"] = VALUE, ["--anyway"] = FLAG,
    ["--in-doubt"] = VALUE,
  },
  rollback = { ["--skip"] = VALUE },
  approve = SAID, reject = SAID, answer = SAID, abandon = SAID,
}

local function refuse(who, verb, word)
  local known = {}
  for name in pairs(OF[verb]) do known[#known + 1] = name end
  table.sort(known)
  errors.raise {
    kind = "usage", message = string.format("%s: a test does not say %q", who, word),
    hint = known[1] and string.format("of the options of %s it may say %s", verb, table.concat(known, ", "))
      or string.format("%s takes no options in a test", verb),
  }
end

--- What a test may say behind a command; raises kind "usage" for anything else.
---@param who string    public function
---@param verb string   the command
---@param words any
---@param plan? string  the file of a plan that the world made, which run --plan may name
---@return string[]
function M.check(who, verb, words, plan)
  local out, is_value = {}, false
  if type(words) == "string" then words = { words } end
  if words ~= nil and type(words) ~= "table" then errors.usage('%s: takes words as texts, as { "go" }', who) end
  for i, word in ipairs(words or {}) do
    if type(word) ~= "string" then errors.usage("%s: word %d is no text", who, i) end
    if not is_value and word:sub(1, 1) == "-" then
      local name, inline = word:match "^([^=]+)=(.*)$"
      local takes = OF[verb][name or word]
      if verb == "run" and word == "--plan" then
        if not plan or words[i + 1] ~= plan then refuse(who, verb, word .. " " .. tostring(words[i + 1])) end
        takes = VALUE
      elseif takes == nil or inline and takes == FLAG and name ~= "--wait" then
        refuse(who, verb, word)
      end
      is_value = takes and not inline
    else
      is_value = false
    end
    out[i] = word
  end
  return out
end

--- A word of its own: the name of a runbook, of an environment.
---@param who string
---@param what string
---@param word any
---@return string
function M.name(who, what, word)
  if type(word) == "string" and word ~= "" and not word:find "^[-=]" and not word:find "^/" and
    not ("/" .. word .. "/"):find("/../", 1, true) and not word:find "%z" then
    return word
  end
  errors.usage("%s: %q is no name of %s of the project", who, tostring(word), what)
end

return M
