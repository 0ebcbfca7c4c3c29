--- JSONPath as kubectl takes it, as far as it names fields: {.status.phase}, .spec['x'], [0], [-1], [*],
--- [?(@.type=="Ready")]. Pure.
--- https://kubernetes.io/docs/reference/kubectl/jsonpath/
local errors = require "almanac.base.errors"
local json = require "native.json"

local M = {}

local function refuse(text, at)
  errors.usage("k8s.wait: %q is no path: %q is not understood; write .status.phase, .items[0], .conditions[?(@.type==\"Ready\")].status",
    text, text:sub(at))
end

--- The literal of a filter: "text", 'text', a number, true or false.
local function literal(text)
  local quoted = text:match [[^"(.*)"$]] or text:match "^'(.*)'$"
  if quoted then return quoted end
  if text == "true" then return true elseif text == "false" then return false end
  return math.tointeger(tonumber(text)) or tonumber(text)
end

local function parse_filter(text, at)
  local path, op, value, next_at = text:match("^%[%?%(@(.-)%s*([=!]=)%s*(.-)%)%]()", at)
  local wanted
  if path then wanted = literal(value) end
  if wanted == nil then refuse(text, at) end
  return { filter = M.parse(path), equal = op == "==", value = wanted }, next_at
end

--- One step of a path at a position.
local function parse_step(text, at)
  local name, next_at = text:match("^%[['\"]([^'\"]+)['\"]%]()", at)
  if name then return { name = name }, next_at end
  local index, after = text:match("^%[(%-?%d+)%]()", at)
  if index then return { index = math.tointeger(index) }, after end
  after = text:match("^%[%*%]()", at) or text:match("^%.%*()", at)
  if after then return { all = true }, after end
  if text:find("^%[%?%(", at) then return parse_filter(text, at) end
  local escaped, from = {}, text:match("^%.()", at)
  if not from then refuse(text, at) end
  while true do
    local part, past = text:match("^([^%.%[%]\\{}%s]+)()", from)
    if not part then break end
    escaped[#escaped + 1], from = part, past
    local dot = text:match("^\\%.()", from)
    if not dot then break end
    escaped[#escaped + 1], from = ".", dot
  end
  if #escaped == 0 then refuse(text, at) end
  return { name = table.concat(escaped) }, from
end

--- The steps of a path; raises kind "usage".
---@param text string
---@return table[]
function M.parse(text)
  local inner = text:match "^%s*{(.*)}%s*$" or text
  if not inner:find "^[%.%[]" and inner ~= "" then inner = "." .. inner end
  local steps, at = {}, 1
  while at <= #inner do
    steps[#steps + 1], at = parse_step(inner, at)
  end
  if #steps == 0 then refuse(text, 1) end
  return steps
end

local function children(value)
  if type(value) ~= "table" then return {} end
  if #value > 0 then return value end
  local names, out = {}, {}
  for name in pairs(value) do names[#names + 1] = tostring(name) end
  table.sort(names)
  for i, name in ipairs(names) do out[i] = value[name] end
  return out
end

local function take(step, value, out)
  if type(value) ~= "table" then return end
  if step.name then
    out[#out + 1] = value[step.name]
  elseif step.index then
    out[#out + 1] = value[step.index < 0 and #value + 1 + step.index or step.index + 1]
  else
    for _, item in ipairs(children(value)) do
      local keep = step.all
      if step.filter then
        local got = M.values(step.filter, item)[1]
        keep = (got == step.value) == step.equal and (step.equal or got ~= nil)
      end
      if keep then out[#out + 1] = item end
    end
  end
end

--- What is there at a path, each place of it.
---@param steps table[]
---@param value any
---@return any[]
function M.values(steps, value)
  local now = { value }
  for _, step in ipairs(steps) do
    local found = {}
    for _, item in ipairs(now) do take(step, item, found) end
    now = found
  end
  local out = {}
  for _, item in ipairs(now) do
    if item ~= json.null then out[#out + 1] = item end
  end
  return out
end

return M
