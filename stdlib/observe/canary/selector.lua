--- A selector of PromQL with the matchers of an arm put into it: http_errors_total{code="500"} becomes
--- http_errors_total{code="500",namespace="canary"}. Pure.
--- https://prometheus.io/docs/prometheus/latest/querying/basics/#instant-vector-selectors
local M = {}

--- Where the string that begins at `at` ends; nil: it does not.
local function string_end(text, at)
  local quote = text:sub(at, at)
  if quote ~= '"' and quote ~= "'" and quote ~= "`" then return nil end
  local stop = at + 1
  while stop <= #text do
    local c = text:sub(stop, stop)
    if c == quote then return stop end
    stop = stop + (c == "\\" and quote ~= "`" and 2 or 1)
  end
  return nil
end

local OPERATORS = { ["="] = true, ["!="] = true, ["=~"] = true, ["!~"] = true }

--- The matchers between braces, one by one; nil where they are none.
local function split(text)
  local out, at = {}, text:match "^%s*()"
  while at <= #text do
    local operator, value_at = text:match("^[%a_][%w_]*%s*([=!][=~]?)%s*()", at)
    local stop = OPERATORS[operator] and string_end(text, value_at)
    if not stop then return nil end
    out[#out + 1] = text:sub(at, stop)
    at = text:match("^%s*()", stop + 1)
    if at <= #text then at = text:match("^,%s*()", at) end
    if not at then return nil end
  end
  return out
end

local ESCAPES = { ["\\"] = "\\\\", ['"'] = '\\"', ["\n"] = "\\n" }

--- The matchers of an arm.
---@param value string|table<string, string>  'namespace="x", pod=~"y-.*"', or { namespace = "x" }
---@return string[]? matchers  nil where they are none
function M.matchers(value)
  if type(value) == "string" then return split(value) end
  local out = {}
  for label, text in pairs(value) do
    if not label:find "^[%a_][%w_]*$" or type(text) ~= "string" then return nil end
    out[#out + 1] = string.format('%s="%s"', label, (text:gsub('[\\"\n]', ESCAPES)))
  end
  table.sort(out)
  return out
end

--- The selector with matchers added; nil where it is no selector alone (but a function, an operator, a range).
---@param selector string
---@param matchers string[]
---@return string?
function M.with(selector, matchers)
  local text = selector:match "^%s*(.-)%s*$"
  local name = text:match "^[%a_:][%w_:]*" or ""
  local rest = text:sub(#name + 1):match "^%s*(.*)$"
  local inside = rest:match "^{(.*)}$"
  local own = rest == "" and {} or inside and split(inside)
  if not own or name == "" and #own == 0 then return nil end
  local all = table.move(matchers, 1, #matchers, #own + 1, own)
  return string.format("%s{%s}", name, table.concat(all, ","))
end

return M
