--- Answers that a test gives: the tables that it writes for Prometheus, alerts, Loki, web services and programs, as they are
--- declared; and whether one that a function of the test computes is such a table. Pure.
local fields = require "almanac.base.fields"

local M = {}

local TAKES = { "duration", shown_default = "at once", help = "until it answers, by the simulated clock" }

local SH = {
  code = { "integer", default = 0, help = "exit code" },
  stdout = { "string", default = "", help = "what it prints" },
  stderr = { "string", default = "", help = "what it prints of errors" },
  writes = { "map", help = "texts of files that it writes, by their paths in the project" },
  takes = TAKES,
}

local HTTP = {
  status = { "integer", default = 200, help = "of HTTP" },
  body = { "any", help = "text, or a table as JSON" },
  headers = { "map", help = "of the answer" },
  takes = TAKES,
}

local ALERT = {
  name = { "text", required = true, help = "of the alert" },
  severity = { "text", default = "critical", help = "of the alert" },
  summary = { "text", help = "a line for people" },
  labels = { "map", help = "other labels" },
}

--- A table that has one of these is an answer in parts; another one is the body itself.
local PARTS = { "status", "body", "headers" }

local function is_in_parts(answer)
  for _, name in ipairs(PARTS) do
    if answer[name] ~= nil then return true end
  end
  return false
end

--- One answer, of several that are given one after another, too.
local function each(answer, fn)
  if type(answer) ~= "table" then return answer end
  if #answer == 0 then return fn(answer, "") end
  local out = {}
  for i, one in ipairs(answer) do out[i] = type(one) == "table" and fn(one, string.format("[%d]", i)) or one end
  return out
end

--- An answer of a program.
---@param who string  that says it
---@param answer any
---@return any  a table with all of its fields; what is none is itself
function M.sh(who, answer)
  return each(answer, function(one, place) return fields.check({ who = who .. place, fields = SH, at = 1 }, one) end)
end

--- An answer of a web service. A list of tables is several, one after another.
---@param who string
---@param answer any
---@return any
function M.http(who, answer)
  return each(answer, function(one, place)
    return is_in_parts(one) and fields.check({ who = who .. place, fields = HTTP, at = 1 }, one) or one
  end)
end

--- Takes a map of answers, each by the one that is given.
local function by_name(check)
  return function(who, value, name)
    local out = {}
    for asked, answer in pairs(fields.value(who, name, { "map" }, value)) do
      out[asked] = check(string.format("%s: %s[%q]", who, name, asked), answer)
    end
    return out
  end
end

local ANSWERS = "what is asked, and the answer"

--- What a world is told to answer, and may be told otherwise later.
M.FIELDS = {
  prom = {
    "map|function", help = ANSWERS .. " of Prometheus by query: a number, a list of series, or a function of the seconds so far",
  },
  alerts = { "list|function", may_be_empty = true, of = ALERT, help = "that fire, or a function of the seconds so far that gives them" },
  loki = { "map", help = ANSWERS .. " of Loki by query: lines, or a number; left out: what the cluster's pods print" },
  http = {
    "map", of = HTTP, take = by_name(M.http), help = ANSWERS .. ' of web services by "GET https://host/path" or "GET /path": text, a ' ..
      "status, a table with one of status, body and headers, or any other table as JSON",
  },
  sh = {
    "map", of = SH, take = by_name(M.sh), help = ANSWERS .. " of programs by their command lines: what they print, an exit code, a " ..
      "table, or a function of the words and the world",
  },
}

--- Alerts that a function of a test computed.
---@param given any
---@return table[]
function M.alerts(given)
  return fields.value("world", "alerts", { "list", may_be_empty = true, of = ALERT, help = M.FIELDS.alerts.help }, given) or {}
end

return M
