--- Label and field selectors, in the syntax of the API's labelSelector and fieldSelector parameters.
--- https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#api
local value = require "almanac.sim.model.value"

local selectors = {}

local function trim(s) return (s:gsub("^%s+", ""):gsub("%s+$", "")) end

--- Splits at commas that are outside parentheses.
local function split(text)
  local out, depth, from = {}, 0, 1
  for i = 1, #text do
    local c = text:sub(i, i)
    if c == "(" then depth = depth + 1
    elseif c == ")" then depth = depth - 1
    elseif c == "," and depth == 0 then
      out[#out + 1] = text:sub(from, i - 1)
      from = i + 1
    end
  end
  out[#out + 1] = text:sub(from)
  return out
end

local function value_set(list)
  local set = {}
  for v in (list .. ","):gmatch("([^,]*),") do set[trim(v)] = true end
  return set
end

--- One requirement as { key, op, set }; op: in, notin, exists, absent.
local function requirement(text)
  text = trim(text)
  local key, op, list = text:match("^(%S+)%s+(n?o?t?in)%s*%((.*)%)$")
  if key and (op == "in" or op == "notin") then return { key = key, op = op, set = value_set(list) } end
  local negated = text:match("^!%s*([%w%./_%-]+)$")
  if negated then return { key = negated, op = "absent" } end
  local k, o, v = text:match("^([%w%./_%-]+)%s*([!=]=?)%s*([%w%._%-]*)$")
  if k and (o == "=" or o == "==" or o == "!=") then
    return { key = k, op = o == "!=" and "notin" or "in", set = { [v] = true } }
  end
  if text:match("^[%w%./_%-]+$") then return { key = text, op = "exists" } end
  return nil, ("unable to parse requirement: found '%s', expected: identifier"):format(text)
end

local function holds(req, got)
  if req.op == "exists" then return got ~= nil end
  if req.op == "absent" then return got == nil end
  if req.op == "in" then return got ~= nil and req.set[got] == true end
  return got == nil or not req.set[got]
end

--- A predicate over labels: every requirement holds.
local function all_hold(reqs)
  return function(labels)
    for _, req in ipairs(reqs) do
      if not holds(req, labels and labels[req.key]) then return false end
    end
    return true
  end
end

--- Compiles a labelSelector. Returns nil for one that selects everything, or false and why it is bad.
---@param selector string|table|nil text, a map of equalities, or a LabelSelector object
---@return (fun(labels: table|nil): boolean)|false|nil match, string? why
function selectors.labels(selector)
  if selector == nil or selector == "" then return nil end
  if type(selector) == "table" then return selectors.object(selector) end
  local reqs = {}
  for _, part in ipairs(split(selector)) do
    local req, why = requirement(part)
    if not req then return false, why end
    reqs[#reqs + 1] = req
  end
  return all_hold(reqs)
end

local OPERATORS = { In = "in", NotIn = "notin", Exists = "exists", DoesNotExist = "absent" }

--- Compiles a LabelSelector object ({ matchLabels, matchExpressions }) or a plain map of labels.
---@param selector table
---@return (fun(labels: table|nil): boolean)|nil match nil: selects everything
function selectors.object(selector)
  local reqs = {}
  local equal = selector
  if selector.matchLabels or selector.matchExpressions then equal = selector.matchLabels or {} end
  for k, v in pairs(equal) do reqs[#reqs + 1] = { key = k, op = "in", set = { [v] = true } } end
  for _, e in ipairs(selector.matchExpressions or {}) do
    local set = {}
    for _, v in ipairs(e.values or {}) do set[v] = true end
    reqs[#reqs + 1] = { key = e.key, op = OPERATORS[e.operator], set = set }
  end
  if #reqs == 0 then return nil end
  return all_hold(reqs)
end

local function field_value(object, path)
  local at = object
  for part in path:gmatch("[^%.]+") do
    if type(at) ~= "table" then return "" end
    at = at[part]
  end
  if value.is_nil(at) or type(at) == "table" then return "" end
  return tostring(at)
end

-- What objects of a resource can be selected by, besides metadata.name and metadata.namespace.
local FIELDS = {
  ["v1/pods"] = "spec.nodeName spec.restartPolicy spec.schedulerName spec.serviceAccountName spec.hostNetwork "
    .. "status.phase status.podIP status.podIPs status.nominatedNodeName",
  ["v1/events"] = "involvedObject.kind involvedObject.namespace involvedObject.name involvedObject.uid "
    .. "involvedObject.apiVersion involvedObject.resourceVersion involvedObject.fieldPath reason reportingComponent "
    .. "source type",
  ["v1/secrets"] = "type", ["v1/namespaces"] = "status.phase", ["v1/nodes"] = "spec.unschedulable",
  ["v1/services"] = "spec.clusterIP spec.type", ["v1/replicationcontrollers"] = "status.replicas",
  ["apps/v1/replicasets"] = "status.replicas", ["batch/v1/jobs"] = "status.successful",
}

local allowed = {}

--- Whether objects of the resource `key` can be selected by the field `path`.
---@param key string
---@param path string
---@return boolean
function selectors.allows(key, path)
  if path == "metadata.name" or path == "metadata.namespace" then return true end
  if not allowed[key] then
    allowed[key] = {}
    for word in (FIELDS[key] or ""):gmatch("%S+") do allowed[key][word] = true end
  end
  return allowed[key][path] == true
end

--- Compiles a fieldSelector. A missing field reads as the empty string.
---@param selector string|nil
---@param key? string the resource; a field it cannot be selected by is refused
---@return (fun(object: table): boolean)|false|nil match, string? why_or_name the name it pins, if it does
function selectors.fields(selector, key)
  if selector == nil or selector == "" then return nil end
  local reqs, name = {}, nil
  for _, part in ipairs(split(selector)) do
    local path, op, want = trim(part):match("^([^!=]+)([!=]=?)(.*)$")
    if not path or op == "!" then
      return false, ("invalid selector: '%s'; can't understand '%s'"):format(selector, part)
    end
    path = trim(path)
    if key and not selectors.allows(key, path) then return false, "field label not supported: " .. path end
    if path == "metadata.name" and op ~= "!=" then name = want end
    reqs[#reqs + 1] = { path = path, want = want, negated = op == "!=" }
  end
  return function(object)
    for _, req in ipairs(reqs) do
      if (field_value(object, req.path) == req.want) == req.negated then return false end
    end
    return true
  end, name
end

return selectors
