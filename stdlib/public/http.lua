--- http: requests to web services. Reads are tried again where that is safe; everything else is an effect with
--- an Idempotency-Key, and happens once. `svc://NAMESPACE/SERVICE:PORT/path` goes through the API server.
---
--- Every call can raise `http` (a status that was not expected, with `status`, `body` and `headers`), `network`,
--- `tls`, `timeout` and `limit`.
local impl = require "almanac.http.client"
local rpc = require "almanac.http.rpc"

local M = {}

--- Sends a DELETE. An effect.
---
--- Raises: `http`, `network`, `tls`, `timeout` (in doubt).
---
--- ```lua
--- http.delete("https://api.example/silences/1", { expect = { 200, 404 } })
--- ```
---@param url string|http.delete.options
---@param options? http.delete.options
---@return { status: integer, headers: table<string, string>, body: string, elapsed: number, json: any }  elapsed in seconds
M.delete = impl.delete

--- Gets a URL. A read.
---
--- Raises: `http`, `network`, `tls`, `timeout`, `limit`.
---
--- ```lua
--- local health = http.get("http://127.0.0.1:8545/healthz", { timeout = "5s", retry = { times = 2 } })
--- ```
---@param url string|http.get.options
---@param options? http.get.options
---@return { status: integer, headers: table<string, string>, body: string, elapsed: number, json: any }  elapsed in seconds
M.get = impl.get

--- Asks for status and headers only. A read.
---
--- Raises: `http`, `network`, `tls`, `timeout`.
---
--- ```lua
--- local size = http.head("https://api.example/archive.tgz").headers["content-length"]
--- ```
---@param url string|http.head.options
---@param options? http.head.options
---@return { status: integer, headers: table<string, string>, body: string, elapsed: number }  elapsed in seconds
M.head = impl.head

--- Sends a PATCH. An effect.
---
--- Raises: `http`, `network`, `tls`, `timeout` (in doubt).
---
--- ```lua
--- http.patch("https://api.example/release/7", { json = { state = "done" } })
--- ```
---@param url string|http.patch.options
---@param options? http.patch.options
---@return { status: integer, headers: table<string, string>, body: string, elapsed: number, json: any }  elapsed in seconds
M.patch = impl.patch

--- Sends a POST. An effect; `check` tells, after a crash, whether it took place.
---
--- Raises: `http`, `network`, `tls`, `timeout` (in doubt).
---
--- ```lua
--- http.post("https://api.example/deployments", { json = { tag = "v0.5.0" },
---   check = { url = "https://api.example/deployments/v0.5.0" } })
--- ```
---@param url string|http.post.options
---@param options? http.post.options
---@return { status: integer, headers: table<string, string>, body: string, elapsed: number, json: any }  elapsed in seconds
M.post = impl.post

--- Sends a PUT. An effect.
---
--- Raises: `http`, `network`, `tls`, `timeout` (in doubt).
---
--- ```lua
--- http.put("https://api.example/flags/canary", { json = { on = true } })
--- ```
---@param url string|http.put.options
---@param options? http.put.options
---@return { status: integer, headers: table<string, string>, body: string, elapsed: number, json: any }  elapsed in seconds
M.put = impl.put

--- Sends any method. An effect, unless it is GET, HEAD or OPTIONS, which only look.
---
--- Raises: `http`, `network`, `tls`, `timeout`.
---
--- ```lua
--- local allowed = http.request { method = "OPTIONS", url = "http://127.0.0.1:8545/" }.headers.allow
--- ```
---@param options http.request.options
---@return { status: integer, headers: table<string, string>, body: string, elapsed: number, json: any }  elapsed in seconds
M.request = impl.request

--- Calls a JSON-RPC 2.0 method. A read, unless `effect = true`.
---
--- Raises: `http`, with `code` and `data` for the server's own error; `network`, `tls`, `timeout`.
---
--- ```lua
--- local head = http.rpc("http://127.0.0.1:8545/rpc", "chain.getHead", nil, { timeout = "5s" })
--- ```
---@param url string
---@param method string
---@param params? table  a list or a table of arguments
---@param options? http.rpc.options
---@return any result  nil for null; an integer past 64 bits is text
M.rpc = rpc.call

--- A URL with a query added. Pure.
---
--- Raises: `usage`.
---
--- ```lua
--- assert(http.url("http://x/find", { q = "a b" }) == "http://x/find?q=a%20b")
--- ```
---@param url string
---@param query? table<string, any>  texts, numbers, booleans, secrets, and lists of those
---@return string|table url  with a secret in it, a secret
M.url = impl.url

return M
