--- helm's record of a release, as a Secret or a ConfigMap holds it: JSON, gzipped, in base64, which a Secret wraps once more.
--- https://github.com/helm/helm/blob/v3.16.1/pkg/storage/driver/util.go
local codec = require "native.codec"
local json = require "native.json"

local M = {}

local UNPACKED_MAX = 64 * 1024 * 1024 -- bytes of JSON; the record itself has 1 MiB at most (etcd)
local GZIP = "\x1f\x8b\x08"

--- The bytes that helm packed. Raises kind "parse".
---@param data string      `data.release`
---@param wrapped boolean  as a Secret has it
---@return string bytes
---@return string text  these in base64, as helm wrote them
function M.packed(data, wrapped)
  local text = wrapped and codec.base64_decode(data) or data
  return codec.base64_decode(text), text
end

--- What they hold. Raises kinds "limit" and "parse".
---@param bytes string  of packed()
---@return any release  as helm's JSON has it
function M.unpack(bytes)
  if bytes:sub(1, #GZIP) == GZIP then bytes = codec.gunzip(bytes, UNPACKED_MAX) end
  return json.decode(bytes, { max_bytes = UNPACKED_MAX, big = "text" })
end

return M
