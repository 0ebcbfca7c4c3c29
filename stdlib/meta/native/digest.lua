---@meta native.digest
-- Made by `make docs` from runtime/native/digest.c: edit that.

--- Digests and random names.
---@class native.digest
local M = {}

--- The SHA-256 of a text.
---@param text string
---@return string digits  64, hexadecimal
function M.sha256(text) end

--- The HMAC-SHA-256 of a text.
---@param key string  1 KiB at most
---@param text string
---@return string digits  64, hexadecimal
function M.hmac_sha256(key, text) end

--- Random digits of the system.
---@param bytes integer  from 1 to 64
---@return string digits  twice as many, hexadecimal
function M.random_hex(bytes) end

return M
