--- Names of images as Docker writes them: [HOST[:PORT]/]NAME[:TAG][@DIGEST]. Pure.
--- https://pkg.go.dev/github.com/distribution/reference
local errors = require "almanac.base.errors"

local M = {}

---@class almanac.ImageReference
---@field host string        "ghcr.io"; docker.io where none is named
---@field repository string  "org/name"
---@field tag? string        "latest" where neither tag nor digest is named
---@field digest? string     "sha256:…"
---@field name string        host/repository

local function refuse(who, text, why)
  errors.raise {
    kind = "usage", message = string.format("%s: %q is no image: %s", who, tostring(text), why),
    hint = "write HOST/NAME:TAG or HOST/NAME@sha256:DIGEST, such as ghcr.io/org/name:v1.2.3",
  }
end

--- Whether a text is a digest that is understood here: all registries give this one.
---@param text any
---@return boolean
function M.is_digest(text)
  return type(text) == "string" and #text == 71 and text:find "^sha256:[%da-f]+$" ~= nil
end

--- A host has a dot or a port, or is localhost: what stands first in "library/alpine" is none.
local function split_host(text)
  local first, rest = text:match "^([^/]+)/(.+)$"
  if first and (first:find "[.:]" or first == "localhost") then return first, rest end
  return "docker.io", text
end

local function check_repository(who, text, repository)
  for part in (repository .. "/"):gmatch "([^/]*)/" do
    if not part:find "^[%l%d][%l%d._%-]*$" or part:find "[._%-]$" then
      refuse(who, text, string.format("%q is no part of a name (small letters, digits, and . _ - between them)", part))
    end
  end
end

--- Raises kind "usage".
---@param who string
---@param text any
---@return almanac.ImageReference
function M.parse(who, text)
  if type(text) ~= "string" then refuse(who, text, "it must be text") end
  local host, rest = split_host(text)
  if not host:find "^[%w][%w.%-]*:?%d*$" then refuse(who, text, string.format("%q is no host", host)) end
  local named, digest = rest:match "^([^@]*)@(.*)$"
  rest = named or rest
  if digest and not M.is_digest(digest) then refuse(who, text, "its digest must be sha256: and 64 hexadecimal digits") end
  local repository, tag = rest:match "^(.*):([^:/]*)$"
  repository = repository or rest
  if tag and (not tag:find "^[%w_][%w_.%-]*$" or #tag > 128) then refuse(who, text, string.format("%q is no tag", tag)) end
  if host == "docker.io" and not repository:find("/", 1, true) then repository = "library/" .. repository end
  check_repository(who, text, repository)
  if not tag and not digest then tag = "latest" end
  return { host = host, repository = repository, tag = tag, digest = digest, name = host .. "/" .. repository }
end

return M
