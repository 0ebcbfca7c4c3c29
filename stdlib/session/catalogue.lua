--- The effects of the standard library, and the module that defines each. A script's walk calls nothing in
--- its steps, so that the module of an effect in the journal may not be loaded yet.
local modules = {
  ["compose.down"] = "almanac.host.compose",
  ["compose.pull"] = "almanac.host.compose",
  ["compose.restart"] = "almanac.host.compose",
  ["compose.up"] = "almanac.host.compose",
  ["fs.mkdir"] = "almanac.host.fs",
  ["fs.remove"] = "almanac.host.fs",
  ["fs.write"] = "almanac.host.fs",
  ["git.checkout"] = "almanac.host.git",
  ["git.commit"] = "almanac.host.git",
  ["git.push"] = "almanac.host.git",
  ["git.tag"] = "almanac.host.git",
  ["git.untag"] = "almanac.host.git",
  ["github.close"] = "almanac.http.github.issues",
  ["github.comment"] = "almanac.http.github.issues",
  ["github.issue"] = "almanac.http.github.issues",
  ["github.uncomment"] = "almanac.http.github.issues",
  ["grafana.annotate"] = "almanac.http.grafana",
  ["grafana.remove"] = "almanac.http.grafana",
  ["helm.repair"] = "almanac.helm.repair",
  ["helm.rollback"] = "almanac.helm.rollback",
  ["helm.uninstall"] = "almanac.helm.rollback",
  ["helm.upgrade"] = "almanac.helm.upgrade",
  ["http.request"] = "almanac.http.client",
  ["k8s.apply"] = "almanac.k8s.apply",
  ["k8s.cordon"] = "almanac.k8s.cordon",
  ["k8s.create"] = "almanac.k8s.apply",
  ["k8s.delete"] = "almanac.k8s.delete",
  ["k8s.evict"] = "almanac.k8s.evict",
  ["k8s.exec"] = "almanac.k8s.exec",
  ["k8s.patch"] = "almanac.k8s.patch",
  ["k8s.restart"] = "almanac.k8s.patch",
  ["k8s.scale"] = "almanac.k8s.patch",
  ["k8s.scale_part"] = "almanac.k8s.patch",
  ["k8s.uncordon"] = "almanac.k8s.cordon",
  ["k8s.undo"] = "almanac.k8s.undo",
  ["k8s.wipe_claims"] = "almanac.k8s.claims",
  ["notify.send"] = "almanac.http.notify",
  ["sh.run"] = "almanac.host.sh",
}

local catalogue = {}

--- What these effects ask `allow` of a runbook for.
catalogue.categories = {
  compose = true, fs = true, git = true, github = true, grafana = true, helm = true, http = true, k8s = true,
  notify = true, shell = true,
}

--- Loads the module that defines an effect of the standard library; nothing where there is none.
---@param name string "helm.upgrade"
function catalogue.load(name)
  if modules[name] then require(modules[name]) end
end

--- Whether effects of that module are the standard library's to define.
---@param module string "helm"
---@return boolean
function catalogue.is_reserved(module)
  return require("almanac.script.sandbox").names()[module] ~= nil
end

--- The names of the effects, for those who look at all of them.
---@return string[]
function catalogue.names()
  return require("almanac.base.param").sorted_names(modules)
end

return catalogue
