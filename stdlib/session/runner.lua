--- Who runs a run, as far as this machine can tell: the user of the operating system, and the keys at hand that
--- allowed_signers knows. Both are kept with each start and resume: whoever ran a part of it ran it.
local errors = require "almanac.base.errors"
local process = require "native.process"
local settings = require "almanac.config.settings"

local M = {}

---@class almanac.Runner
---@field private users table<string, boolean>
---@field private principals table<string, boolean>
---@field private keys table<string, boolean>  fingerprints
local Runner = {}
Runner.__index = Runner

--- Those of this process's keys that allowed_signers knows, for the journal; nil where nobody asks who runs it.
---@return { keys: string[], principals: string[], account: string }?  account: whose rights it has, under sudo, too
function M.note()
  if settings.approval.runner_may_approve ~= false then return nil end
  local ssh = require "almanac.host.ssh"
  local text, keys, principals = require("almanac.session.signers").files().signers, {}, {}
  for _, key in ipairs(ssh.at_hand()) do
    local names = ssh.principals(text, key.blob)
    if names[1] then keys[#keys + 1] = key.fingerprint end
    table.move(names, 1, #names, #principals + 1, principals)
  end
  return { keys = keys, principals = principals, account = process.account() }
end

--- Refuses where what says whose signatures count cannot be read: a run that began would end of it.
function M.check()
  if not settings.approval.allowed_signers then return end
  local ok, err = errors.try(require("almanac.session.signers").files)
  if ok then return end
  err = errors.wrap(err)
  errors.raise { kind = "refused", message = string.format("approval in %s: %s", settings.file, err.message),
    hint = err.hint or "nobody's signature would count without it; allowed_signers and revoked_keys are paths from almanac.yaml on" }
end

---@return almanac.Runner
local function new()
  return setmetatable({ users = {}, principals = {}, keys = {} }, Runner)
end

--- One more who runs it.
---@param user string?
---@param note { keys: string[], principals: string[], account?: string }?
function Runner:add(user, note)
  if user then self.users[user] = true end
  if note and note.account then self.users[note.account] = true end
  for _, key in ipairs(note and note.keys or {}) do self.keys[key] = true end
  for _, principal in ipairs(note and note.principals or {}) do self.principals[principal] = true end
end

--- All who ran a part of a run.
---@param replay almanac.Replay
---@return almanac.Runner
function M.of(replay)
  local runner = new()
  for _, one in ipairs(replay.runners) do runner:add(one.operator, one.runner) end
  return runner
end

--- The runner whose approval does not count; nil where he may approve.
---@param replay almanac.Replay
---@return almanac.Runner?
function M.barred(replay)
  return settings.approval.runner_may_approve == false and M.of(replay) or nil
end

--- Who begins one with this process.
---@return almanac.Runner
function M.here()
  local runner = new()
  runner:add(process.user(), M.note())
  return runner
end

--- Why somebody who signed is the runner; nil: he is not, as far as can be told.
---@param principal string
---@param key string  fingerprint
---@return string?
function Runner:is(principal, key)
  if self.keys[key] then return "the key is one that the runner has at hand" end
  if self.principals[principal] then return "the runner has a key of the same person at hand" end
  if self.users[principal] or self.users[principal:match "^[^@]*"] then return "the run is run by the user of that name" end
end

return M
