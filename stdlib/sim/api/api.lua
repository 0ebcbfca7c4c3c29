--- The simulated cluster's API server: requests in, answers and watches out.
---
--- A handler's context: { store, opts, request, query, route, form, render, pages, who, user }; it returns an
--- answer { status, body, type, warnings, headers } (or { pieces }, a log that goes on), or nil and a
--- Status. Only `serve_watch` and `serve_pieces` wait.
local value = require "almanac.sim.model.value"
local admission = require "almanac.sim.model.admission"
local errors = require "almanac.sim.model.errors"
local crds = require "almanac.sim.model.crds"
local discovery = require "almanac.sim.api.discovery"
local identity = require "almanac.sim.api.identity"
local openapi = require "almanac.sim.api.openapi"
local openapi_v2 = require "almanac.sim.api.openapi_v2"
local proxy = require "almanac.sim.api.proxy"
local reads = require "almanac.sim.api.reads"
local respond = require "almanac.sim.api.respond"
local router = require "almanac.sim.api.router"
local subresources = require "almanac.sim.api.subresources"
local usage = require "almanac.sim.api.usage"
local watch = require "almanac.sim.api.watch"
local writes = require "almanac.sim.api.writes"

local api = {}

local encode = value.json.encode

local BOOKMARK_SECONDS = 60

local VERSION = {
  major = "1", minor = "36", emulationMajor = "1", emulationMinor = "36", minCompatibilityMajor = "1",
  minCompatibilityMinor = "35", gitVersion = "v1.36.2", gitCommit = "8e16b12fda5b1dccc41a6de48b3e356cc7d5048b",
  gitTreeState = "", buildDate = "1970-01-01T00:00:00Z", goVersion = "go1.26.10", compiler = "gc",
  platform = "linux/amd64",
}

--- A digest for ETags: of texts that only change when the program does.
local function etag_of(text)
  local h = 0xcbf29ce484222325
  for i = 1, #text do h = (h ~ text:byte(i)) * 1099511628211 end
  return ('%016X'):format(h)
end

--- A document made once for what is served now: its text and tag.
local function document(cx, key, make)
  local texts = cx.store.served.documents
  local known = texts[key]
  if known == nil then
    local doc = make()
    known = false
    if doc then
      local text = type(doc) == "string" and doc or encode(doc, { canonical = true })
      known = { text = text, tag = etag_of(text) }
    end
    texts[key] = known
  end
  return known or nil
end

local function not_found_page()
  return { status = 404, body = "404 page not found\n", type = "text/plain; charset=utf-8" }
end

local function cached(cx, doc, type, control)
  local tag = '"' .. doc.tag .. '"'
  local headers = { etag = tag, vary = "Accept", ["cache-control"] = control }
  if cx.request.headers["if-none-match"] == tag then return { status = 304, body = "", headers = headers } end
  return { status = 200, body = doc.text, type = type, headers = headers }
end

--- /api and /apis: aggregated for clients that can read that.
local function serve_roots(cx, core)
  local version = respond.discovery_version(cx.request.headers.accept)
  if not version then
    return { status = 200, body = encode(core and discovery.versions() or discovery.groups(cx.store.served)) .. "\n" }
  end
  local doc = document(cx, (core and "api " or "apis ") .. version, function()
    return discovery.aggregated(cx.store.served, core, "apidiscovery.k8s.io/" .. version)
  end)
  return cached(cx, doc, ("application/json;g=apidiscovery.k8s.io;v=%s;as=APIGroupDiscoveryList"):format(version), "public")
end

local function serve_openapi(cx, path)
  local served = cx.store.served
  if path == "" then
    local doc = document(cx, "openapi", function()
      local paths = {}
      for _, p in ipairs(openapi.paths(served)) do
        local tag = document(cx, "openapi " .. p, function() return openapi.document(served, p) end).tag
        paths[p] = { serverRelativeURL = ("/openapi/v3/%s?hash=%s"):format(p, tag) }
      end
      return { paths = paths }
    end)
    return cached(cx, doc, "text/plain; charset=utf-8", "no-cache, private") -- as the real one says
  end
  local doc = document(cx, "openapi " .. path, function() return openapi.document(served, path) end)
  if not doc then return not_found_page() end
  return cached(cx, doc, "application/json", "public, immutable")
end

--- The document of OpenAPI 2, for clients that take it in protobuf, as kubectl and helm do.
local function serve_openapi_v2(cx)
  if not (cx.request.headers.accept or ""):find("protobuf", 1, true) then return { status = 406, body = "" } end
  local doc = document(cx, "openapi v2", function() return openapi_v2.document(cx.store.served) end)
  return cached(cx, doc, openapi_v2.TYPE, "no-cache, private")
end

local function plain_text(text)
  return { status = 200, body = text, type = "text/plain; charset=utf-8" }
end

--- Everything that is not an object: health, version, discovery, OpenAPI. Nil: it is an object's path.
local function serve_document(cx)
  local path = cx.request.path:gsub("/+$", "")
  if path == "/healthz" or path == "/livez" or path == "/readyz" then return plain_text("ok") end
  if path == "/version" then return { status = 200, body = encode(VERSION) } end
  if path == "/api" then return serve_roots(cx, true) end
  if path == "/apis" then return serve_roots(cx, false) end
  if path == "/openapi/v2" then return serve_openapi_v2(cx) end
  local spec = path:match("^/openapi/v3/?(.*)$")
  if spec then return serve_openapi(cx, spec) end
  local version = path:match("^/api/(%w+)$")
  local group
  if version then
    group = ""
  else
    group, version = path:match("^/apis/([^/]+)/?(%w*)$")
  end
  if not group then return nil end
  local served = cx.store.served
  local doc = version == "" and discovery.group(served, group) or discovery.resources(served, group, version)
  if not doc then return not_found_page() end
  return { status = 200, body = encode(doc) .. "\n" }
end

-- The handlers of a resource's collection and objects, and the verb each stands for.
local COLLECTION = { GET = { reads.list, "list" }, POST = { writes.create, "create" },
  DELETE = { writes.delete_collection, "deletecollection" } }
local OBJECT = { GET = { reads.get, "get" }, PUT = { writes.update, "update" }, PATCH = { writes.patch, "patch" },
  DELETE = { writes.delete, "delete" } }
local STATUS = { GET = { reads.get, "get" }, PUT = { writes.update, "update" }, PATCH = { writes.patch, "patch" } }
local SCALE = { GET = { subresources.scale, "get" }, PUT = { subresources.scale, "update" },
  PATCH = { subresources.scale, "patch" } }
local SUBRESOURCES = { status = STATUS, scale = SCALE, finalize = { PUT = { subresources.finalize, "update" } },
  eviction = { POST = { subresources.eviction, "create" } }, log = { GET = { subresources.log, "get" } } }

local function allows(verbs, verb)
  for _, v in ipairs(verbs) do
    if v == verb then return true end
  end
  return false
end

local function handler_of(cx)
  local route, method = cx.route, cx.request.method
  local set = not route.name and COLLECTION or not route.sub and OBJECT or SUBRESOURCES[route.sub]
  local entry = set and set[method]
  local verbs = route.sub and route.res.subresource[route.sub].verbs or route.res.verbs
  if not entry or not allows(verbs, entry[2]) then return nil end
  return entry[1]
end

local function is_true(text) return text == "true" or text == "1" or text == "" end

local function wants_watch(cx)
  return cx.request.method == "GET" and cx.query.watch ~= nil and is_true(cx.query.watch) and not cx.route.sub
end

local VERBS = { GET = "get", POST = "create", PUT = "update", PATCH = "patch", DELETE = "delete" }

local function verb_of(cx)
  if wants_watch(cx) then return "watch" end
  if not cx.route.name and cx.request.method == "GET" then return "list" end
  if not cx.route.name and cx.request.method == "DELETE" then return "deletecollection" end
  return VERBS[cx.request.method] or cx.request.method:lower()
end

local LOOKS = { get = true, list = true, watch = true }

--- The Status of a request that its user may not make, or nil.
local function forbidden(cx)
  local authorize, route = cx.opts.authorize, cx.route
  local verb = verb_of(cx)
  local denied = cx.who.read_only and not LOOKS[verb] and not subresources.is_review(route.res)
  if not denied and (not authorize or authorize(cx.user, verb, route)) then return nil end
  local resource = route.res.resource .. (route.sub and "/" .. route.sub or "")
  local where = route.ns and ('in the namespace "%s"'):format(route.ns) or "at the cluster scope"
  local text = ('User "%s" cannot %s resource "%s" in API group "%s" %s'):format(cx.user, verb, resource,
    route.res.group, where)
  if route.name then return errors.forbidden(route.res, route.name, text) end
  return errors.failure(403, "Forbidden", ("%s is forbidden: %s"):format(errors.qualified(route.res), text),
    { group = route.res.group ~= "" and route.res.group or nil, kind = route.res.resource })
end

local function serve_object(cx)
  local route = cx.route
  if subresources.is_review(route.res) then
    if cx.request.method ~= "POST" then return nil, errors.method_not_allowed() end
    return subresources.review(cx)
  end
  if route.res.namespaced and not route.ns and (route.name or cx.request.method == "POST") then
    return nil, errors.method_not_allowed()
  end
  local handler = handler_of(cx)
  if not handler then return nil, errors.method_not_allowed() end
  if route.res.group == "metrics.k8s.io" then return usage.serve(cx) end
  return handler(cx)
end

local function watch_of(cx)
  local query, route = cx.query, cx.route
  local rv, status = watch.version(query)
  if status then return nil, status end
  local match
  if route.name then
    match = function(object) return object.metadata.name == route.name end
  else
    match, status = reads.matcher(cx)
    if not match then return nil, status end
  end
  return watch.new { store = cx.store, res = route.res, ns = route.ns, match = match, render = cx.render, rv = rv,
    initial = query.sendInitialEvents ~= nil and is_true(query.sendInitialEvents),
    bookmarks = query.allowWatchBookmarks ~= nil and is_true(query.allowWatchBookmarks) }
end

local function headers_of(answer)
  local out = { ["cache-control"] = "no-cache, private" }
  -- A client's cache takes over what a 304 says, so that says nothing of the type.
  if answer.status ~= 304 then out["content-type"] = answer.type or "application/json" end
  for k, v in pairs(answer.headers or {}) do out[k] = v end
  if answer.warnings and #answer.warnings > 0 then
    local list = {}
    for i, w in ipairs(answer.warnings) do list[i] = '299 - "' .. w:gsub('[\\"]', "\\%0") .. '"' end
    out.warning = table.concat(list, ", ")
  end
  return out
end

--- Sends a watch's lines as they come, until the client goes, its time is over or it is told to begin anew.
local function serve_watch(cx, answer, response)
  local task = require "native.task"
  local w = answer.watch
  response:start(200, headers_of(answer))
  local signal, ended = task.condition(), false
  local unsubscribe = cx.store:subscribe(function(event)
    if event.gvr == cx.route.res.storage then signal:notify() end
  end)
  response:on_close(function() signal:notify() end)
  local seconds = tonumber(cx.query.timeoutSeconds) or 1800 + math.random(1800)
  local timer = task.spawn(function()
    local left = seconds
    while left > BOOKMARK_SECONDS do
      task.sleep(BOOKMARK_SECONDS)
      left = left - BOOKMARK_SECONDS
      local text = w:bookmark()
      if text then response:write(text) end
    end
    task.sleep(left)
    ended = true
    signal:notify()
  end)
  local done, err = pcall(function()
    while true do
      local lines, over = w:pull()
      if #lines > 0 and not response:write(table.concat(lines)) then break end
      if over or ended or response:closed() then break end
      signal:wait()
    end
  end)
  unsubscribe()
  timer:cancel()
  response:finish()
  if not done then error(err, 0) end
end

local function serve_pieces(answer, response)
  response:start(answer.status, headers_of(answer))
  for piece in answer.pieces do
    if not response:write(piece) then break end
  end
  response:finish()
end

-- What a real API server says beside its answer about resources that are on their way out.
local DEPRECATED = { ["v1/endpoints"] = "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice" }

local function warn_of_deprecation(cx, answer)
  local text = cx.route and DEPRECATED[cx.route.res.key]
  if not text then return end
  answer.warnings = answer.warnings or {}
  table.insert(answer.warnings, 1, text)
end

local function answer_of(cx, response)
  local document_answer = serve_document(cx)
  if document_answer then return document_answer end
  cx.route = router.parse(cx.store.served, cx.request.path)
  if not cx.route then return not_found_page() end
  local refusal = forbidden(cx)
  if refusal then return nil, refusal end
  if cx.route.sub == "proxy" then
    if not cx.opts.proxy then return not_found_page() end
    local object, status = cx.store:get(cx.route.res.key, cx.route.ns, cx.route.target)
    status = status or proxy.refusal(cx.store, cx.route, object, cx.opts.proxy_anything)
    if status then return nil, status end
    return { taken = function() return cx.opts.proxy(cx.route, cx.request, response, object) end, status = 200 }
  end
  if cx.route.sub == "exec" and cx.opts.exec then return cx.opts.exec:answer(cx, response, subresources.container) end
  cx.form = respond.form(cx.request.headers.accept)
  if not cx.form then
    return nil, errors.failure(406, "NotAcceptable",
      "only the following media types are accepted: application/json, application/json;stream=watch", {})
  end
  cx.render = respond.renderer(cx.route.res, cx.form, cx.store.now, cx.query.includeObject)
  if wants_watch(cx) then
    if not allows(cx.route.res.verbs, "watch") then return nil, errors.method_not_allowed() end
    local w, status = watch_of(cx)
    if not w then return nil, status end
    return { watch = w, status = 200 }
  end
  return serve_object(cx)
end

--- Clients that are people get JSON they can read, as from the real server.
local function readable(cx, text)
  local pretty = cx.query.pretty
  local agent = cx.request.headers["user-agent"] or ""
  if pretty == "false" or pretty == "0" then return text end
  if not pretty and not agent:match("^curl") and not agent:match("^Mozilla") then return text end
  local done, out = pcall(function() return encode(value.json.decode(text), { indent = 2, canonical = true }) end)
  return done and out or text
end

local PUBLIC = { ["/healthz"] = true, ["/livez"] = true, ["/readyz"] = true, ["/version"] = true }

---@class sim.ApiOptions
---@field tokens? table|fun(token: string): string|nil  bearer tokens accepted: { token = user }; nil: anybody may
---@field users? sim.User[]|fun(): sim.User[]  those who may, with their tokens and passwords; nil: anybody may
---@field authorize? fun(user: string, verb: string, route: sim.Route): boolean  nil: everybody may do everything
---@field request_log? fun(method: string, path: string, query: table, status: integer, user: string|nil)
---@field logs? fun(pod: table, container: string, options: table): string|function|nil, any  see subresources.log
---@field exec? table                     see almanac.sim.exec
---@field proxy? fun(route: table, request: table, response: table, object: table)  service and pod proxy
---@field proxy_anything? boolean         services lead on without a ready pod too

--- A request handler for native.httpd over a store. Sets the store's admission.
---@param store table
---@param opts? sim.ApiOptions
---@return fun(request: table, response: table)
function api.new(store, opts)
  opts = opts or {}
  store:admit(admission.admit)
  crds.start(store)
  local pages = { order = {} }
  return function(request, response)
    local cx = { store = store, opts = opts, request = request, query = request.query or {}, pages = pages }
    local answer, status
    cx.who, status = identity.of(opts, request)
    cx.user = cx.who and cx.who.name
    if cx.who or PUBLIC[request.path] then answer, status = answer_of(cx, response) end
    if not answer then
      local seconds = status.details and status.details.retryAfterSeconds
      answer = respond.status(request.headers.accept, status)
      answer.headers = seconds and { ["retry-after"] = tostring(seconds) } or nil
    end
    warn_of_deprecation(cx, answer)
    if opts.request_log then opts.request_log(request.method, request.path, cx.query, answer.status, cx.user) end
    if answer.watch then return serve_watch(cx, answer, response) end
    if answer.pieces then return serve_pieces(answer, response) end
    if answer.taken then return answer.taken() end
    local body = answer.body
    if not answer.type and body ~= "" then body = readable(cx, body) end
    response:send(answer.status, headers_of(answer), body)
  end
end

return api
