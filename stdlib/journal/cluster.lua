--- The clusters that a run, or a plan, is bound to: what is kept of each one that was looked at, and whether another is the
--- same. A cluster is known by the uid of its namespace kube-system, which is made once and never again; where that may not
--- be read, by its server.
local errors = require "almanac.base.errors"
local redaction = require "almanac.base.redaction"
local shell_word = require "almanac.base.shell_word"
local store = require "almanac.journal.store"

local M = {}

---@class almanac.Cluster
---@field asked? string       the context that a script asked for by name; nil: the run's own
---@field kubeconfig? string  a file, or files with colons between
---@field context? string
---@field server string
---@field uid? string         nil: it is not known
---@field namespace? string   of what names none; nil: an older almanac kept none
---@field looked? boolean     something was asked of it; nil: it was only named, with a question of the run
---@field why? string         why the run goes on there, which was on another one
---@field by? string          who said so

--- A cluster as it is kept, and compared with what is kept.
---@param cluster almanac.Cluster
---@return almanac.Cluster
function M.kept(cluster)
  local out = {}
  for name, value in pairs(cluster) do out[name] = type(value) == "string" and redaction.text(value) or value end
  return out
end

--- A cluster in words.
---@param cluster almanac.Cluster
---@return string
function M.text(cluster)
  local context = cluster.context ~= "" and cluster.context or "none"
  return string.format("%s (context %s%s%s)", cluster.server, context, cluster.uid and ", cluster " .. cluster.uid:sub(1, 8) or "",
    cluster.namespace and ", namespace " .. cluster.namespace or "")
end

--- Whether two are one cluster.
---@param one almanac.Cluster
---@param other almanac.Cluster
---@return boolean
function M.is_same(one, other)
  if one.uid and other.uid then return one.uid == other.uid end
  return one.server == other.server
end

--- The cluster that a run is bound to by a context. One that takes another back goes by that; one that another made, by that
--- one's.
---@param run almanac.Run
---@param asked? string  the context that is asked for by name
---@return almanac.Cluster?
function M.of(run, asked)
  local outer = run.takes_back and M.of(run.takes_back, asked) or run.caller and M.of(run.caller, asked)
  return outer or run.replay.clusters[asked or ""]
end

--- Clusters in order: a run's own one has the empty name.
---@param clusters table<string, almanac.Cluster>
---@return almanac.Cluster[]
function M.sorted(clusters)
  local names, out = {}, {}
  for asked in pairs(clusters) do names[#names + 1] = asked end
  table.sort(names)
  for i, asked in ipairs(names) do out[i] = clusters[asked] end
  return out
end

local function add_bound(run, found)
  for asked in pairs(run.replay.clusters) do found[asked] = true end
  for _, outer in ipairs { run.takes_back or false, run.caller or false } do
    if outer then add_bound(outer, found) end
  end
  return found
end

--- All that a run is bound to, in words, for what is signed and shown.
---@param run almanac.Run
---@return string  "none" where it is bound to none
function M.all(run)
  local found, texts = add_bound(run, {}), {}
  for asked in pairs(found) do found[asked] = M.of(run, asked ~= "" and asked or nil) end
  for i, one in ipairs(M.sorted(found)) do texts[i] = M.text(one) end
  return texts[1] and table.concat(texts, "; ") or "none"
end

--- Options with which a command goes to a cluster rather than to another.
local function options_of(known, now)
  local out = ""
  if known.context and known.context ~= now.context then out = " --context " .. shell_word.plain(known.context) end
  if known.kubeconfig and known.kubeconfig ~= now.kubeconfig then
    out = out .. " --kubeconfig " .. shell_word.plain(known.kubeconfig)
  end
  return out
end

--- The command with which a run goes on.
local function command_of(run)
  local meta = run.meta
  if meta.undoes then return "rollback", meta.undoes end
  return "resume", meta.caller and meta.caller.root or run.id
end

--- Refuses to go on on another cluster.
---@param run { id: string, meta: table }
---@param known almanac.Cluster
---@param now almanac.Cluster
---@param verb? "resume"|"rollback"  how it is gone on with; nil: the run itself finds out
function M.refuse(run, known, now, verb)
  local goes_by, id = command_of(run)
  local command = string.format("almanac %s %s", verb or goes_by, store.words(verb and run.id or id))
  local options = not known.asked and options_of(known, now) or ""
  local place = string.format("the context %s%s", known.context or "none", known.kubeconfig and " of " .. known.kubeconfig or "")
  errors.raise {
    kind = "refused", in_doubt = false,
    message = string.format("this run is on the cluster %s; it would be %s now", M.text(known), M.text(now)),
    hint = {
      options ~= "" and "go on where it was: " .. command .. options
        or place .. " leads elsewhere by now: mend that" .. (known.asked and "" or
          string.format(", or name one that leads there: %s --context NAME --kubeconfig FILE", command)),
      string.format("where the cluster itself was moved, or restored: %s --other-cluster REASON", command),
    },
  }
end

local DETAILS = { "kubeconfig", "context", "server", "uid", "namespace", "looked" }

local function is_more(known, now)
  for _, name in ipairs(DETAILS) do
    if now[name] ~= nil and now[name] ~= known[name] then return true end
  end
  return false
end

--- Binds a run to a cluster, or refuses one that is not the one it is bound to. What is not known of it yet is kept.
---@param run almanac.Run
---@param now almanac.Cluster  as M.kept gives it
function M.hold(run, now)
  local known, own = M.of(run, now.asked), run.replay.clusters[now.asked or ""]
  if known and not M.is_same(known, now) then M.refuse(run, known, now) end
  if own and not is_more(own, now) then return end
  now.uid = now.uid or known and known.uid
  run:record("cluster", "", now)
end

return M
