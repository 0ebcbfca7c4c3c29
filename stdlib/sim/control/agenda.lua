--- What is to be done and when: a heap of keyed jobs, run by one task, or step by step under a clock
--- of the test's own.
local agenda = {}

local Agenda = {}
Agenda.__index = Agenda

---@param opts { now: (fun(): number), report: fun(key: string, err: any) }
function agenda.new(opts)
  return setmetatable({ now = opts.now, report = opts.report, heap = {}, by_key = {}, seq = 0 }, Agenda)
end

local function before(a, b)
  if a.due ~= b.due then return a.due < b.due end
  return a.seq < b.seq
end

local function sift_up(heap, i)
  while i > 1 and before(heap[i], heap[i // 2]) do
    heap[i], heap[i // 2] = heap[i // 2], heap[i]
    i = i // 2
  end
end

local function sift_down(heap, i)
  while true do
    local least = i
    for child = 2 * i, 2 * i + 1 do
      if heap[child] and before(heap[child], heap[least]) then least = child end
    end
    if least == i then return end
    heap[i], heap[least] = heap[least], heap[i]
    i = least
  end
end

local function pop(heap)
  local top, last = heap[1], table.remove(heap)
  if top ~= last then
    heap[1] = last
    sift_down(heap, 1)
  end
  return top
end

--- Has `fn` run after `seconds`. One job per key: the earlier of two wins, with its own function.
---@param seconds number
---@param key string
---@param fn fun()
function Agenda:after(seconds, key, fn)
  local due, have = self.now() + seconds, self.by_key[key]
  if have then
    if have.due <= due then return end
    have.fn = nil -- skipped when it is reached
  end
  self.seq = self.seq + 1
  local job = { due = due, seq = self.seq, key = key, fn = fn }
  self.by_key[key] = job
  self.heap[#self.heap + 1] = job
  sift_up(self.heap, #self.heap)
  if self.heap[1] == job and self.wake then self.wake:notify() end
end

--- Forgets the job of a key, if there is one.
---@param key string
function Agenda:cancel(key)
  local job = self.by_key[key]
  if job then
    job.fn = nil
    self.by_key[key] = nil
  end
end

--- Seconds until the next job, 0 when one is due, nil when there is none.
---@return number|nil
function Agenda:wait_time()
  local heap = self.heap
  while heap[1] and not heap[1].fn do pop(heap) end
  return heap[1] and math.max(0, heap[1].due - self.now())
end

--- Runs what is due.
function Agenda:run_due()
  while self:wait_time() == 0 do
    local job = pop(self.heap)
    self.by_key[job.key] = nil
    local ok, err = pcall(job.fn)
    if not ok then self.report(job.key, err) end
  end
end

--- Runs jobs as they fall due, until the task is interrupted.
---@param task table native.task
function Agenda:serve(task)
  self.wake = task.condition()
  while true do
    self:run_due()
    local seconds = self:wait_time()
    local token = seconds and task.push_deadline(seconds)
    local ok, err = pcall(self.wake.wait, self.wake)
    local expired = token and task.pop_deadline(token)
    if not ok and not expired then error(err, 0) end
  end
end

return agenda
