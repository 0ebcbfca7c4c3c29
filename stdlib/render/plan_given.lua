--- What the effects of a plan are given, and what they would create: of what decides what happens, a reviewer reads all, or is told
--- that there is more.
local brief = require "almanac.render.brief"
local errors = require "almanac.base.errors"
local json = require "native.json"
local redaction = require "almanac.base.redaction"
local yaml = require "native.yaml"

local M = {}

--- What of an input says what is done, and is in no title: by effect, its fields and what they are called.
local HANDED = {
  ["sh.run"] = { { "stdin", "stdin" }, { "env", "env" } },
  ["k8s.exec"] = { { "stdin", "stdin" } },
  ["http.request"] = {
    { "headers", "header" }, { "user", "user" }, { "proxy", "proxy" }, { "unix_socket", "unix_socket" }, { "server_name", "server_name" },
    { "insecure", "insecure" }, { "ca_file", "ca_file" }, { "cert_file", "cert_file" },
  },
}

--- Effects that are given the objects which they create.
local GIVES_OBJECTS = { ["k8s.apply"] = true, ["k8s.create"] = true }

local function sorted_names(map)
  local names = {}
  for name in pairs(map) do names[#names + 1] = tostring(name) end
  table.sort(names)
  return names
end

--- The header that comes of the body being JSON says nothing of its own.
local function is_implied(planned, name, value)
  return planned.input.json ~= nil and name == "Content-Type" and value == "application/json"
end

local function add_map(out, planned, word, map)
  for _, name in ipairs(sorted_names(map)) do
    local value = map[name]
    if value == false then
      out[#out + 1] = string.format("%s: without %s", word, name)
    elseif not is_implied(planned, name, value) then
      out[#out + 1] = string.format("%s: %s%s%s", word, name, word == "env" and "=" or ": ", brief.text(value))
    end
  end
end

--- What a program or a server is handed besides what the title says, a line each.
---@param planned table  an effect of a plan
---@return string[]
function M.handed(planned)
  local out, input = {}, type(planned.input) == "table" and redaction.data(planned.input) or {}
  for _, field in ipairs(HANDED[planned.op] or {}) do
    local value, word = input[field[1]], field[2]
    if type(value) == "table" then
      add_map(out, planned, word, value)
    elseif value ~= nil and value ~= false then
      out[#out + 1] = word .. ": " .. brief.text(value)
    end
  end
  return out
end

local function is_cut(value)
  if type(value) == "string" then return #value > brief.MAX end
  for _, item in pairs(type(value) == "table" and value or {}) do
    if is_cut(item) then return true end
  end
  return false
end

--- Whether there is more of an effect than its lines say.
---@param planned table
---@return boolean
function M.has_more(planned)
  for _, change in ipairs(planned.changes or {}) do
    if change.created ~= nil then return true end
  end
  return not planned.nothing and is_cut(planned.input)
end

--- A value in YAML, each line behind a sign of ours.
local function add_yaml(out, head, value)
  local ok, text = errors.try(yaml.encode, value)
  if not ok then text = json.encode(value, { canonical = true }) end
  out[#out + 1] = head
  for line in text:gmatch "([^\n]*)\n?" do
    if line ~= "" then out[#out + 1] = "  | " .. line end
  end
end

--- All that an effect is given, and each object that it would create.
---@param planned table
---@return string[] lines
function M.full(planned)
  local out = {}
  local input = redaction.data(planned.input) -- a header that opens something is known by its name
  if input ~= nil and not (type(input) == "table" and next(input) == nil) then add_yaml(out, "it is given", input) end
  for _, change in ipairs(not GIVES_OBJECTS[planned.op] and planned.changes or {}) do
    if change.created ~= nil then add_yaml(out, change.object, redaction.data(change.created)) end
  end
  return out
end

return M
