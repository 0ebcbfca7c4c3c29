--- The origin of a run: what the journal keeps of how it, or a plan, was started.
local config = require "almanac.config.file"
local ownership = require "almanac.journal.ownership"
local process = require "native.process"
local settings = require "almanac.config.settings"

local M = {}

--- The origin of a run of a runbook.
---@param book almanac.Runbook
---@param journalled table<string, any>  its parameters
---@param lock almanac.LockName?
---@param options table  of the command line
---@return table
function M.of(book, journalled, lock, options)
  return {
    runbook = book.name, script = book.path, digest = book.script.digest, files = book.script.files, params = journalled,
    lock = lock and lock.name, lock_seconds = lock and lock.seconds,
    operator = process.user(), host = process.hostname(), cwd = process.cwd(), version = process.version,
    environment = settings.environment, config = settings.file, kubeconfig = settings.kubeconfig,
    context = settings.context, helm = settings.helm, choice = config.choice(options),
  }
end

--- The same of a run that another one makes.
---@param meta table           of M.of
---@param caller almanac.Run
---@param path string          of the step that makes it
---@return table meta
function M.called(meta, caller, path)
  meta.plan = false -- a plan is used by the outermost run
  meta.caller = { run = caller.id, path = path, root = caller:outermost() }
  meta.family = ownership.family_of(caller.id, caller.meta)
  return meta
end

return M
