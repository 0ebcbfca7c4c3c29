--- get and list, with paging. A handler takes the request's context (see api.lua) and returns an answer
--- { status, body }, or nil and a Status.
local value = require "almanac.sim.model.value"
local base64 = require "almanac.base.base64"
local errors = require "almanac.sim.model.errors"
local respond = require "almanac.sim.api.respond"
local store = require "almanac.sim.model.store"

local reads = {}

-- How long the rest of a list can be asked for, and how many such rests are kept.
local PAGE_SECONDS, PAGES_MAX = 300, 64

--- get: one object.
function reads.get(cx)
  local route = cx.route
  local object, status = cx.store:get(route.res.key, route.ns, route.name)
  if not object then return nil, status end
  return respond.object(cx, 200, object)
end

local function encode_token(rv, start)
  local json = ('{"v":"meta.k8s.io/v1","rv":%d,"start":%s}'):format(rv, value.json.encode(start .. "\0"))
  return (base64.encode(json):gsub("=", ""):gsub("+", "-"):gsub("/", "_"))
end

local function decode_token(text)
  local bytes, at = base64.decode(text)
  if not bytes then
    return nil, errors.bad_request(
      ("invalid continue token: continue key is not valid: illegal base64 data at input byte %d"):format(at))
  end
  local done, token = pcall(value.json.decode, bytes)
  if not done or type(token) ~= "table" or math.type(token.rv) ~= "integer" or type(token.start) ~= "string" then
    return nil, errors.bad_request("invalid continue token: continue key is not valid: invalid character")
  end
  return token
end

local EXPIRED = "The provided continue parameter is too old to display a consistent list result. You can start a new "
  .. "list without the continue parameter."

--- The list a continue token goes on with: the same objects as at its first page.
local function resume(cx, text)
  local token, status = decode_token(text)
  if not token then return nil, status end
  local page = cx.pages[text]
  if not page or cx.store.now() - page.at > PAGE_SECONDS then return nil, errors.expired(EXPIRED) end
  return page
end

local function forget_old_pages(cx)
  local order = cx.pages.order
  while #order > PAGES_MAX do cx.pages[table.remove(order, 1)] = nil end
end

local function page_key(cx, object)
  local meta = object.metadata
  if cx.route.ns or not meta.namespace then return meta.name end
  return meta.namespace .. "/" .. meta.name
end

--- Takes a page of `limit` off a list and remembers the rest under its token.
local function cut(cx, page, limit, meta)
  local objects, from = page.objects, page.from
  local to = math.min(#objects, from + limit - 1)
  local out = table.move(objects, from, to, 1, {})
  if to < #objects then
    local token = encode_token(page.rv, page_key(cx, objects[to]))
    if not cx.pages[token] then table.insert(cx.pages.order, token) end
    cx.pages[token] = { objects = objects, from = to + 1, rv = page.rv, at = cx.store.now() }
    forget_old_pages(cx)
    meta.continue = token
    if not cx.query.labelSelector and not cx.query.fieldSelector then meta.remainingItemCount = #objects - to end
  end
  return out
end

local function fresh(cx)
  local route, query = cx.route, cx.query
  local objects, rv = cx.store:list(route.res.key, route.ns,
    { labels = query.labelSelector, fields = query.fieldSelector })
  if not objects then return nil, rv end
  return { objects = objects, from = 1, rv = rv }
end

--- list: in pages where a limit is asked for.
function reads.list(cx)
  local query = cx.query
  local limit = math.tointeger(tonumber(query.limit or "0"))
  if not limit or limit < 0 then
    return nil, errors.bad_request(('strconv.ParseInt: parsing "%s": invalid syntax'):format(query.limit))
  end
  local page, status
  if query.continue and query.continue ~= "" then
    page, status = resume(cx, query.continue)
  else
    page, status = fresh(cx)
  end
  if not page then return nil, status end
  local meta = { resourceVersion = tostring(page.rv) }
  local objects = page.objects
  if limit > 0 then
    objects = cut(cx, page, limit, meta)
  elseif page.from > 1 then
    objects = table.move(objects, page.from, #objects, 1, {})
  end
  return respond.list(cx, objects, meta)
end

--- The selector of a watch or deletecollection as a predicate, or nil and a Status.
function reads.matcher(cx)
  return store.matcher({ labels = cx.query.labelSelector, fields = cx.query.fieldSelector }, cx.route.res.storage)
end

return reads
