--- almanac snapshot -o FILE
local config = require "almanac.config.file"
local errors = require "almanac.base.errors"
local options = require "almanac.cli.options"

local M = {}

local SHOWN = 8 -- lines of a list

M.usage = [[snapshot -o FILE [-n NAMESPACE] [options]

Writes down what a namespace holds, of every kind that its server has, with nothing secret in it: for almanac rehearse,
and almanac sim --objects. Only gets and lists are made. Values of Secrets are emptied, in the records of helm's releases, too;
keys and names are kept. What may not be read is said and left out.
The file is YAML, or JSON where its name ends in .json, and only yours to read.]]
M.options = options.join({
  { "--out", "FILE", "write it there", short = "-o" },
  { "--namespace", "NAME", "of this namespace (repeatable; default: the context's)", short = "-n", many = true },
}, options.common, { options.cluster[1], options.cluster[2] })

local function plural(n, what) return string.format("%d %s%s", n, what, n == 1 and "" or "s") end

--- What was taken, and what was not.
---@return string[] lines
local function describe(given, header, objects)
  local count = { release = {} }
  for _, object in ipairs(objects) do
    local labels = object.metadata.labels or {}
    if labels.owner == "helm" and labels.name then count.release[object.metadata.namespace .. "/" .. labels.name] = true end
  end
  local releases = 0
  for _ in pairs(count.release) do releases = releases + 1 end
  local out = { string.format("%s: %s of %s, %s; %s emptied", given.out, plural(#objects, "object"),
    table.concat(header.namespaces, ", "), plural(releases, "release"), plural(#header.emptied, "value")) }
  for i, entry in ipairs(header.unread) do
    if i > SHOWN then
      out[#out + 1] = string.format("  and %d more; the file names them", #header.unread - SHOWN)
      break
    end
    out[#out + 1] = string.format("! not read: %s%s: %s", entry.resource, entry.namespace and " in " .. entry.namespace or "", entry.why)
  end
  out[#out + 1] = "next: almanac rehearse RUNBOOK --snapshot " .. given.out
  return out
end

function M.run(words, operator)
  local given, rest = options.parse(M.usage, M.options, words, operator)
  if not given then return 0 end
  if rest[1] then errors.usage("almanac snapshot takes no %s; a namespace is named with -n", rest[1]) end
  if not given.out then
    errors.raise { kind = "usage", message = "-o FILE is missing, where it is written",
      hint = "for example: almanac snapshot -o " .. (given.namespace and given.namespace[1] or "snapshot") .. ".yaml" }
  end
  config.load(given)
  local header, objects = require("almanac.snapshot.take").take(given.namespace or {}, function(text) operator:say(text) end)
  require("native.fs").keep(given.out, require("almanac.snapshot.file").text(header, objects, given.out:find "%.json$" ~= nil))
  operator:say(describe(given, header, objects))
  return 0
end

return M
