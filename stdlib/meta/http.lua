---@meta
-- Made by `make docs` from stdlib/public/http.lua: edit that.

--- Requests to web services. Reads are tried again where that is safe; everything else is an effect with an Idempotency-Key, and happens once. `svc://NAMESPACE/SERVICE:PORT/path` goes through the API server.
---
--- Every call can raise `http` (a status that was not expected, with `status`, `body` and `headers`), `network`, `tls`, `timeout` and `limit`.
http = {}

---@class http.delete.options
---@field url string  with a secret in it, it is one
---@field body? string  what is sent
---@field ca_file? string  PEM of the authority to trust in place of the system's
---@field cert_file? string  PEM of the client's certificate
---@field check? http.delete.options.check  a GET that tells, after a crash, whether it took place
---@field connect_timeout? string|number  until the connection stands
---@field expect? integer|integer[]|"any"  statuses that are good
---@field headers? table  texts, secrets
---@field insecure? boolean  verifies no certificate
---@field json? any  the body, sent as JSON
---@field key_file? string  PEM of its key
---@field max_bytes? integer  of the answer
---@field password? string  basic authentication
---@field proxy? string  URL of a proxy
---@field query? any  a table, added to the URL: texts, numbers, booleans, secrets, and lists of those
---@field redirects? integer  how many a read follows; nothing secret goes to another host
---@field server_name? string  to ask for and to verify in place of the URL's host
---@field timeout? string|number  for one try
---@field unix_socket? string  path of the socket to connect to
---@field user? string  basic authentication

---@class http.delete.options.check
---@field url string  what is asked
---@field contains? string  what the answer must hold
---@field expect? integer|integer[]|"any"  statuses that say so

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
function http.delete(url, options) end

---@class http.get.options
---@field url string  with a secret in it, it is one
---@field ca_file? string  PEM of the authority to trust in place of the system's
---@field cert_file? string  PEM of the client's certificate
---@field connect_timeout? string|number  until the connection stands
---@field expect? integer|integer[]|"any"  statuses that are good
---@field headers? table  texts, secrets
---@field insecure? boolean  verifies no certificate
---@field json? boolean  the answer is decoded into json
---@field key_file? string  PEM of its key
---@field max_bytes? integer  of the answer
---@field password? string  basic authentication
---@field proxy? string  URL of a proxy
---@field query? any  a table, added to the URL: texts, numbers, booleans, secrets, and lists of those
---@field redirects? integer  how many a read follows; nothing secret goes to another host
---@field retry? http.get.options.retry  of a read that failed in the network, or got 429, 502, 503 or 504
---@field server_name? string  to ask for and to verify in place of the URL's host
---@field timeout? string|number  for one try
---@field unix_socket? string  path of the socket to connect to
---@field user? string  basic authentication

---@class http.get.options.retry
---@field delay? string|number  before the second, then doubling
---@field times? integer  tries at most

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
function http.get(url, options) end

---@class http.head.options
---@field url string  with a secret in it, it is one
---@field ca_file? string  PEM of the authority to trust in place of the system's
---@field cert_file? string  PEM of the client's certificate
---@field connect_timeout? string|number  until the connection stands
---@field expect? integer|integer[]|"any"  statuses that are good
---@field headers? table  texts, secrets
---@field insecure? boolean  verifies no certificate
---@field json? boolean  the answer is decoded into json
---@field key_file? string  PEM of its key
---@field max_bytes? integer  of the answer
---@field password? string  basic authentication
---@field proxy? string  URL of a proxy
---@field query? any  a table, added to the URL: texts, numbers, booleans, secrets, and lists of those
---@field redirects? integer  how many a read follows; nothing secret goes to another host
---@field retry? http.head.options.retry  of a read that failed in the network, or got 429, 502, 503 or 504
---@field server_name? string  to ask for and to verify in place of the URL's host
---@field timeout? string|number  for one try
---@field unix_socket? string  path of the socket to connect to
---@field user? string  basic authentication

---@class http.head.options.retry
---@field delay? string|number  before the second, then doubling
---@field times? integer  tries at most

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
function http.head(url, options) end

---@class http.patch.options
---@field url string  with a secret in it, it is one
---@field body? string  what is sent
---@field ca_file? string  PEM of the authority to trust in place of the system's
---@field cert_file? string  PEM of the client's certificate
---@field check? http.patch.options.check  a GET that tells, after a crash, whether it took place
---@field connect_timeout? string|number  until the connection stands
---@field expect? integer|integer[]|"any"  statuses that are good
---@field headers? table  texts, secrets
---@field insecure? boolean  verifies no certificate
---@field json? any  the body, sent as JSON
---@field key_file? string  PEM of its key
---@field max_bytes? integer  of the answer
---@field password? string  basic authentication
---@field proxy? string  URL of a proxy
---@field query? any  a table, added to the URL: texts, numbers, booleans, secrets, and lists of those
---@field redirects? integer  how many a read follows; nothing secret goes to another host
---@field server_name? string  to ask for and to verify in place of the URL's host
---@field timeout? string|number  for one try
---@field unix_socket? string  path of the socket to connect to
---@field user? string  basic authentication

---@class http.patch.options.check
---@field url string  what is asked
---@field contains? string  what the answer must hold
---@field expect? integer|integer[]|"any"  statuses that say so

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
function http.patch(url, options) end

---@class http.post.options
---@field url string  with a secret in it, it is one
---@field body? string  what is sent
---@field ca_file? string  PEM of the authority to trust in place of the system's
---@field cert_file? string  PEM of the client's certificate
---@field check? http.post.options.check  a GET that tells, after a crash, whether it took place
---@field connect_timeout? string|number  until the connection stands
---@field expect? integer|integer[]|"any"  statuses that are good
---@field headers? table  texts, secrets
---@field insecure? boolean  verifies no certificate
---@field json? any  the body, sent as JSON
---@field key_file? string  PEM of its key
---@field max_bytes? integer  of the answer
---@field password? string  basic authentication
---@field proxy? string  URL of a proxy
---@field query? any  a table, added to the URL: texts, numbers, booleans, secrets, and lists of those
---@field redirects? integer  how many a read follows; nothing secret goes to another host
---@field server_name? string  to ask for and to verify in place of the URL's host
---@field timeout? string|number  for one try
---@field unix_socket? string  path of the socket to connect to
---@field user? string  basic authentication

---@class http.post.options.check
---@field url string  what is asked
---@field contains? string  what the answer must hold
---@field expect? integer|integer[]|"any"  statuses that say so

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
function http.post(url, options) end

---@class http.put.options
---@field url string  with a secret in it, it is one
---@field body? string  what is sent
---@field ca_file? string  PEM of the authority to trust in place of the system's
---@field cert_file? string  PEM of the client's certificate
---@field check? http.put.options.check  a GET that tells, after a crash, whether it took place
---@field connect_timeout? string|number  until the connection stands
---@field expect? integer|integer[]|"any"  statuses that are good
---@field headers? table  texts, secrets
---@field insecure? boolean  verifies no certificate
---@field json? any  the body, sent as JSON
---@field key_file? string  PEM of its key
---@field max_bytes? integer  of the answer
---@field password? string  basic authentication
---@field proxy? string  URL of a proxy
---@field query? any  a table, added to the URL: texts, numbers, booleans, secrets, and lists of those
---@field redirects? integer  how many a read follows; nothing secret goes to another host
---@field server_name? string  to ask for and to verify in place of the URL's host
---@field timeout? string|number  for one try
---@field unix_socket? string  path of the socket to connect to
---@field user? string  basic authentication

---@class http.put.options.check
---@field url string  what is asked
---@field contains? string  what the answer must hold
---@field expect? integer|integer[]|"any"  statuses that say so

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
function http.put(url, options) end

---@class http.request.options
---@field method string  GET, HEAD and OPTIONS are reads, the others effects
---@field url string  with a secret in it, it is one
---@field body? string  what is sent
---@field ca_file? string  PEM of the authority to trust in place of the system's
---@field cert_file? string  PEM of the client's certificate
---@field check? http.request.options.check  a GET that tells, after a crash, whether it took place
---@field connect_timeout? string|number  until the connection stands
---@field expect? integer|integer[]|"any"  statuses that are good
---@field headers? table  texts, secrets
---@field insecure? boolean  verifies no certificate
---@field json? any  of a write: the body, sent as JSON; of a read, true: the answer is decoded into json
---@field key_file? string  PEM of its key
---@field max_bytes? integer  of the answer
---@field password? string  basic authentication
---@field proxy? string  URL of a proxy
---@field query? any  a table, added to the URL: texts, numbers, booleans, secrets, and lists of those
---@field redirects? integer  how many a read follows; nothing secret goes to another host
---@field retry? http.request.options.retry  of a read that failed in the network, or got 429, 502, 503 or 504
---@field server_name? string  to ask for and to verify in place of the URL's host
---@field timeout? string|number  for one try
---@field unix_socket? string  path of the socket to connect to
---@field user? string  basic authentication

---@class http.request.options.check
---@field url string  what is asked
---@field contains? string  what the answer must hold
---@field expect? integer|integer[]|"any"  statuses that say so

---@class http.request.options.retry
---@field delay? string|number  before the second, then doubling
---@field times? integer  tries at most

--- Sends any method. An effect, unless it is GET, HEAD or OPTIONS, which only look.
---
--- Raises: `http`, `network`, `tls`, `timeout`.
---
--- ```lua
--- local allowed = http.request { method = "OPTIONS", url = "http://127.0.0.1:8545/" }.headers.allow
--- ```
---@param options http.request.options
---@return { status: integer, headers: table<string, string>, body: string, elapsed: number, json: any }  elapsed in seconds
function http.request(options) end

---@class http.rpc.options
---@field ca_file? string  PEM of the authority to trust in place of the system's
---@field cert_file? string  PEM of the client's certificate
---@field check? http.rpc.options.check  a GET that tells, after a crash, whether it took place
---@field connect_timeout? string|number  until the connection stands
---@field effect? boolean  the call changes something
---@field expect? integer|integer[]|"any"  statuses that are good
---@field headers? table  texts, secrets
---@field insecure? boolean  verifies no certificate
---@field json? boolean  the answer is decoded into json
---@field key_file? string  PEM of its key
---@field max_bytes? integer  of the answer
---@field password? string  basic authentication
---@field proxy? string  URL of a proxy
---@field query? any  a table, added to the URL: texts, numbers, booleans, secrets, and lists of those
---@field redirects? integer  how many a read follows; nothing secret goes to another host
---@field retry? http.rpc.options.retry  of a read that failed in the network, or got 429, 502, 503 or 504
---@field server_name? string  to ask for and to verify in place of the URL's host
---@field timeout? string|number  for one try
---@field unix_socket? string  path of the socket to connect to
---@field url? any  is the first argument
---@field user? string  basic authentication

---@class http.rpc.options.check
---@field url string  what is asked
---@field contains? string  what the answer must hold
---@field expect? integer|integer[]|"any"  statuses that say so

---@class http.rpc.options.retry
---@field delay? string|number  before the second, then doubling
---@field times? integer  tries at most

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
function http.rpc(url, method, params, options) end

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
function http.url(url, query) end
