--- parallel: branches that run side by side. Each is a step of its own; when one fails its
--- siblings are cancelled, and nothing goes on behind parallel's back.
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local halt = require "almanac.base.halt"
local natural = require "almanac.base.natural"
local pool = require "almanac.base.pool"
local step = require "almanac.run.step"
local task = require "native.task"

local M = {}

local OPTIONS = fields.declare("parallel", {
  limit = { "count", shown_default = "all", help = "how many run at once" },
  keep_going = { "flag", default = false, help = "a failure does not cancel the others" },
}, { at = 3 })

--- The names of the branches as they are shown and begun, and what the digest of the step is made of.
local function names_of(branches)
  local names = {}
  for name, fn in pairs(branches) do
    if type(name) ~= "string" then errors.usage "parallel: the branches are a table of name = function" end
    if type(fn) ~= "function" then errors.usage("parallel: branch %q must be a function, not a %s", name, type(fn)) end
    names[#names + 1] = name
  end
  table.sort(names)
  local digest = table.concat(names, "\n") -- journals have it of names in the order of their letters
  natural.sort(names)
  return names, digest
end

--- The error that stands for several: a real failure before an interrupt that it caused. An interrupt says how many more
--- steps it stopped.
local function worst(failures)
  local first, stopped = nil, 0
  for _, err in ipairs(failures) do
    if errors.is_interrupt(err) then stopped = stopped + 1 + (err.others or 0) end
    if not first or (errors.is_interrupt(first) and not errors.is_interrupt(err)) then first = err end
  end
  if first and errors.is_interrupt(first) and stopped > 1 then first.others = stopped - 1 end
  if first and #failures > 1 then
    local also = {}
    for _, err in ipairs(failures) do
      if err ~= first and not errors.is_interrupt(err) and err.kind ~= "frontier" then also[#also + 1] = err end
    end
    if #also > 0 then first.also = also end
  end
  return first
end

local function run_branches(names, branches, opts)
  local results, failures, next_index, failing = {}, {}, 1, false
  local handles = {}
  local keep_going = opts.keep_going or step.current().run.mode.finishes_siblings
  local function worker()
    while next_index <= #names and not failing do
      local name = names[next_index]
      next_index = next_index + 1
      local ok, result = errors.try(step.run, name, {}, branches[name])
      if ok then
        results[name] = result
      else
        failures[#failures + 1] = result
        if halt.is(result) then task.lift_halt() end -- the other branches go on where they are to
        if not keep_going then
          failing = true
          for _, handle in ipairs(handles) do handle:cancel() end
        end
        if errors.is_interrupt(result) then return end
      end
    end
  end
  for i = 1, math.min(opts.limit or #names, #names) do handles[i] = task.spawn(worker) end
  local interrupted = pool.join_all(handles)
  local err = worst(failures) or interrupted
  if halt.among(failures) then task.halt(err) end -- no script keeps it, whatever the worst of them is
  if err then error(err, 0) end
  return results
end

--- parallel(name, branches, [options]): runs the branches side by side.
function M.parallel(name, branches, opts)
  if type(branches) ~= "table" then errors.usage("parallel %q: the branches must be a table", tostring(name)) end
  opts = fields.check(OPTIONS, opts, string.format("parallel %q", tostring(name)))
  local names, digest = names_of(branches)
  local of = { names = names, of = branches }
  return step.run(name, { digest = digest, branches = of }, function()
    return run_branches(names, branches, opts)
  end)
end

return M
