--- The effects of the standard library: the module that defines each, and the category of `allow` that it asks
--- for. One line for each effect; its module may not be loaded yet, since a script's walk calls nothing in its
--- steps, and an `allow` table is judged before anything runs.
local effects = {
  ["compose.down"] = { "almanac.host.compose", allow = "compose" },
  ["compose.pull"] = { "almanac.host.compose", allow = "compose" },
  ["compose.restart"] = { "almanac.host.compose", allow = "compose" },
  ["compose.up"] = { "almanac.host.compose", allow = "compose" },
  ["fs.mkdir"] = { "almanac.host.fs", allow = "fs" },
  ["fs.remove"] = { "almanac.host.fs", allow = "fs" },
  ["fs.write"] = { "almanac.host.fs", allow = "fs" },
  ["git.checkout"] = { "almanac.host.git", allow = "git" },
  ["git.commit"] = { "almanac.host.git_commit", allow = "git" },
  ["git.push"] = { "almanac.host.git", allow = "git" },
  ["git.revert"] = { "almanac.host.git_commit", allow = "git" },
  ["git.tag"] = { "almanac.host.git", allow = "git" },
  ["git.untag"] = { "almanac.host.git", allow = "git" },
  ["github.close"] = { "almanac.http.github.issues", allow = "github" },
  ["github.comment"] = { "almanac.http.github.issues", allow = "github" },
  ["github.issue"] = { "almanac.http.github.issues", allow = "github" },
  ["github.uncomment"] = { "almanac.http.github.issues", allow = "github" },
  ["grafana.annotate"] = { "almanac.http.grafana", allow = "grafana" },
  ["grafana.remove"] = { "almanac.http.grafana", allow = "grafana" },
  ["helm.repair"] = { "almanac.helm.repair", allow = "helm" },
  ["helm.rollback"] = { "almanac.helm.rollback", allow = "helm" },
  ["helm.uninstall"] = { "almanac.helm.rollback", allow = "helm" },
  ["helm.upgrade"] = { "almanac.helm.upgrade", allow = "helm" },
  ["http.request"] = { "almanac.http.client", allow = "http" },
  ["k8s.apply"] = { "almanac.k8s.apply", allow = "k8s" },
  ["k8s.cordon"] = { "almanac.k8s.cordon", allow = "k8s" },
  ["k8s.create"] = { "almanac.k8s.apply", allow = "k8s" },
  ["k8s.delete"] = { "almanac.k8s.delete", allow = "k8s" },
  ["k8s.evict"] = { "almanac.k8s.evict", allow = "k8s" },
  ["k8s.exec"] = { "almanac.k8s.exec", allow = "k8s" },
  ["k8s.patch"] = { "almanac.k8s.patch", allow = "k8s" },
  ["k8s.restart"] = { "almanac.k8s.patch", allow = "k8s" },
  ["k8s.scale"] = { "almanac.k8s.patch", allow = "k8s" },
  ["k8s.scale_part"] = { "almanac.k8s.patch", allow = "k8s" },
  ["k8s.uncordon"] = { "almanac.k8s.cordon", allow = "k8s" },
  ["k8s.undo"] = { "almanac.k8s.undo", allow = "k8s" },
  ["k8s.wipe_claims"] = { "almanac.k8s.claims", allow = "k8s" },
  ["notify.send"] = { "almanac.http.notify", allow = "notify" },
  ["runbook.call"] = { "almanac.run.call", allow = "runbook" },
  ["sh.run"] = { "almanac.host.sh", allow = "shell" },
}

local names ---@type table<string, boolean>  that a script sees

local catalogue = {}

--- The modules that say what patterns of a category mean; one that a single effect brings may say it in the effect.
local words = {
  compose = "almanac.host.allow_words", env = "almanac.host.allow_words", fs = "almanac.host.allow_words",
  git = "almanac.host.allow_words", images = "almanac.host.allow_words", shell = "almanac.host.allow_words",
  github = "almanac.http.allow_words", grafana = "almanac.http.allow_words", headers = "almanac.http.allow_words",
  http = "almanac.http.allow_words", notify = "almanac.http.allow_words", registry = "almanac.http.allow_words",
  helm = "almanac.helm.allow_words", k8s = "almanac.k8s.allow_words",
}

--- What `allow` of a runbook is asked for: by effects, by what only looks, and by what goes with others.
catalogue.categories = {}
for category in pairs(words) do catalogue.categories[category] = true end
for _, entry in pairs(effects) do catalogue.categories[entry.allow] = true end

--- What patterns of a category mean.
---@param category string
---@return almanac.AllowWords?
function catalogue.words(category)
  return words[category] and require(words[category])[category]
end

--- An effect of the standard library that asks for a category.
---@param category string
---@return string? name  "helm.upgrade"
function catalogue.asking(category)
  for name, entry in pairs(effects) do
    if entry.allow == category then return name end
  end
end

--- What the calls of a module ask `allow` for: its effects, or what only looks, by the module's own name.
---@param module string  "sh"
---@return string? category  "shell"
function catalogue.category_of(module)
  for name, entry in pairs(effects) do
    if name:match "^[^.]*" == module then return entry.allow end
  end
  return catalogue.categories[module] and module or nil
end

--- Loads the module that defines an effect of the standard library; nothing where there is none.
---@param name string "helm.upgrade"
function catalogue.load(name)
  if effects[name] then require(effects[name][1]) end
end

--- Whether effects of that module are the standard library's to define.
---@param module string "helm"
---@return boolean
function catalogue.is_reserved(module)
  names = names or require("almanac.script.sandbox").names() -- asked by every effect that a script performs
  return names[module] ~= nil
end

--- What an effect of the standard library asks `allow` for.
---@param name string "helm.upgrade"
---@return string? category
function catalogue.category(name)
  return effects[name] and effects[name].allow
end

--- The names of the effects, for those who look at all of them.
---@return string[]
function catalogue.names()
  return require("almanac.base.param").sorted_names(effects)
end

return catalogue
