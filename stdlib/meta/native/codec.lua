---@meta native.codec
-- Made by `make docs` from runtime/native/codec.c: edit that.

--- How others pack bytes. Pure: allowed outside steps.
---@class native.codec
local M = {}

--- The bytes that a text in base64 stands for.
---
--- Raises: `corrupt`.
---@param text string
---@return string bytes
function M.base64_decode(text) end

--- What gzip packed.
---
--- Raises: `corrupt`; `limit` (more than max bytes).
---@param data string
---@param max integer  bytes, at most 256 MiB
---@return string bytes
function M.gunzip(data, max) end

--- All but unreserved letters as %XX.
---@param text string
---@return string
function M.percent_encode(text) end

--- The bytes that %XX stands for.
---@param text string
---@param plus? boolean  a + is a space, as in a query
---@return string bytes
function M.percent_decode(text, plus) end

return M
