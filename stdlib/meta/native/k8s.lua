---@meta native.k8s
-- Made by `make docs` from runtime/native/k8s.c: edit that.

--- A client of an API server.
---@class native.k8s.Client
local Client = {}

--- Which cluster it is, and who asks.
---@return { server: string, context: string?, cluster: string?, namespace: string, user: string?, source: string, insecure: boolean }
function Client:info() end

--- The credential plugin.
---@return { command: string, args: string[], env: table<string, string>, api_version: string, install_hint: string?, interactive: string?, cluster: table? }?  nil without one
function Client:exec() end

--- Takes what the plugin said.
---@param credential { token?: string, certificate?: string, key?: string }
function Client:credential(credential) end

--- What it says of itself to the server; each is nil when it is not so.
---@return { certificate: string?, groups: string?, not_after: string?, token: boolean?, claims: string?, username: string?, impersonated: string?, token_file: string? }  claims is JSON
function Client:identity() end

--- What must not be written down of the credentials: the password, the token and the key, as they are now.
---@return string[]
function Client:secrets() end

--- Reads the token file again.
---@return boolean  whether it holds another token now
function Client:reread() end

--- A request; waits. GET needs permit "read", so does a write with dryRun = "All" in the query (a
--- DELETE only without a body, which would override it); everything else, and what reaches through
--- the server to a pod, "effect".
---
--- Raises: `usage`, `network`, `tls`, `auth`, `timeout`, `limit`.
---@param options { method?: string, path: string, query?: table<string, any>, headers?: table<string, string>, body?: string, timeout?: number, max_bytes?: integer, who?: string }  query: strings, numbers, booleans, or arrays of them; timeout in seconds
---@return { status: integer, headers: table<string, string>, body: string, elapsed: number }  elapsed in seconds
function Client:request(options) end

--- A request whose answer is read line by line; waits for its headers. Permits and errors are those
--- of request.
---@param options table  as of request, with answer_timeout, stall_timeout (seconds) and max_line (bytes)
---@return native.http.Stream
function Client:stream(options) end

--- Begins a command in a container; waits until it was started. With lines the server is held back
--- while they are not read; without, max_output bytes of each stream are kept: the first and the
--- last half. With stdin only v5 of the protocol is offered: v4 cannot say where it ends.
---
--- Raises: `network`, `tls`, `protocol`, `timeout`, with in_doubt: whether the server may have got
--- the request.
---@param options { path: string, query?: table, headers?: table, who?: string, read?: boolean, stdin?: string, max_output?: integer, lines?: boolean, timeout?: number }  timeout in seconds, from the start
---@return native.k8s.Session? session  nil: the server refused
---@return { status: integer, headers: table<string, string>, body: string }? refusal
function Client:channels(options) end

--- Closes it; also when collected.
function Client:close() end

--- A command in a container.
---@class native.k8s.Session
local Session = {}

--- A line of the command, with lines = true only; waits.
---@return "stdout"|"stderr"|nil stream  nil at the end
---@return string? line
---@return boolean? more  the line is longer than a buffer, and goes on in the next
function Session:read_line() end

--- Waits until the command is over.
---@return { stdout: string, stderr: string, truncated: boolean, elapsed: number, timed_out: boolean, status: string?, cut: string? }  status: the API's Status of its end; cut: why there is none; elapsed in seconds
function Session:wait() end

--- What it has said so far.
---@return string stdout
---@return string stderr
---@return boolean truncated
function Session:output() end

--- Leaves the command alone; also by <close>, and when collected.
function Session:close() end

--- Requests to a Kubernetes API server.
---@class native.k8s
local M = {}

--- A client for the cluster of a kubeconfig.
---
--- Raises: `not_found`, `parse`, `usage`.
---@param options { kubeconfig?: string, context?: string, namespace?: string }
---@return native.k8s.Client
function M.open(options) end

return M
