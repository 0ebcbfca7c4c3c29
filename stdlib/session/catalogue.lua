--- The effects of the standard library, and the module that defines each. One line for each effect; its module may not
--- be loaded yet, since a script's walk calls nothing in its steps, and an `allow` table is judged before anything runs.
local effects = {
  ["compose.down"] = "almanac.host.compose",
  ["compose.pull"] = "almanac.host.compose",
  ["compose.restart"] = "almanac.host.compose",
  ["compose.run"] = "almanac.host.compose",
  ["compose.up"] = "almanac.host.compose",
  ["fs.link"] = "almanac.host.fs",
  ["fs.mkdir"] = "almanac.host.fs",
  ["fs.remove"] = "almanac.host.fs",
  ["fs.write"] = "almanac.host.fs",
  ["git.checkout"] = "almanac.host.git",
  ["git.commit"] = "almanac.host.git_commit",
  ["git.push"] = "almanac.host.git",
  ["git.revert"] = "almanac.host.git_commit",
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
  ["runbook.call"] = "almanac.run.call",
  ["sh.run"] = "almanac.host.sh",
}

--- The modules whose effects ask `allow` for another category than their own name.
local ASK_FOR = { sh = "shell" }

--- The modules that define the categories of `allow`. One that a single effect brings may be said in the effect.
local CATEGORIES = {
  "almanac.host.allow_categories", "almanac.http.allow_categories", "almanac.helm.allow_categories", "almanac.k8s.allow_categories",
}

local names ---@type table<string, boolean>  that a script sees
local categories ---@type table<string, almanac.AllowCategory|true>

local catalogue = {}

local function module_of(name) return name:match "^[^.]*" end

--- What `allow` of a runbook is asked for: by effects, by what only looks, and by what goes with others.
---@return table<string, almanac.AllowCategory|true>  true: an effect says what it means
function catalogue.categories()
  if categories then return categories end
  categories = {}
  for name in pairs(effects) do categories[ASK_FOR[module_of(name)] or module_of(name)] = true end
  for _, module in ipairs(CATEGORIES) do
    for category, defined in pairs(require(module)) do categories[category] = defined end
  end
  return categories
end

--- What the calls of a module ask `allow` for: its effects, or what only looks.
---@param module string  "sh"
---@return string? category  "shell"
function catalogue.category_of(module)
  local category = ASK_FOR[module] or module
  return catalogue.categories()[category] and category or nil
end

--- The effects that ask for a category.
---@param category string
---@return string[] names
function catalogue.asking(category)
  local out = {}
  for name in pairs(effects) do
    if catalogue.category_of(module_of(name)) == category then out[#out + 1] = name end
  end
  table.sort(out)
  return out
end

--- Whether there is such an effect.
---@param name string "helm.upgrade"
---@return boolean
function catalogue.knows(name) return effects[name] ~= nil end

--- Loads the module that defines an effect of the standard library; nothing where there is none.
---@param name string "helm.upgrade"
function catalogue.load(name)
  if effects[name] then require(effects[name]) end
end

--- Whether effects of that module are the standard library's to define.
---@param module string "helm"
---@return boolean
function catalogue.is_reserved(module)
  names = names or require("almanac.script.sandbox").names() -- asked by every effect that a script performs
  return names[module] ~= nil
end

--- The names of the effects, for those who look at all of them.
---@return string[]
function catalogue.names()
  return require("almanac.base.param").sorted_names(effects)
end

return catalogue
