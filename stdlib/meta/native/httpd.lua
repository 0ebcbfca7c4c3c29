---@meta native.httpd
-- Made by `make docs` from runtime/native/httpd.c: edit that.

--- A server that listens.
---@class native.httpd.Server
local Server = {}

--- The port it listens on.
---@return integer
function Server:port() end

--- Stops listening, and drops the connections.
function Server:close() end

--- What a handler answers by.
---@class native.httpd.Response
local Response = {}

--- The whole answer.
---@param status integer
---@param headers table<string, string>
---@param body? string
---@return boolean  false: the client is gone
function Response:send(status, headers, body) end

--- Begins an answer in pieces.
---@param status integer
---@param headers table<string, string>
---@return boolean
function Response:start(status, headers) end

--- A piece of it.
---@param bytes string
---@return boolean
function Response:write(bytes) end

--- Its end.
---@return boolean
function Response:finish() end

--- Whether the client is gone.
---@return boolean
function Response:closed() end

--- Runs fn in a task of its own when the client goes away, at once when it has gone already.
--- Forgotten when the answer is complete.
---@param fn fun()
function Response:on_close(fn) end

--- Makes the connection a WebSocket.
---
--- Raises: `usage` (the client asks for none).
---@param protocol string
---@return native.httpd.Socket
function Response:websocket(protocol) end

--- What a handler is asked. Names of headers are in lower case, repeated ones joined by ", "; client_cn and client_groups are those of the client's certificate.
---@class native.httpd.Request
---@field method string
---@field path string  decoded
---@field raw_path string
---@field raw_query string
---@field query table<string, string>  of a name that is repeated the last value
---@field headers table<string, string>
---@field body string
---@field client_cn? string
---@field client_groups? string[]

--- A WebSocket of a client.
---@class native.httpd.Socket
local Socket = {}

--- A binary message; waits.
---@return string?  nil: the client is gone
function Socket:read() end

--- Sends a message; waits while too much is unsent.
---@param text string
---@return boolean  false: the client is gone
function Socket:send(text) end

--- Waits until the client has taken all and closed too.
function Socket:close() end

--- Cuts the connection; also when collected.
function Socket:drop() end

--- An HTTP server with a Lua function for each request, in a task of its own.
---@class native.httpd
local M = {}

--- Begins to serve. Each request has a task of its own; a handler that raises, or returns having
--- begun no answer, is answered 500. It ends when the server closes, or the task that called listen
--- ends.
---
--- Raises: `usage`, `io` (the address is taken), `tls`.
---@param options { port: integer, address?: string, tls?: { cert: string, key: string, client_ca?: string }, private?: boolean, body_max?: integer, handler: fun(request: native.httpd.Request, response: native.httpd.Response), on_error?: fun(err: table, request: native.httpd.Request) }  port 0: a free one; address 127.0.0.1; private: other users of the machine, but for root, are not let in; body_max in bytes
---@return native.httpd.Server
function M.listen(options) end

return M
