--- The signatures of a plan: put into its file, and judged where a run begins with it or goes on.
local binding = require "almanac.run.plan.binding"
local config = require "almanac.config.file"
local errors = require "almanac.base.errors"
local files = require "almanac.run.plan.file"
local fs = require "native.fs"
local runners = require "almanac.session.runner"
local settings = require "almanac.config.settings"
local signers = require "almanac.session.signers"
local task = require "native.task"

local M = {}

--- A plan's file as almanac approve takes it, which would take a bare name for a run.
---@param name string
---@return string
local function as_file(name) return name:find "[./]" and name or "./" .. name end

local function claims_of(plan)
  local claims = {}
  for i, signed in ipairs(plan.signatures or {}) do
    claims[i] = {
      principal = signed.principal, at_ms = signed.at_ms, text = signed.text, signature = signed.signature,
      wanted = files.statement(plan, signed.at_ms, signed.principal),
    }
  end
  return claims
end

--- Which signatures of a plan count.
---@param plan table
---@param runner almanac.Runner?  who may not be among those who signed
---@param as_then? boolean  by what held when they were given
---@return almanac.Judgement
function M.judge(plan, runner, as_then)
  return signers.judge(claims_of(plan), { runner = runner, as_then = as_then })
end

--- Refuses a plan that not enough people have signed. Does nothing where almanac.yaml names no signers.
---@param plan table
---@param name string            of its file, or "the plan"
---@param replay almanac.Replay? of a run that goes on with it
function M.check(plan, name, replay)
  if not signers.wanted() then return end
  if replay and not files.is_whole(plan) then
    errors.raise { kind = "refused", message = "the plan in the journal is not the one with which the run began" }
  end
  local runner = settings.approval.runner_may_approve == false and runners.here() or nil
  for _, one in ipairs(runner and replay and replay.runners or {}) do runner:add(one.operator, one.runner) end
  local judgement = M.judge(plan, runner)
  if judgement.missing == 0 then return end
  local lines = signers.reasons(judgement, "signature")
  table.insert(lines, 1, string.format("%s has %d of the %d signatures that it takes", name, #judgement.accepted, judgement.quorum))
  errors.raise {
    kind = "refused", message = lines,
    hint = replay and "almanac.yaml says whose signatures count" or "have it signed: almanac approve " .. as_file(name) .. " --sign",
  }
end

-- Seconds between two looks at a file that somebody else is writing, and how many.
local PAUSE, LOOKS = 0.05, 200

--- Writes a signature into a plan's file, beside those that others have written meanwhile.
---@return table plan  with all of them
local function add(name, plan, text, signed)
  for _ = 1, LOOKS do
    if fs.compare_and_swap(name, text, files.with_signature(text, signed)) then return (files.read(name)) end
    task.sleep(PAUSE)
    local now
    now, text = files.read(name)
    if now.digest ~= plan.digest then
      errors.raise { kind = "refused", message = name .. " is another plan by now: it was not signed",
        hint = "look at it, and sign it anew" }
    end
  end
  errors.raise { kind = "refused", message = name .. " is being written by another process all the time: it was not signed" }
end

--- Signs the plan in a file, and writes the signature into it.
---@param name string  of the file
---@param given table  of the command line
---@param show? fun(plan: table)  shows what is about to be signed
---@return almanac.Judgement judgement  with this signature
---@return string? why  its run would stop
function M.sign(name, given, show)
  local plan, text = files.read(name)
  if show then show(plan) end
  local choice = plan.choice or {}
  choice.config = nil -- whose signatures count is not for the plan to say
  config.restore(given, choice)
  local signing, at_ms = signers.choose(given), task.wall_ms()
  local signed = signers.sign(signing, files.statement(plan, at_ms, signing.principal), at_ms)
  plan.signatures[#plan.signatures + 1] = signed
  local judgement = M.judge(plan)
  for _, one in ipairs(judgement.refused) do
    if one.claim.signature == signed.signature then
      errors.raise { kind = "refused", message = string.format("the signature of %s would not count: %s", signed.principal, one.why) }
    end
  end
  return M.judge(add(name, plan, text, signed)), binding.stops_at(plan)
end

--- How a plan stands that was signed, for people.
---@param name string
---@param judgement almanac.Judgement
---@param why string?  its run would stop
---@return string[] lines
function M.describe(name, judgement, why)
  local signed = string.format("signed %s: %d of %d (%s)", name, #judgement.accepted, judgement.quorum, signers.people(judgement))
  if judgement.missing > 0 then
    return { string.format("%s; it takes %d more: almanac approve %s --sign", signed, judgement.missing, as_file(name)) }
  end
  if not why then return { signed, "  run it:  almanac run --plan " .. name } end
  return { signed, "  ! it says that its run would stop: " .. why, "  run it all the same: almanac run --plan " .. name .. " --anyway" }
end

return M
