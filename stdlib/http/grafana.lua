--- grafana: annotations, as effects, and links to dashboards.
--- https://grafana.com/docs/grafana/latest/developers/http_api/annotations/
local effect = require "almanac.run.effect"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local services = require "almanac.http.service"
local task = require "native.task"
local urls = require "almanac.http.url"

local M = {}

local EPOCH = "seconds since 1970"

local ANNOTATE = fields.declare("grafana.annotate", {
  text = { "text", required = true, help = "what is shown" },
  tags = { "texts", default = {}, may_be_empty = true, help = "by which dashboards choose annotations" },
  time = { "number", unit = EPOCH, shown_default = "now", help = "when it was, or began" },
  time_end = { "number", unit = EPOCH, help = "makes it a region" },
  dashboard = { "name", shown_default = "all that choose by its tags", help = "uid of the only dashboard that shows it" },
  panel = { "count", help = "the only panel of that dashboard" },
  optional = { "flag", help = "that it cannot be made is noted, and fails nothing" },
})
local REMOVE = fields.declare("grafana.remove", { id = { "count", required = true, help = "of the annotation" } })
local LINK = fields.declare("grafana.link", {
  dashboard = { "name", required = true, help = "its uid" },
  from = { "number", unit = EPOCH, required = true, help = "begin of its time range" },
  to = { "number", unit = EPOCH, shown_default = "the time at which it is opened", help = "end of its time range" },
  vars = { "map", help = "its variables: texts, numbers, and lists of those" },
  panel = { "count", help = "shows this panel alone" },
  url = { "text", shown_default = "endpoints.grafana of almanac.yaml", help = "base URL, where people have another one" },
})

local allow = { category = "grafana", of = function(input) return input.dashboard or "annotations" end }

--- The tag by which a resume finds what was sent before the crash.
local function tag_of(id)
  return "almanac:" .. id
end

local function milliseconds(seconds)
  return math.floor(seconds * 1000 + 0.5)
end

local function open(who)
  return services.open(who, "grafana", { within = {} }) -- the operator's; the effects ask for dashboards
end

local function body_of(input, id)
  local tags = table.move(input.tags, 1, #input.tags, 1, {})
  tags[#tags + 1] = tag_of(id)
  return {
    text = input.text, tags = tags, dashboardUID = input.dashboard, panelId = input.panel,
    time = input.time and milliseconds(input.time) or task.wall_ms(), timeEnd = input.time_end and milliseconds(input.time_end),
  }
end

local function look(id)
  local found = services.read(open "grafana.annotate", "/api/annotations", { tags = tag_of(id), limit = 1 })
  return found[1] and { made = true, id = found[1].id }
end

effect.define("grafana.annotate", {
  input = function(raw)
    local input = fields.check(ANNOTATE, raw)
    if input.time and input.time_end and input.time_end < input.time then
      errors.usage "grafana.annotate: time_end must not be before time"
    end
    if input.panel and not input.dashboard then errors.usage "grafana.annotate: a panel needs its dashboard" end
    input.optional = input.optional or nil
    return input
  end,
  preview = function(input)
    local where = input.dashboard and "on " .. input.dashboard .. ": " or ""
    return { summary = where .. input.text .. (#input.tags > 0 and " [" .. table.concat(input.tags, ", ") .. "]" or "") }
  end,
  apply = function(input, ctx)
    local made = services.attempt(input.optional, "the annotation", function()
      return services.write(open "grafana.annotate", "POST", "/api/annotations", body_of(input, ctx.id), "id")
    end)
    return made and { made = true, id = made.id } or { made = false }
  end,
  recover = function(input, ctx) return services.recover(input.optional, function() return look(ctx.id) end) end,
  undo = function(_, result)
    if result and result.made then effect.perform("grafana.remove", { id = result.id }) end
  end,
  title = function() return "annotate Grafana" end,
  allow = allow,
}, { for_people = true })

--- Deletes an annotation: what takes grafana.annotate back.
effect.define("grafana.remove", {
  input = function(raw) return fields.check(REMOVE, raw) end,
  apply = function(input)
    services.delete(open "grafana.remove", "/api/annotations/" .. input.id)
    return { id = input.id }
  end,
  recover = function() return "again" end, -- what is deleted already is left alone
  preview = function() return {} end,
  title = function(input) return string.format("delete annotation %d of Grafana", input.id) end,
  allow = allow,
})

function M.annotate(options)
  return effect.perform("grafana.annotate", options)
end

function M.link(options)
  local input = fields.check(LINK, options)
  local base = input.url and input.url:gsub("/+$", "") or open("grafana.link").url
  local query = { from = milliseconds(input.from), to = input.to and milliseconds(input.to) or "now", viewPanel = input.panel }
  for name, value in pairs(input.vars or {}) do query["var-" .. name] = value end
  return urls.with_query("grafana.link", base .. "/d/" .. urls.escape(input.dashboard), query)
end

return M
