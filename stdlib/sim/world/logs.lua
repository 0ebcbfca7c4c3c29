--- What the containers of the simulated cluster print: the lines of the present and of the previous
--- instance of each, kept up to a number, and handed on to whoever listens.
local logs = {}

local Logs = {}
Logs.__index = Logs

local KEPT = 500

---@param now fun(): number
function logs.new(now) return setmetatable({ now = now, by_uid = {}, listeners = {} }, Logs) end

local function container_of(self, uid, name)
  local pod = self.by_uid[uid]
  if not pod then
    pod = {}
    self.by_uid[uid] = pod
  end
  local c = pod[name]
  if not c then
    c = { lines = {}, previous = nil, followers = {} }
    pod[name] = c
  end
  return c
end

--- Calls `fn(pod, container, line)` for every line from now on; line = { time, text }.
---@param fn fun(pod: table, container: string, line: table)
function Logs:listen(fn) self.listeners[#self.listeners + 1] = fn end

--- A container starts anew: what it printed so far becomes the previous log.
function Logs:restart(pod, container)
  local c = container_of(self, pod.metadata.uid, container)
  c.over = false
  if #c.lines > 0 then c.previous, c.lines = c.lines, {} end
end

local function leave(c)
  for fn in pairs(c.followers) do fn(nil) end
  c.followers = {}
end

--- A container has ended: who follows it hears no more, as from a kubelet.
function Logs:ended(pod, container)
  local c = container_of(self, pod.metadata.uid, container)
  c.over = true
  leave(c)
end

--- Prints a line.
---@param pod table
---@param container string
---@param text string without a newline
function Logs:print(pod, container, text)
  local c = container_of(self, pod.metadata.uid, container)
  local line = { time = self.now(), text = text }
  c.lines[#c.lines + 1] = line
  if #c.lines > KEPT then table.remove(c.lines, 1) end
  for _, fn in ipairs(self.listeners) do fn(pod, container, line) end
  for fn in pairs(c.followers) do fn(line) end
end

--- The lines of a container, oldest first; nil when it asks for a previous one and there is none.
---@param pod table
---@param container string
---@param opts? { previous?: boolean, tail?: integer, since?: number } since: unix seconds
---@return table[]|nil lines of { time, text }
function Logs:read(pod, container, opts)
  opts = opts or {}
  local c = container_of(self, pod.metadata.uid, container)
  local lines = c.lines
  if opts.previous then lines = c.previous end
  if not lines then return nil end
  local out = {}
  for _, line in ipairs(lines) do
    if not opts.since or line.time >= opts.since then out[#out + 1] = line end
  end
  if opts.tail and #out > opts.tail then out = table.move(out, #out - opts.tail + 1, #out, 1, {}) end
  return out
end

--- Calls `fn(line)` for each further line, and `fn(nil)` when the container has ended or the pod is gone. Returns how
--- to stop.
---@return fun() stop
function Logs:follow(pod, container, fn)
  local c = container_of(self, pod.metadata.uid, container)
  c.followers[fn] = true
  if c.over then leave(c) end
  return function() c.followers[fn] = nil end
end

--- A pod is gone, its logs with it.
function Logs:drop(uid)
  for _, c in pairs(self.by_uid[uid] or {}) do
    leave(c)
  end
  self.by_uid[uid] = nil
end

return logs
