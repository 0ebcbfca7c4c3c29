--- The options that functions of k8s have in common: where objects are, and which of them.
local fields = require "almanac.base.fields"

local M = {}

M.where = {
  namespace = { "string", shown_default = "that of the context", help = "of the object" },
  context = { "string", shown_default = "that of the settings", help = "of the kubeconfig" },
}

M.one = fields.with(M.where, {
  managed_fields = { "flag", help = "with metadata.managedFields, which says who manages which field" },
})

M.some = fields.with(M.where, {
  all_namespaces = { "flag", help = "those of every namespace" },
  selector = { "selector", help = "by labels" },
})

M.many = fields.with(M.some, {
  fields = { "selector", help = "by fields, such as status.phase=Running" },
  limit = { "integer", unit = "objects", help = "asked for at once; all are given" },
  managed_fields = M.one.managed_fields,
})

return M
