-- Who keeps an object: told by labels, annotations and field managers.
local keepers = require "almanac.k8s.keeper"
local t = require "tests.harness"

local function object(meta)
  meta.name, meta.namespace = "web", "team"
  return { apiVersion = "apps/v1", kind = "Deployment", metadata = meta }
end

local function words(meta, release)
  local keeper = keepers.of(object(meta), release)
  return keeper and keeper.words
end

t.test("Argo CD: by its tracking id, its label, or the fields that it wrote", function()
  t.eq(words { annotations = { ["argocd.argoproj.io/tracking-id"] = "shop:apps/Deployment:team/web" } }, "Argo CD application shop")
  t.eq(words { labels = { ["argocd.argoproj.io/instance"] = "shop" } }, "Argo CD application shop")
  t.eq(words { labels = { ["app.kubernetes.io/instance"] = "shop" }, managedFields = { { manager = "argocd-controller" } } },
    "Argo CD application shop")
  t.eq(words { managedFields = { { manager = "argocd-controller" } } }, "Argo CD")
end)

t.test("a chart's instance label is no keeper, nor a tracking id that was copied from another object", function()
  t.eq(words { labels = { ["app.kubernetes.io/instance"] = "shop" }, managedFields = { { manager = "kubectl" } } }, nil)
  t.eq(words { annotations = { ["argocd.argoproj.io/tracking-id"] = "shop:apps/Deployment:team/other" } }, nil)
  t.eq(words { annotations = { ["argocd.argoproj.io/tracking-id"] = "shop:/Service:team/web" } }, nil)
  t.eq(words { annotations = { ["argocd.argoproj.io/tracking-id"] = "nonsense" } }, nil)
  t.eq(words {}, nil)
end)

t.test("Flux: a kustomization, a release, or its controllers", function()
  t.eq(words { labels = { ["kustomize.toolkit.fluxcd.io/name"] = "apps", ["kustomize.toolkit.fluxcd.io/namespace"] = "flux-system" } },
    "Flux kustomization flux-system/apps")
  t.eq(words { labels = { ["helm.toolkit.fluxcd.io/name"] = "shop" },
    annotations = { ["meta.helm.sh/release-name"] = "shop", ["meta.helm.sh/release-namespace"] = "team" } }, "Flux release shop")
  t.eq(words { managedFields = { { manager = "kustomize-controller" } } }, "Flux kustomization")
end)

t.test("helm: another release than the one that changes it", function()
  local annotations = { ["meta.helm.sh/release-name"] = "shop", ["meta.helm.sh/release-namespace"] = "team" }
  t.eq(words { annotations = annotations }, "helm release shop in team")
  t.eq(words({ annotations = annotations }, { name = "shop", namespace = "team" }), nil)
  t.eq(words({ annotations = annotations }, { name = "shop", namespace = "else" }), "helm release shop in team")
end)
