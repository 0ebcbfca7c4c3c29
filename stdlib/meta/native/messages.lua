---@meta native.messages
-- Made by `make docs` from runtime/native/messages.c: edit that.

---@class native.messages.Reader
local Reader = {}

--- The next message of standard input; waits. One task reads at a time.
---
--- Raises: `protocol` (what came is no message, or it has more than 16 MiB), `usage` (another task reads).
---@return string?  nil at the end
function Reader:read() end

--- Messages of the Language Server Protocol on the standard streams.
---@class native.messages
local M = {}

--- Reads messages of the base protocol of the Language Server Protocol: headers, of which
--- Content-Length counts, an empty line, and so many bytes.
---
--- Source: https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/#baseProtocol
---@return native.messages.Reader
function M.open() end

--- Writes a message to standard output, spelt as everything that is shown.
---@param text string  JSON
---@return boolean
---@return string? why
function M.write(text) end

return M
