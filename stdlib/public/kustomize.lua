--- kustomize: overlays, built and applied.
local impl = require "almanac.k8s.kustomize"

local M = {}

--- Renders an overlay and applies its objects server-side. An effect, that of k8s.apply, with the rendered objects as
--- its input: an overlay that is edited after a plan is another input.
---
--- Raises: `kustomize` (it does not build), `refused` (it renders to nothing), `conflict`, `api`.
---
--- ```lua
--- kustomize.apply("ops/overlays/devnet", { namespace = "animica-devnet" })
--- ```
---@param dir string  that holds a kustomization.yaml
---@param options? k8s.apply.options
---@return { kind: string, name: string, namespace: string?, uid: string, generation: integer?, changed: boolean }[]
M.apply = impl.apply

--- What an overlay renders to: YAML documents. A read.
---
--- Raises: `kustomize`, `refused`, `not_found` where there is neither kustomize nor kubectl.
---
--- ```lua
--- local manifest = kustomize.build "ops/overlays/devnet"
--- ```
---@param dir string  that holds a kustomization.yaml
---@return string manifest
M.build = impl.build

return M
