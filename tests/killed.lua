--- A run that is killed where an effect took place and its outcome is not written yet, and gone on with.
local json = require "native.json"
local t = require "tests.harness"

local M = {}

--- The places in a run's journal, counted from 1, where effects' outcomes are, by what the effect is.
---@param log string  of `almanac log --json`
---@return table<string, integer[]>
function M.outcomes(log)
  local out, n = {}, 0
  for line in log:gmatch "[^\n]+" do
    local event = json.decode(line)
    n = n + 1
    if event.kind == "effect.outcome" then
      event = event.data or event
      out[event.op] = out[event.op] or {}
      table.insert(out[event.op], n)
    end
  end
  return out
end

--- The environment in which almanac is killed at that write.
---@param n integer
function M.at(n) return { ALMANAC_FAULT = string.format("journal.append:%d:kill", n) } end

--- Kills a run of a fresh world behind each of its effects of these kinds, goes on with it, and has the world checked.
---@param ops string[]              such as "git.tag"
---@param fresh fun(): table        a world, with almanac(words, env) → code, stdout, stderr
---@param words string[]|fun(world: table): string[]  of the run
---@param check fun(world: table, where: string)
function M.everywhere(ops, fresh, words, check)
  local function words_of(world) return type(words) == "function" and words(world) or words end
  local whole = fresh()
  local code, _, err = whole:almanac(words_of(whole))
  t.eq(code, 0, err)
  local _, log = whole:almanac { "log", "--json" }
  local places = M.outcomes(log)
  check(whole, "not killed")
  for _, op in ipairs(ops) do
    t.ok(places[op], op .. " is an effect of the run: " .. log)
    for i, n in ipairs(places[op]) do
      local where = string.format("killed behind %s %d (write %d)", op, i, n)
      local world = fresh()
      local killed, _, said = world:almanac(words_of(world), M.at(n))
      t.eq(killed, -1, where .. "\n" .. said)
      local resumed, _, why = world:almanac { "resume", "--no-ask" }
      t.eq(resumed, 0, where .. "\n" .. why)
      check(world, where)
    end
  end
end

return M
