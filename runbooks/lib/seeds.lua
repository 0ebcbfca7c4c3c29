--- The list of bootstrap nodes: made anew, and its age.
local seeds = {}

--- The list as it is; nil: there is none. A read.
---@param c table
---@return { text: string? }
function seeds.now(c) return { text = fs.exists(c.seeds) and fs.read(c.seeds) or nil } end

--- Makes the list anew. An effect.
function seeds.regenerate(c)
  local argv = {}
  for i, word in ipairs(c.seeds_command) do argv[i] = (word:gsub("{file}", function() return c.seeds end)) end
  return sh.run { argv = argv, timeout = "5m", idempotent = true }
end

--- Puts the list back as it was: the undo of that step.
---@param before { text: string? }  of seeds.now
function seeds.put_back(c, before)
  if before.text then fs.write(c.seeds, before.text) else fs.remove(c.seeds) end
end

--- When the list was made: as it says itself, else when its file was written. Seconds since 1970.
local function made_at(c, list)
  return timestamp.parse(list.generated_at) or fs.stat(c.seeds).mtime
end

--- That the list has nodes and is fresh. A read.
---@param c table
---@return { nodes: integer, age: number }
function seeds.fresh(c)
  local list = json.decode(fs.read(c.seeds))
  local nodes = list.nodes or list
  local age = math.max(0, os.time() - made_at(c, list))
  if #nodes == 0 then errors.raise { kind = "refused", message = c.seeds .. " has no nodes" } end
  if age > c.seeds_max_age then
    errors.raise { kind = "gate", verdict = "fail",
      message = string.format("%s is %s old; %s is the most", c.seeds, duration.format(age), duration.format(c.seeds_max_age)),
      hint = "is " .. table.concat(c.seeds_command, " ") .. " what makes it?" }
  end
  note(string.format("%d bootstrap nodes, %s old", #nodes, duration.format(age)))
  return { nodes = #nodes, age = age }
end

return seeds
