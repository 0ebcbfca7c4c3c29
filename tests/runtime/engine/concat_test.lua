--- A concatenation whose metamethod uses the stack, or collects garbage, goes on with what is there.
local t = require "tests.harness"
local task = require "native.task"

local function deep(n)
  if n == 0 then return 0 end
  return 1 + deep(n - 1)
end

--- A value whose concatenation uses the stack as `use` does.
local function greedy(use)
  local Greedy = {}
  Greedy.__concat = function(a, b)
    use()
    local text = (type(a) == "table" and a.text or a) .. (type(b) == "table" and b.text or b)
    return setmetatable({ text = text }, Greedy)
  end
  return setmetatable({ text = "v" }, Greedy)
end

local function concatenated(use)
  local v = greedy(use)
  local one, two = "a", "b"
  return (one .. two .. v .. one .. v .. two).text
end

t.test("in a task", function()
  for size = 1, 100 do
    t.eq({ task.spawn(concatenated, function() deep(size) end):join() }, { true, "abvavb" })
    t.eq({ task.spawn(concatenated, collectgarbage):join() }, { true, "abvavb" })
  end
end)

t.test("in a coroutine that a script made", function()
  for size = 1, 100 do
    local co = coroutine.create(concatenated)
    t.eq({ task.inside(co, coroutine.resume, co, function() deep(size) collectgarbage() end) }, { true, "abvavb" })
  end
end)
