--- The values of the Secrets that a release's manifests hold: who reads the record reads these, too, so that they are hidden
--- from then on as if the objects had been read, in values and notes as well.
local errors = require "almanac.base.errors"
local secret_values = require "almanac.k8s.secret_values"
local yaml = require "native.yaml"

local M = {}

--- A document of a manifest; helm writes each behind a line of its own. What cannot be read nobody could apply.
local function hide_document(text)
  if not text:find "kind:%s*[\"']?Secret" and not text:find "\"kind\"%s*:%s*\"Secret" then return end
  local ok, objects = errors.try(yaml.decode_all, text, { dialect = "kubernetes" })
  for _, object in ipairs(ok and objects or {}) do secret_values.hide(object) end
end

local function hide_manifest(text)
  if type(text) ~= "string" or not text:find("Secret", 1, true) then return end
  text = "\n" .. text .. "\n---"
  local from = 1
  for to, after in text:gmatch "()\n%-%-%-()" do
    hide_document(text:sub(from, to))
    from = after
  end
end

--- Hides the values of the Secrets in a release.
---@param release table  as helm's JSON has it
function M.hide(release)
  hide_manifest(release.manifest)
  for _, hook in ipairs(type(release.hooks) == "table" and release.hooks or {}) do
    if type(hook) == "table" then hide_manifest(hook.manifest) end
  end
end

return M
