--- cordon and uncordon: whether new pods may be put on a node. Each takes the other back.
local arguments = require "almanac.k8s.arguments"
local effect = require "almanac.run.effect"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local json = require "native.json"
local objects = require "almanac.k8s.objects"
local previews = require "almanac.k8s.preview"
local scope = require "almanac.k8s.scope"
local write = require "almanac.k8s.write"

local M = {}

local OPTIONS = { context = arguments.where.context }

--- The name of a node, given as "worker-1", "node/worker-1" or the object itself.
---@param who string
---@param node string|table
---@return string
function M.node_of(who, node)
  if type(node) == "string" and node:find "^[%w%-%.]+$" then return node end
  local kind, name = objects.parse_ref(who, node)
  local word = kind:lower()
  if name and (word == "node" or word == "nodes" or word == "no") then return name end
  errors.usage('%s: its first argument names a node: "worker-1", not %s', who, name and kind .. "/" .. name or kind)
end

local function target_of(who, input)
  return objects.one(who, "node/" .. input.node, { context = input.context })
end

--- What a runbook's `allow` is asked for: a node is in no namespace.
M.allow = { category = "k8s", of = function(input) return { scope.of_target(target_of("k8s", input)) } end }

local function is_cordoned(node)
  return node.spec ~= nil and node.spec.unschedulable == true
end

--- The effect that brings a node there; `other` takes it back.
---@param who string     "k8s.cordon"
---@param other string
---@param cordoned boolean
local function define(who, other, cordoned)
  local options = fields.declare(who, OPTIONS, { at = 2 })

  local function patch(input, dry)
    local target = target_of(who, input)
    return write.send(who, target, {
      method = "PATCH", path = objects.path(target), content_type = write.patch_types.merge,
      body = { spec = { unschedulable = cordoned or json.null } },
    }, dry)
  end

  effect.define(who, {
    input = function(raw) return { node = M.node_of(who, raw.node), context = fields.check(options, raw.opts).context } end,
    observe = function(input)
      local node = objects.get(who, target_of(who, input))
      return { uid = node.metadata.uid, cordoned = is_cordoned(node) }
    end,
    preview_observes = true,
    preview = function(input)
      local target = target_of(who, input)
      local live = objects.get(who, target)
      local change = previews.try(target.label, live, function() return patch(input, true) end)
      local ground = { ref = target.label .. ": cordoned", of = target.label, object = is_cordoned(live) }
      return previews.of({ change }, { ground }, { node = input.node, cordoned = cordoned, before = is_cordoned(live) })
    end,
    apply = function(input, ctx)
      patch(input)
      return { node = input.node, cordoned = cordoned, before = ctx.undo_to.cordoned }
    end,
    recover = function() return "again" end, -- it is the same then
    undo = function(input, result, ctx)
      local before = ctx.undo_to and ctx.undo_to.cordoned
      if before == nil and result then before = result.before end
      if before == cordoned then return end -- one that was so before stays so
      effect.perform(other, { node = input.node, opts = { context = input.context } })
    end,
    title = function(input) return who:match "%.(.*)$" .. " node/" .. input.node end,
    allow = M.allow,
  })
  return function(node, opts) return effect.perform(who, { node = node, opts = opts }) end
end

local cordon = define("k8s.cordon", "k8s.uncordon", true)
local uncordon = define("k8s.uncordon", "k8s.cordon", false)

--- Keeps new pods off a node; those that are there stay. An effect; its undo is uncordon, unless the node was
--- cordoned before.
---
---     k8s.cordon "worker-1"
function M.cordon(node, opts) return cordon(node, opts) end

--- Lets new pods onto a node again. An effect; its undo is cordon, where the node was cordoned.
function M.uncordon(node, opts) return uncordon(node, opts) end

return M
