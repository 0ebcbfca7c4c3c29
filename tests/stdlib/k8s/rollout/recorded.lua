--- What real servers answered, from tests/fixtures/recordings.
local json = require "native.json"
local t = require "tests.harness"

local M = {}

function M.exchanges(name)
  local out = {}
  for line in t.read_file("tests/fixtures/recordings/" .. name .. ".jsonl"):gmatch "[^\n]+" do
    out[#out + 1] = json.decode(line, { big = "text", null = "absent" })
  end
  return out
end

--- Every object that an exchange answered with: its body, the items of a list, a watch's events.
function M.objects(exchange)
  local out = {}
  local response = exchange.response
  if response.body and response.body ~= "" then
    local body = json.decode(response.body, { null = "absent" })
    if body.items then
      for _, item in ipairs(body.items) do
        item.kind = item.kind or body.kind:gsub("List$", "")
        out[#out + 1] = item
      end
    else
      out[1] = body
    end
  end
  for _, event in ipairs(response.stream or {}) do
    out[#out + 1] = json.decode(event.line, { null = "absent" }).object
  end
  return out
end

function M.find(list, kind, name)
  for _, obj in ipairs(list) do
    if obj.kind == kind and obj.metadata.name == name then return obj end
  end
  error("no " .. kind .. " " .. name)
end

return M
