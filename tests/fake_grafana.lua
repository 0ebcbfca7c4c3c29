--- A Grafana for a test: its annotations, as its documentation has them.
--- https://grafana.com/docs/grafana/latest/developers/http_api/annotations/
local httpd = require "native.httpd"
local json = require "native.json"
local t = require "tests.harness"

local M = {}

---@class tests.FakeGrafana
---@field url string
---@field annotations table[]
---@field is_down? boolean
---@field on_post? fun()  called when an annotation was made, before that is answered

local function has_tag(annotation, tag)
  for _, own in ipairs(annotation.tags) do
    if own == tag then return true end
  end
  return false
end

local function answer(self, request)
  if self.is_down then return 503, { message = "down" } end
  if request.headers.authorization ~= "Bearer t0ken" then return 401, { message = "Unauthorized" } end
  local id = request.path:match "^/api/annotations/(%d+)$"
  if id and request.method == "DELETE" then
    for i, annotation in ipairs(self.annotations) do
      if annotation.id == tonumber(id) then
        table.remove(self.annotations, i)
        return 200, { message = "Annotation deleted" }
      end
    end
    return 404, { message = "Could not find annotation to update" }
  elseif request.path ~= "/api/annotations" then
    return 404, { message = "Not found" }
  elseif request.method == "POST" then
    local annotation = json.decode(request.body)
    self.made = self.made + 1
    annotation.id = self.made
    table.insert(self.annotations, annotation)
    return 200, { message = "Annotation added", id = annotation.id }
  end
  local tag, out = require("native.codec").percent_decode(request.raw_query:match "tags=([^&]*)", true), json.array {}
  for _, annotation in ipairs(self.annotations) do
    if has_tag(annotation, tag) then out[#out + 1] = annotation end
  end
  return 200, out
end

--- Starts it; it ends with the case.
---@return tests.FakeGrafana
function M.start()
  local self = { annotations = {}, made = 0 }
  local server = httpd.listen { handler = function(request, response)
    local status, value = answer(self, request)
    if request.method == "POST" and status == 200 and self.on_post then self.on_post() end
    response:send(status, {}, json.encode(value))
  end }
  self.url = "http://127.0.0.1:" .. server:port()
  t.defer(function() server:close() end)
  return self
end

return M
