--- Which revisions of a release are known to have worked: helm calls every revision that was applied to its
--- end and then replaced "superseded", whether it ran well or not. The journal knows better: a run that
--- ended well has seen the revision it made work, one that did not has not.
---
--- A revision and the effect that made it are brought together by the moment helm wrote it, to the
--- nanosecond: the same release in another cluster, or installed anew, is not taken for it.
local events = require "almanac.journal.event"
local fs = require "native.fs"
local history = require "almanac.helm.history"
local parse = require "almanac.helm.parse"
local settings = require "almanac.config.settings"
local states = require "almanac.journal.state"
local store = require "almanac.journal.store"

local M = {}

local RUNS_READ = 500 -- newest runs of the journal that are looked at
local ops = { ["helm.upgrade"] = true, ["helm.rollback"] = true }
local ended_badly = { failed = true, undone = true, interrupted = true, abandoned = true }

---@class almanac.HelmProof
---@field run string       id
---@field good boolean     the run ended well, and this was the last revision it made
---@field status string    of the run

--- What one run made of releases: the moment and the operation of each revision, in their order. Pure.
---@param outcomes table[] payloads of effect.outcome
---@return { op: string, updated: string }[]
function M.made(outcomes)
  local out = {}
  for _, data in ipairs(outcomes) do
    local result = data.ok and ops[data.op] and data.result
    if type(result) == "table" and type(result.updated) == "string" then
      out[#out + 1] = { op = data.op, updated = result.updated }
    end
  end
  return out
end

--- Adds what a run proves to what newer runs have. Pure.
---@param proofs table<string, almanac.HelmProof> by `updated` of the revision
---@param run { id: string, status: string }
---@param made { op: string, updated: string }[] of one release
function M.add(proofs, run, made)
  for i, one in ipairs(made) do
    if run.status == "done" then
      if i == #made then proofs[one.updated] = { run = run.id, good = true, status = run.status } end
    elseif ended_badly[run.status] and one.op == "helm.upgrade" then
      proofs[one.updated] = { run = run.id, good = false, status = run.status }
    end
  end
end

local function read(journal, own)
  local proofs = {}
  for i, row in ipairs(journal:runs()) do
    if i > RUNS_READ then break end
    local outcomes = {}
    if row.id ~= own then
      for one in events.each(journal, row.id, "effect.outcome", '"helm.') do
        if one.data.op:find "^helm%." then outcomes[#outcomes + 1] = one.data end
      end
    end
    local made = M.made(outcomes)
    if #made > 0 then M.add(proofs, { id = row.id, status = states.summary(journal, row.id).status }, made) end
  end
  return proofs
end

--- What the journal of this directory proves.
---@param run almanac.Run? the one that asks, which proves nothing yet
---@return table<string, almanac.HelmProof> proofs
function M.read(run)
  if run and run.journal then return read(run.journal, run.id) end
  if not fs.exists(settings.store .. "/journal.db") then return {} end
  local journal <close> = store.open "ro"
  return read(journal)
end

--- The proof of a revision; one that is a rollback is as good as what it went back to.
local function proof_of(list, index, proofs)
  local revision = list[index]
  local own = proofs[revision.updated or ""]
  if own then return own end
  local target = math.tointeger(tonumber(revision.description:match "^Rollback to (%d+)$"))
  for i = 1, target and index - 1 or 0 do
    if list[i].revision == target then return proof_of(list, i, proofs) end
  end
end

local function passed_over(list, chosen, proofs)
  local out = {}
  for i = #list - 1, 1, -1 do
    local revision = list[i]
    if revision.revision <= chosen then break end
    if parse.is_good(revision.status) then
      local proof = proof_of(list, i, proofs)
      out[#out + 1] = string.format("%d (%s)", revision.revision,
        proof and "run " .. proof.run .. " " .. proof.status or "of no run in this journal")
    end
  end
  return #out > 0 and "; passed over: " .. table.concat(out, ", ") or ""
end

--- The revision to go back to, and why it is that one. Pure.
---@param list almanac.HelmRevision[] oldest first
---@param proofs table<string, almanac.HelmProof>
---@return almanac.HelmRevision?
---@return { rule: "proven"|"not known bad"|"superseded", run: string?, why: string }?
function M.choose(list, proofs)
  local unknown, any
  for i = #list - 1, 1, -1 do
    local revision = list[i]
    if parse.is_good(revision.status) then
      local proof = proof_of(list, i, proofs)
      if proof and proof.good then
        return revision, { rule = "proven", run = proof.run, why = string.format(
          "revision %d: run %s ended well with it%s", revision.revision, proof.run,
          passed_over(list, revision.revision, proofs)) }
      end
      unknown = unknown or not proof and revision or nil
      any = any or revision
    end
  end
  if unknown then
    return unknown, { rule = "not known bad", why = string.format(
      "revision %d: the newest that helm applied to its end, and with which no run in this journal failed%s",
      unknown.revision, passed_over(list, unknown.revision, proofs)) }
  end
  if any then
    return any, { rule = "superseded", why = string.format("revision %d: the newest that helm applied to its end; " ..
      "the runs that made the revisions before all failed", any.revision) }
  end
end

--- The revision of a release to go back to, and why it is that one.
---@param target { release: string, namespace: string }
---@param run almanac.Run? the one that asks
---@param newest? integer  the newest that may be chosen; default: the one below the newest there is
---@return almanac.HelmRevision?
---@return { rule: "proven"|"not known bad"|"superseded", run: string?, why: string }?
function M.find(target, run, newest)
  local list = history.list(target)
  if newest then
    while #list > 0 and list[#list].revision > newest do list[#list] = nil end
    list[#list + 1] = { revision = newest + 1, status = "unknown", description = "" } -- what is gone back from
  end
  return M.choose(list, M.read(run))
end

return M
