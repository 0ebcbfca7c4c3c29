---@meta native.http
-- Made by `make docs` from runtime/native/http.c: edit that.

--- What a request is made of. Times are in seconds.
---@class native.http.Options
---@field url string
---@field method? string  "GET"
---@field headers? table<string, string>
---@field body? string
---@field user? string
---@field password? string
---@field timeout? number  for all of it: 30, streams none
---@field connect_timeout? number  10
---@field stall_timeout? number  of streams: none
---@field answer_timeout? number  of streams: 30
---@field max_bytes? integer  16 MiB
---@field max_line? integer  1 MiB
---@field redirects? integer  0
---@field ca_file? string
---@field cert_file? string
---@field key_file? string
---@field server_name? string
---@field insecure? boolean
---@field proxy? string
---@field unix_socket? string
---@field read? boolean  a POST that only asks
---@field who? string  the public function, for errors

--- An answer that is read line by line. The server is held back while its lines are not read.
---@class native.http.Stream
local Stream = {}

--- The status of the answer.
---@return integer
function Stream:status() end

--- Its headers, their names in lower case.
---@return table<string, string>
function Stream:headers() end

--- The next line, without its newline; waits. Where the connection breaks it raises after the last
--- whole line.
---
--- Raises: `network`, `limit`.
---@param seconds? number  how long to wait for it
---@return string? line  nil: the answer is complete, or with "timeout" nothing came for that long
---@return "timeout"?
function Stream:read_line(seconds) end

--- What is left of the answer; waits.
---
--- Raises: `network`, `limit`.
---@param max? integer  bytes of the whole answer: 16 MiB
---@return string
function Stream:read_rest(max) end

--- Gives the request up; also by <close>, and when collected.
function Stream:close() end

--- Requests to web services.
---@class native.http
local M = {}

--- Makes a request, and waits for the whole answer. GET, HEAD and OPTIONS need permit "read", the
--- others "effect", unless read = true: the caller's promise that this POST only asks.
---
--- Raises: `usage`, `network`, `tls`, `timeout`, `limit`, `protocol`; with in_doubt where the
--- server may have acted.
---@param options native.http.Options
---@return { status: integer, headers: table<string, string>, body: string, elapsed: number }  elapsed in seconds
function M.request(options) end

--- Makes a request, and waits for its headers: the lines are read one by one.
---
--- Raises: as request.
---@param options native.http.Options
---@return native.http.Stream
function M.stream(options) end

return M
