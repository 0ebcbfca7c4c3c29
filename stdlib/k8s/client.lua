--- The connection to a cluster: one client for each kubeconfig and context in use, requests in JSON,
--- tries repeated where nothing can happen twice.
local credentials = require "almanac.k8s.credentials"
local again = require "almanac.base.retry"
local answers = require "almanac.k8s.answer"
local clusters = require "almanac.journal.cluster"
local errors = require "almanac.base.errors"
local interrupt = require "almanac.base.interrupt"
local json = require "native.json"
local k8s_errors = require "almanac.k8s.errors"
local native = require "native.k8s"
local process = require "native.process"
local reach = require "almanac.run.reach"
local runs = require "almanac.journal.run"
local scope = require "almanac.k8s.scope"
local secret = require "almanac.base.secret"
local secrets_read = require "almanac.k8s.secrets_read"
local settings = require "almanac.config.settings"
local step = require "almanac.run.step"
local slow = require "almanac.run.slow"
local task = require "native.task"

local M = {}

---@class almanac.k8s.Client
---@field native userdata
---@field info table       server, context, cluster, namespace, user, source
---@field is_own boolean      of the context that the run is made for
---@field asked string|false   the context that was asked for by name; false: the one of the settings
---@field kubeconfig string?   of the settings
---@field uid string|false|nil of the cluster; false: it may not be read; nil: it was not asked yet
---@field looking table?       condition: it is being asked
---@field resources? table filled by discovery

---@class almanac.k8s.Request
---@field who string          public function, for errors and permits
---@field method? string      default GET
---@field path string
---@field query? table
---@field body? table|string  a table is sent as JSON
---@field content_type? string
---@field accept? string
---@field timeout? number     seconds
---@field text? boolean       the answer is no JSON
---@field object? string      what is changed, for errors
---@field tries? integer      default 4
---@field within? almanac.Target[]  what stands for the path where `allow` is asked; {}: nothing

local REFUSAL_MAX = 1024 * 1024

local clients = {} ---@type table<string, almanac.k8s.Client>

--- The client for what the settings (and opts.context) say; the same one each time.
---@param opts? { context?: string, kubeconfig?: string, is_own?: boolean }  is_own: it is no script that asks for the context
---@return almanac.k8s.Client
function M.open(opts)
  opts = opts or {}
  local kubeconfig = opts.kubeconfig or settings.kubeconfig
  local context = opts.context or settings.context
  local key = (kubeconfig or "") .. "\n" .. (context or "")
  local client = clients[key]
  if not client then
    local is_own = opts.is_own or opts.context == settings.context
    local opened = native.open { kubeconfig = kubeconfig, context = context }
    client = { native = opened, info = opened:info(), asked = not is_own and opts.context or false, kubeconfig = kubeconfig }
    client.is_own = not client.asked or opts.context == M.open().info.context
    clients[key] = client
    credentials.hide(client)
  end
  return client
end

--- The namespace of what names none: that of the context as it was when the run began. What the kubeconfig has by now leads
--- a run that goes on, or back, nowhere else.
---@param client almanac.k8s.Client
---@return string
function M.namespace(client)
  return settings.namespaces[client.asked or ""] or client.info.namespace
end

--- The contexts that were asked for so far, in order; false stands for the one of the settings.
---@return (string|false)[]
function M.contexts()
  local out, seen = {}, {}
  for _, client in pairs(clients) do
    if not seen[client.asked] then
      seen[client.asked] = true
      out[#out + 1] = client.asked
    end
  end
  table.sort(out, function(a, b) return (a or "") < (b or "") end)
  return out
end

--- Forgets every client: their files are read again by the next call.
function M.forget()
  clients = {}
end

local function from(client, request)
  local info = client.info
  return {
    who = request.who, method = request.method or "GET", path = request.path, object = request.object,
    context = info.context, user = info.user, source = info.source, server = info.server,
    identity = client.native:identity(), now = task.wall_ms() / 1000,
  }
end

--- Others go before ours; names of headers have no case.
local function put_headers(headers, more)
  for name, value in pairs(more or {}) do
    for ours in pairs(headers) do
      if ours:lower() == name:lower() then headers[ours] = nil end
    end
    headers[name] = value
  end
end

local function native_request(request)
  local headers = { ["User-Agent"] = "almanac", Accept = request.accept or "application/json" }
  local body = request.body
  if type(body) == "table" then body = json.encode(secret.reveal_all(body)) end
  if body then headers["Content-Type"] = request.content_type or "application/json" end
  put_headers(headers, request.headers)
  return {
    who = request.who, method = request.method or "GET", path = request.path, query = request.query, body = body,
    headers = headers, timeout = request.timeout, answer_timeout = request.answer_timeout, max_bytes = answers.BODY_MAX,
  }
end

--- Whether a try that failed so may be repeated: a read whenever that may help, a write only when
--- the server cannot have acted.
local function may_repeat(method, err)
  if err.status == 429 then return not err.budget end -- a disruption budget is no overload
  if method == "GET" then return true end
  return err.kind == "network" and err.in_doubt == false
end

--- The error for an answer that is no success.
---@param client almanac.k8s.Client
---@param request almanac.k8s.Request
---@param response table
---@return table err for errors.raise
function M.error_of(client, request, response)
  return k8s_errors.of(from(client, request), response.status, response.body, response.headers)
end

--- Asks `allow` for what a request reaches, before a credential is got for it.
local function ask_allow(client, request)
  if not reach.is_asked() then return end
  local access, targets = scope.of_request(client, request)
  reach.require(request.who, access, request.within or targets)
end

--- One exchange with a credential that is good now. One that is refused with 401 is renewed, where that can
--- be, and the exchange made once more: nothing was done of what was refused, so that this holds for writes
--- and commands too.
---@param client almanac.k8s.Client
---@param request almanac.k8s.Request
---@param exchange fun(): any, table?  the answer, or nil and the refusal: status, body, headers
---@return any answer
---@return { status: integer, body: string, headers: table }? refusal
local function authorized(client, request, exchange)
  local renewed = false
  while true do
    credentials.ensure(client)
    local credential = client.credential
    local ok, answer, refusal = errors.try(exchange)
    if not ok then errors.raise(k8s_errors.of_transport(from(client, request), answer)) end
    if not refusal or refusal.status ~= 401 or renewed or not credentials.renew(client, credential) then
      return answer, refusal
    end
    renewed = true
  end
end

local function is_success(status) return status >= 200 and status <= 299 end

--- The answer of a request, or nil and its refusal.
local function ask(client, request)
  local response = slow.name(client.info.server, client.native.request, client.native, request)
  if is_success(response.status) then return response end
  return nil, response
end

--- One try of a request: the answer, or nil and the error.
local function try_once(client, request)
  local prepared = native_request(request)
  local ok, response, refusal = errors.try(authorized, client, request, function() return ask(client, prepared) end)
  if not ok then return nil, response end
  if refusal then return nil, M.error_of(client, request, refusal) end
  return response
end

--- One request, of which `allow` was asked; see M.request.
local function perform(client, request)
  local method, tried = request.method or "GET", 0
  local retry = { times = request.tries or 4, delay = 0.25 }
  while true do
    tried = tried + 1
    local response, err = try_once(client, request)
    if response then
      if request.text then return response.body, response end
      local body = answers.decode(request, response, client.info.server)
      secrets_read.hide(body)
      return body, response
    end
    local delay = again.delay(tried, retry, err, task.wall_ms() / 1000)
    if not delay or not may_repeat(method, err) then errors.raise(err) end
    task.sleep(delay)
  end
end

-- Which cluster it is ------------------------------------------------------------------------------

--- The cluster of a client, as far as that is known without asking it.
local function named(client)
  local info = client.info
  local file = client.kubeconfig or process.getenv "KUBECONFIG" or info.source:find "^/" and info.source or nil
  return clusters.kept {
    asked = client.asked or nil, kubeconfig = file, context = info.context ~= "" and info.context or nil, server = info.server,
    uid = client.uid or nil, namespace = M.namespace(client),
  }
end

--- Kinds of errors with which nothing else would be answered either.
local UNREACHED = { network = true, tls = true, timeout = true, auth = true }

--- Asks the cluster who it is, once in a process, on behalf of a request: a cluster that does not answer is told in the
--- words of that.
---@return almanac.Error? err  nil: it is known, or cannot be known by who asks
local function look_up(client, request)
  while client.looking do client.looking:wait() end
  if client.uid ~= nil then return nil end
  local looking = task.condition()
  client.looking = looking
  local ok, answer = errors.try(perform, client, {
    who = request.who, path = "/api/v1/namespaces/kube-system", object = "namespace/kube-system", timeout = request.timeout,
    tries = request.tries,
  })
  client.looking = nil
  looking:notify()
  local metadata = ok and type(answer) == "table" and answer.metadata
  if ok then client.uid = type(metadata) == "table" and type(metadata.uid) == "string" and metadata.uid or false end
  if ok then return nil end
  if interrupt.of(answer) then error(answer, 0) end
  if answer.status == 403 or answer.status == 404 then client.uid = false else return answer end
end

--- Says once in a run what there is to say of a client.
local function introduce(client, run)
  if run.settled[client] ~= nil then return end
  run.settled[client] = false
  if not client.info.insecure then return end
  step.note(string.format("the certificate of %s is not verified (insecure-skip-tls-verify in %s)", client.info.server,
    client.info.source))
end

--- Binds the run to the cluster before anything else is asked of it, or refuses one that is not the one it is bound to.
---@param run almanac.Run?  nil: that of the task
local function settle(client, request, run)
  run = run or runs.current()
  if not run or run.settled[client] then return end
  introduce(client, run)
  local err = look_up(client, request)
  local known = err and clusters.of(run, client.asked or nil)
  if err and (UNREACHED[err.kind] or known and known.uid) then
    err.in_doubt = false
    error(err, 0)
  end
  local now = named(client)
  now.looked = true
  clusters.hold(run, now)
  run.settled[client] = true
end

--- The cluster that a context leads to, by its uid where that may be read. A read.
---@param asked? string  context; nil: the one of the settings
---@param seconds? number  for how long it is asked, once; nil: as any request
---@return almanac.Cluster  raises what reaching the server raises
function M.cluster(asked, seconds)
  local client = M.open { context = asked }
  local err = look_up(client, { who = "almanac", timeout = seconds, tries = seconds and 1 })
  if err then error(err, 0) end
  return named(client)
end

--- The same without asking it anything.
---@param asked? string  context; nil: the one of the settings
---@return almanac.Cluster
function M.cluster_named(asked)
  return named(M.open { context = asked })
end

--- Binds a run to the cluster of the settings, where something was got of it before the run began. A read.
---@param who string  what it was got for
---@param run almanac.Run
function M.bind(who, run)
  settle(M.open(), { who = who }, run)
end

--- The context that a program of ours is to be told, so that it goes where the run is: what the kubeconfig has as its current
--- one may change at any time, and so may where a context leads, which is looked at here once more. A read.
---@param who string  the program
---@return string? context  nil in a pod
function M.context_for(who)
  local client = M.open()
  settle(client, { who = who })
  local context = client.info.context ~= "" and client.info.context or nil
  local now = native.open({ kubeconfig = client.kubeconfig, context = context }):info()
  if now.server == client.info.server then return context end
  errors.raise {
    kind = "refused", in_doubt = false,
    message = string.format("%s was changed while the run went on: the context %s leads to %s now, and the run is on %s",
      now.source, context or "none", now.server, client.info.server),
    hint = who .. " reads it anew, and was not started: mend the context, then: almanac resume",
  }
end

-- Requests -----------------------------------------------------------------------------------------

--- One request; raises for anything but success.
---@param client almanac.k8s.Client
---@param request almanac.k8s.Request
---@return any body decoded, or the text
---@return table response status, headers
function M.request(client, request)
  ask_allow(client, request)
  settle(client, request)
  return perform(client, request)
end

--- One request as it is given, for what lies behind the API server: the answer, whatever its status.
---@param client almanac.k8s.Client
---@param request table of native.k8s
---@return table response
function M.send(client, request)
  settle(client, request)
  local response, refusal = authorized(client, request, function() return ask(client, request) end)
  return response or refusal
end

--- A stream of lines; raises when the server refuses it. Not repeated: the caller knows from where.
---@param client almanac.k8s.Client
---@param request almanac.k8s.Request
---@return userdata stream
function M.stream(client, request)
  ask_allow(client, request)
  settle(client, request)
  local prepared = native_request(request)
  local stream, refusal = authorized(client, request, function()
    local stream = client.native:stream(prepared)
    if is_success(stream:status()) then return stream end
    local refused = { status = stream:status(), body = stream:read_rest(REFUSAL_MAX), headers = stream:headers() }
    stream:close()
    return nil, refused
  end)
  if refusal then errors.raise(M.error_of(client, request, refusal)) end
  return stream
end

--- A command in a container: a session, whose methods are in native.k8s (k8s_exec.h). Raises when
--- the server refuses it; not repeated, for the command may have been started.
---@param client almanac.k8s.Client
---@param request almanac.k8s.Request|table  and stdin, max_output, lines, read, timeout
---@return userdata session
function M.channels(client, request)
  ask_allow(client, request)
  settle(client, request)
  local options = native_request(request)
  for _, name in ipairs { "stdin", "max_output", "lines", "read" } do options[name] = request[name] end
  options.headers.Accept = "*/*"
  local session, refusal = authorized(client, request, function() return client.native:channels(options) end)
  if refusal then errors.raise(M.error_of(client, request, refusal)) end
  return session
end

return M
