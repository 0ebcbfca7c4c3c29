--- How long processes have run a run, and what it ended with: by its turns, for the event that ends or begins a stretch. So
--- a list of runs has both from the last turn of each, and time in which nobody ran it is none that it took.
local M = {}

---@class almanac.Ran
---@field ms integer      in which processes ran it
---@field error table?    of its last end

--- What other processes write into a run that nobody runs, and a resume before it begins: no sign that it lives.
local BY_OTHERS = {
  ["step.undone"] = true, ["step.left"] = true, ["run.irreversible"] = true, ["run.abandoned"] = true, ["confirm.answered"] = true,
  ["step.redo"] = true, ["step.renamed"] = true, ["step.distinct"] = true, ["cluster"] = true,
}

--- When a process was last heard of that began with this event, and left no end.
local function last_ms(journal, id, begun)
  local at = begun.time_ms
  for _, time_ms, kind in journal:events(id, begun.seq) do
    if not BY_OTHERS[kind] then at = time_ms end
  end
  return at
end

--- What a run came to so far, by its journal. An older almanac counted nothing: then all time since it began counts.
---@param journal table
---@param id string
---@param last almanac.Event?  its last turn: turn of almanac.Replay, which was read anyway
---@return almanac.Ran
function M.of(journal, id, last)
  if not last then return { ms = 0 } end
  local counted = math.tointeger(last.data.ran_ms) or last.time_ms - journal:run(id).created_ms
  if last.kind == "run.end" then return { ms = counted, error = last.data.error } end
  return { ms = counted + last_ms(journal, id, last) - last.time_ms }
end

return M
