--- The types of the Kubernetes 1.36 API that the simulated cluster serves, as data; schema.lua reads it.
---
--- TypeName|field:type …; a line that begins with a space goes on. "!" after a field: required; "@" after
--- a type or map: atomic, owned and replaced as a whole. Types: s string, i integer, n number, b
--- boolean, q quantity, x integer or string, t time, y base64 bytes, * anything, {T} map of T, [T]
--- atomic list, [T/] set, [T/a,b] list keyed by a and b, else another type's name.
--- Field names and types are those of https://kubernetes.io/docs/reference/kubernetes-api/
local types = {}

types.text = table.concat {
  require "almanac.sim.model.types.core",
  require "almanac.sim.model.types.pods",
  require "almanac.sim.model.types.volumes",
  require "almanac.sim.model.types.workloads",
  require "almanac.sim.model.types.network",
  require "almanac.sim.model.types.nodes",
  require "almanac.sim.model.types.access",
}

return types
