--- k8s: a Kubernetes cluster. Reads are free inside a step, writes are effects. Objects are named as
--- kubectl names them: "deployment/animica-node", "sts/x", "pods", "certificates.cert-manager.io/x".
local lazy = require "almanac.base.lazy"

local M = {}

-- A part is loaded with the first call of one of its verbs, for most runs need few of them.
M.info = lazy(function() return require("almanac.k8s.read").info end)
M.get = lazy(function() return require("almanac.k8s.read").get end)
M.find = lazy(function() return require("almanac.k8s.read").find end)
M.list = lazy(function() return require("almanac.k8s.read").list end)
M.pods = lazy(function() return require("almanac.k8s.read").pods end)
M.events = lazy(function() return require("almanac.k8s.events").events end)
M.images = lazy(function() return require("almanac.k8s.images").images end)
M.apply = lazy(function() return require("almanac.k8s.apply").apply end)
M.create = lazy(function() return require("almanac.k8s.apply").create end)
M.diff = lazy(function() return require("almanac.k8s.apply").diff end)
M.patch = lazy(function() return require("almanac.k8s.patch").patch end)
M.scale = lazy(function() return require("almanac.k8s.patch").scale end)
M.restart = lazy(function() return require("almanac.k8s.patch").restart end)
M.delete = lazy(function() return require("almanac.k8s.delete").delete end)
M.evict = lazy(function() return require("almanac.k8s.evict").evict end)
M.cordon = lazy(function() return require("almanac.k8s.cordon").cordon end)
M.uncordon = lazy(function() return require("almanac.k8s.cordon").uncordon end)
M.drain = lazy(function() return require("almanac.k8s.drain").drain end)
M.wipe_claims = lazy(function() return require("almanac.k8s.claims").wipe_claims end)
M.undo = lazy(function() return require("almanac.k8s.undo").undo end)
M.history = lazy(function() return require("almanac.k8s.undo").history end)
M.wait = lazy(function() return require("almanac.k8s.wait").wait end)
M.has_condition = lazy(function() return require("almanac.k8s.wait").has_condition end)
M.watch = lazy(function() return require("almanac.k8s.watch").watch end)
M.exec = lazy(function() return require("almanac.k8s.exec").exec end)
M.exec_read = lazy(function() return require("almanac.k8s.exec").exec_read end)
M.logs = lazy(function() return require("almanac.k8s.logs").logs end)
M.follow_logs = lazy(function() return require("almanac.k8s.logs").follow end)
M.top = lazy(function() return require("almanac.k8s.top").top end)
M.quantity = lazy(function() return require("almanac.base.quantity").parse end)
M.rollout = lazy(function() return require("almanac.k8s.rollout.rollout").rollout end)

return M
