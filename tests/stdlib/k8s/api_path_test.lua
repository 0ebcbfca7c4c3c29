-- Paths of a cluster's API: made of names that Kubernetes takes, and read back.
local api_path = require "almanac.k8s.api_path"
local t = require "tests.harness"

t.test("a path of each kind, and what it is about", function()
  for path, place in pairs {
    ["/api/v1/namespaces/a/pods/b-1.c"] = { group = "", version = "v1", namespace = "a", resource = "pods", name = "b-1.c" },
    ["/api/v1/namespaces/a/pods/b/log"] = {
      group = "", version = "v1", namespace = "a", resource = "pods", name = "b", subresource = "log",
    },
    ["/api/v1/namespaces/a"] = { group = "", version = "v1", resource = "namespaces", name = "a" },
    ["/api/v1/namespaces/a/finalize"] = { group = "", version = "v1", resource = "namespaces", name = "a", subresource = "finalize" },
    ["/api/v1/nodes"] = { group = "", version = "v1", resource = "nodes" },
    ["/apis/apps/v1/deployments"] = { group = "apps", version = "v1", resource = "deployments" },
    ["/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode"] = {
      group = "rbac.authorization.k8s.io", version = "v1", resource = "clusterroles", name = "system:node",
    },
  } do
    t.eq(api_path.of(place), path)
    t.eq(api_path.parse(path), place)
  end
  for _, path in ipairs { "/version", "/api", "/apis/apps", "/api/v1", "/openapi/v3" } do t.eq(api_path.parse(path), nil, path) end
end)

t.test("names that Kubernetes would not take are refused, those of roles and of others' kinds by what a path can hold", function()
  for _, name in ipairs {
    "", ".", "..", "../x", "a/b", "a?b", "a#b", "%2e%2e", "a b", "a\nb", "A", "-a", "a-", ("a"):rep(254), "a..b", 5, false,
  } do
    t.raises("usage", api_path.check_name, "", name)
    t.raises("usage", api_path.check_name, "apps", name)
    t.raises("usage", api_path.of, { group = "batch", version = "v1", resource = "jobs", name = name })
    t.raises("usage", api_path.check_namespace, name)
  end
  t.raises("usage", api_path.check_namespace, "a.b")
  t.raises("usage", api_path.check_namespace, ("a"):rep(64))
  for _, name in ipairs { "system:node", "Admin", "user@example.org", "a..b" } do
    t.eq(api_path.check_name("rbac.authorization.k8s.io", name), name)
    t.eq(api_path.check_name("image.openshift.io", name), name)
  end
  for _, name in ipairs { "", ".", "..", "a/b", "a%2fb", "a?b", "a#b", "a\\b", "a\nb" } do
    t.raises("usage", api_path.check_name, "rbac.authorization.k8s.io", name)
  end
  t.raises("usage", api_path.of, { group = "../x", version = "v1", resource = "pods" })
  t.raises("usage", api_path.of, { group = "", version = "v1/../../x", resource = "pods" })
  t.raises("usage", api_path.of, { group = "", version = "v1", resource = "pods/../nodes" })
end)
