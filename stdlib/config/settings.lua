--- Settings: what almanac.yaml, its environment (-e NAME) and the command line say, in one place.
--- Filled once before a run; every module reads it when it is used, never when it is loaded.
local M = {
  store = ".almanac",   ---@type string directory of the journal
  kubeconfig = nil,     ---@type string? path; nil: KUBECONFIG or ~/.kube/config
  context = nil,        ---@type string? kube context
  namespaces = {},      ---@type table<string, string> of what names none, in a run that goes on, by the context that is asked for
  helm = nil,           ---@type string? the helm binary; nil: helm on PATH
  kustomize = nil,      ---@type string? kustomize, or a kubectl; nil: what is on PATH
  channels = {},        ---@type table<string, table> where notify tells people, by name
  endpoints = {},       ---@type table<string, string|table> prometheus, loki, github, …: base URLs, or { url, token } and its like
  params = {},          ---@type table<string, table> defaults of parameters by runbook name
  param_places = {},    ---@type table<string, table<string, almanac.Place>> where each of them is written
  hooks = {},           ---@type table<string, string[]> channels that are told of a run: on_start, on_wait, …
  vars = {},            ---@type table<string, table<string, any>> what runbooks share, by section: vars.read
  var_places = {},      ---@type table<string, table<string, almanac.Place>> where each of them is written
  pass_env = {},        ---@type string[] variables of Almanac's environment that its children get, too
  git_config = {},      ---@type string[] keys that a repository's own configuration may have, besides harmless ones
  windows = {},         ---@type almanac.Period[] when runs may begin; none: always
  freezes = {},         ---@type almanac.Period[] when they may not, whatever the windows say
  approval = {},        ---@type almanac.ApprovalPolicy who may approve, and for how long
  environment = nil,    ---@type string? name given with -e
  file = nil,           ---@type string? the almanac.yaml that was read
  rehearsal = nil,      ---@type almanac.RehearsalMark? nothing outside of it is changed: what is run is a rehearsal
}

return M
