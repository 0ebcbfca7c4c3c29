--- Signing, and judging what was signed, as `approval` in almanac.yaml says: by whom, how old, how many.
local ages = require "almanac.base.age"
local duration = require "almanac.base.duration"
local errors = require "almanac.base.errors"
local fs = require "native.fs"
local settings = require "almanac.config.settings"
local ssh = require "almanac.host.ssh"
local statement = require "almanac.base.statement"
local task = require "native.task"

local M = {}

---@class almanac.Signed  a text that somebody signed
---@field principal string  who, by allowed_signers
---@field at_ms integer
---@field text string
---@field signature string  of ssh-keygen, armoured

---@class almanac.Claim : almanac.Signed  one that is to be judged
---@field wanted string     the text that it ought to be
---@field over string?      it counts no more, though it is as it ought to be
---@field why string?       it does not count, whatever its signature

---@class almanac.Judgement
---@field accepted { principal: string, key: string, at_ms: integer }[]
---@field refused { claim: almanac.Claim, why: string }[]
---@field quorum integer
---@field missing integer   how many more must sign

--- Whether only what is signed counts.
---@return boolean
function M.wanted()
  return settings.approval.allowed_signers ~= nil
end

--- Refuses where nobody's signature would count.
function M.check_wanted()
  if M.wanted() then return end
  errors.raise {
    kind = "refused", message = "almanac.yaml does not say whose signatures count",
    hint = "approval: { allowed_signers: FILE } names them, in the form of ssh-keygen(1)",
  }
end

--- The files that say whose signatures count; one that others can write is refused.
---@return almanac.SignersFiles
function M.files()
  local policy = settings.approval
  return {
    signers = fs.read_own(policy.allowed_signers, "list of signers"),
    revoked = policy.revoked_keys and fs.read_own(policy.revoked_keys, "list of keys") or nil,
  }
end

-- Signing ----------------------------------------------------------------------------------------

--- The key to sign with, where none is named: the only one at hand that counts.
local function only_key(signers)
  local keys, words = {}, {}
  for _, key in ipairs(ssh.at_hand()) do
    if ssh.principals(signers, key.blob)[1] then
      keys[#keys + 1] = key
      words[#words + 1] = string.format("--sign=%s  (%s)", key.file or "KEY.pub", key.fingerprint)
    end
  end
  if #keys == 1 then return keys[1] end
  local file = settings.approval.allowed_signers
  if #keys == 0 then
    errors.raise {
      kind = "refused", message = "none of your keys (of the agent, and in ~/.ssh) is in " .. file,
      hint = "name one: --sign=KEY; and have its public half put there, behind your name",
    }
  end
  errors.raise {
    kind = "refused", message = string.format("%d of your keys are in %s", #keys, file),
    hint = { "name one:", table.unpack(words) },
  }
end

local function principal_of(signers, key, named)
  if named then return named end
  local names = ssh.principals(signers, key.blob)
  if #names == 1 then return names[1] end
  errors.raise {
    kind = "refused",
    message = #names == 0 and string.format("%s does not name whose the key %s is", settings.approval.allowed_signers, key.fingerprint)
      or string.format("the key %s is that of several: %s", key.fingerprint, table.concat(names, ", ")),
    hint = "say who you are by that file: --as PRINCIPAL",
  }
end

---@class almanac.Signing
---@field key almanac.SshKey
---@field principal string

--- Who signs, and with what.
---@param given { sign: string|true, as: string? }  of the command line
---@return almanac.Signing
function M.choose(given)
  M.check_wanted()
  local text = M.files().signers
  local key = given.sign == true and only_key(text) or ssh.key(given.sign)
  return { key = key, principal = principal_of(text, key, given.as) }
end

--- Signs a text, and looks whether it counts.
---@param signing almanac.Signing
---@param text string
---@param at_ms integer
---@return almanac.Signed
function M.sign(signing, text, at_ms)
  local signature = ssh.sign(signing.key, text)
  local key, why = ssh.verify(M.files(), signing.principal, text, signature)
  if not key then
    errors.raise { kind = "refused", message = string.format("the signature would not count: %s", why) }
  end
  return { principal = signing.principal, at_ms = at_ms, text = text, signature = signature }
end

-- Judging ----------------------------------------------------------------------------------------

local function check_age(claim, good)
  local age = ages.judge(claim.at_ms, task.wall_ms(), good)
  if age.ahead then return string.format("it is dated %s ahead", age.ahead) end
  return age.old and string.format("it is %s old; almanac.yaml lets it count for %s", age.old, duration.format(good))
end

local function check_text(claim)
  local name, was, is = statement.difference(claim.text, claim.wanted)
  if name == "title" then return string.format("what was signed is no such statement: %s", was) end
  if name then return string.format("it was signed for another %s: %s, not %s", name, was, is) end
end

--- Why a claim does not count; or the key that it was signed with.
local function examine(claim, files, options)
  if claim.why then return nil, claim.why end
  local at = options.as_then and claim.at_ms // 1000 or nil
  local key, why = ssh.verify(files, claim.principal, claim.text, claim.signature, at)
  if not key then return nil, why end
  why = check_text(claim) or not options.as_then and check_age(claim, options.good) or nil
  if not why and options.runner then why = options.runner:is(claim.principal, key) end
  why = why or claim.over
  return not why and key or nil, why
end

---@class almanac.JudgeOptions
---@field good number?              seconds for which a signature counts
---@field runner almanac.Runner?    who may not be among those who sign; nil: anybody may
---@field as_then boolean?          as it was when it was signed: keys by their state then, and no age

--- Which of them count. A person counts once, and so does a key.
---@param claims almanac.Claim[]
---@param options almanac.JudgeOptions
---@return almanac.Judgement
function M.judge(claims, options)
  local quorum = settings.approval.quorum or 1
  local out, files = { accepted = {}, refused = {}, quorum = quorum }, M.files()
  local people, keys = {}, {}
  for _, claim in ipairs(claims) do
    local key, why = examine(claim, files, options)
    if key and people[claim.principal] then why = claim.principal .. " is counted already" end
    if key and not why and keys[key] then why = "the key is counted already, for " .. keys[key] end
    if why then
      out.refused[#out.refused + 1] = { claim = claim, why = why }
    else
      people[claim.principal], keys[key] = true, claim.principal
      out.accepted[#out.accepted + 1] = { principal = claim.principal, key = key, at_ms = claim.at_ms }
    end
  end
  out.missing = math.max(0, quorum - #out.accepted)
  return out
end

--- Who counts, for people.
---@param judgement almanac.Judgement
---@return string
function M.people(judgement)
  local names = {}
  for i, one in ipairs(judgement.accepted) do names[i] = one.principal end
  return table.concat(names, ", ")
end

--- Why others do not, a line each.
---@param judgement almanac.Judgement
---@param what string  "approval", "signature"
---@return string[]
function M.reasons(judgement, what)
  local out = {}
  for i, one in ipairs(judgement.refused) do
    out[i] = string.format("the %s of %s does not count: %s", what, tostring(one.claim.principal or one.claim.by or "nobody"), one.why)
  end
  return out
end

return M
