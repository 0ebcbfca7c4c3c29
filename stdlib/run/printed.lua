--- What an effect had printed before its run was cut short, for who has to say whether it took place.
local events = require "almanac.journal.event"

local M = {}

local SHOWN = 12 -- lines, the last ones

--- The last lines that a step printed behind the beginning of an effect.
---@param run almanac.Run
---@param known almanac.KnownEffect
---@return string[] lines  redacted, as the journal has them
function M.lines(run, known)
  local out = {}
  if not run.journal or not known.seq then return out end
  local left_off = 0
  for event in events.each(run.journal, run.id, "output", nil, known.seq) do
    if event.path == known.path then
      out[#out + 1] = tostring(event.data.text)
      if #out > SHOWN then
        table.remove(out, 1)
        left_off = left_off + 1
      end
    end
  end
  if left_off > 0 then table.insert(out, 1, string.format("(%d lines before)", left_off)) end
  return out
end

return M
