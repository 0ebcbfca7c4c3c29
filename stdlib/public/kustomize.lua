--- kustomize: overlays, built and applied.
local impl = require "almanac.k8s.kustomize"

local M = {}

M.apply = impl.apply
M.build = impl.build

return M
