--- The origin of a run: what the journal keeps of how it, or a plan, was started.
local config = require "almanac.config.file"
local ownership = require "almanac.journal.ownership"
local param = require "almanac.base.param"
local process = require "native.process"
local settings = require "almanac.config.settings"

local M = {}

--- What this almanac was built from; nil: nobody knew.
---@return string?
function M.commit()
  return process.commit ~= "" and process.commit or nil
end

--- The origin of a run of a runbook.
---@param book almanac.Runbook
---@param journalled table<string, any>  its parameters
---@param lock almanac.LockName?
---@param options table  of the command line
---@return table
function M.of(book, journalled, lock, options)
  return {
    runbook = book.name, script = book.path, digest = book.script.digest, files = book.script.files, params = journalled,
    durations = param.durations(book.params), -- which of them are seconds
    lock = lock and lock.name, lock_seconds = lock and lock.seconds,
    operator = process.user(), host = process.hostname(), cwd = process.cwd(), version = process.version, commit = M.commit(),
    environment = settings.environment, config = settings.file, kubeconfig = settings.kubeconfig,
    context = settings.context, helm = settings.helm, choice = config.choice(options), rehearsal = settings.rehearsal,
    keyed = true, -- its fingerprints of secrets have a key; those of the version before had none
  }
end

local function caller_of(frame)
  local caller = frame.run
  return { run = caller.id, path = frame.path, root = caller:outermost() }
end

--- The same of a run that another one makes.
---@param meta table           of M.of
---@param frame almanac.Frame  of the step that makes it
---@return table meta
function M.called(meta, frame)
  meta.plan = false -- a plan is used by the outermost run
  meta.caller = caller_of(frame)
  meta.family = ownership.family_of(frame.run.id, frame.run.meta)
  return meta
end

--- The origin of a run that takes another one back, whose settings it has.
---@param original almanac.Run
---@param book almanac.Runbook
---@param frame almanac.Frame?  of the step that makes it, where another run does
---@return table meta
function M.of_rollback(original, book, frame)
  return {
    runbook = "rollback-of-" .. book.name, undoes = original.id, script = book.path, params = {}, operator = process.user(),
    host = process.hostname(), version = process.version, commit = M.commit(), lock = original.meta.lock,
    family = original.meta.family, environment = original.meta.environment, config = original.meta.config,
    choice = original.meta.choice,
    caller = frame and caller_of(frame), rehearsal = original.meta.rehearsal, keyed = true,
  }
end

return M
