--- The section `hooks` of almanac.yaml: which channels are told of a run, and when. Pure.
local misplaced = require "almanac.base.misplaced"
local nearest = require "almanac.base.nearest"

local M = {}

local channels = { text_or = { list_of = "string" } }

--- What almanac.yaml may hold, for its schema: a channel, or a list of them.
M.schema = { on_start = channels, on_wait = channels, on_fail = channels, on_done = channels, on_undo = channels }

--- Makes a list of each.
---@param raw table?  the section, of the right types
function M.read(raw)
  for hook, given in pairs(raw or {}) do
    if type(given) == "string" then raw[hook] = { given } end
  end
end

--- Tells what is wrong with the whole, an environment's part put over it.
---@param hooks table<string, string[]>
---@param known table<string, table>  the channels
---@param note fun(hook: string, why: string)
function M.check(hooks, known, note)
  for hook in pairs(M.schema) do
    for _, name in ipairs(hooks[hook] or {}) do
      if not known[name] then
        note(hook, string.format("%s: there is no channel %s%s", hook, misplaced.word(name), nearest.suffix(name, known)))
      end
    end
  end
end

return M
