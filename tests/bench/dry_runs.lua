-- A server-side dry run of each object of objects.yaml, one after the other over one connection. Prints the
-- microseconds, and how many requests a plan has under way.
local client = require "almanac.k8s.client"
local objects = require "almanac.k8s.objects"
local pool = require "almanac.base.pool"
local task = require "native.task"
local yaml = require "native.yaml"

local list = yaml.decode_all(require("native.fs").read "objects.yaml", {})
local targets = {}
for i, object in ipairs(list) do
  local ref = { kind = object.kind, apiVersion = object.apiVersion, name = object.metadata.name, namespace = "default" }
  targets[i] = objects.one("bench", ref, {})
end
local before = task.now()
for i, object in ipairs(list) do
  client.request(targets[i].client, {
    who = "bench", object = targets[i].label, method = "PATCH", path = objects.path(targets[i]), body = object,
    content_type = "application/apply-patch+yaml",
    query = { dryRun = "All", fieldManager = "almanac", force = true, fieldValidation = "Strict" },
  })
end
print(string.format("%.0f %d %d", (task.now() - before) * 1e6, pool.REQUESTS, #list))
