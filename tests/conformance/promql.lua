--- Answers of a real Prometheus: as Almanac reads them and as promtool prints them; the one number of a query
--- against PromQL's own scalar(); a gate's comparison against PromQL's.
local errors = require "almanac.base.errors"
local process = require "native.process"
local prom = require "almanac.observe.prom"
local samples = require "almanac.observe.gate.sample"
local t = require "tests.harness"

local M = { area = "PromQL answers", against = "Prometheus 2.42 (promtool)" }

local BIN = ".deps/prometheus/usr/bin/"
local TIME = "1795457677.5"
local TWO = 'vector(1) or label_replace(vector(2), "a", "b", "", "")'

local queries = {
  "1", "-1", "0", "-0", "1.5", "0.1 + 0.2", "1e21", "1e-7", "1e308 * 10", "5e-324", "123456789", "9007199254740993", "1/0", "0 - 1/0",
  "0/0", "time()", "pi()", "vector(1)", "vector(0/0)", "vector(1/0)", "vector(0 - 1/0)", "vector(9007199254740993)", "vector(1) == 2",
  "absent(nothing)", "nothing", "sum(nothing)", "rate(nothing[5m])", TWO, "sort_desc(" .. TWO .. ")", "vector(1) > bool 2", "1 > bool 2",
  'label_replace(vector(1), "__name__", "x", "", "")', 'label_replace(vector(1), "a", "say \\"x\\"\\n\\\\", "", "")',
  'label_replace(vector(1), "a", "長い", "", "")', "vector(1)[1m:30s]", "(" .. TWO .. ")[1m:30s]", "vector(0/0)[1m:30s]", "nothing[1m]",
  "hour()", "scalar(nothing)", "vector(1) / 0", "vector(0) / 0", "clamp_min(vector(0), 1e-6)", "histogram_quantile(0.95, nothing)",
  'count_values("v", ' .. TWO .. ")", "topk(1, " .. TWO .. ")", "quantile(2, vector(1))", "# a comment\n1", '"text"',
  -- Refused.
  "sum(", "rate(nothing)", "1 > 2", "foo bar", "vector(1) and 1", "{}", "sum by (a", "unknown_function(1)", "1 + 'a'", "vector(1)[5m]",
  'label_replace(vector(1), "a b", "x", "", "")', TWO .. " + on() vector(1) * on() group_left() " .. TWO, "  ", "nothing[0s]",
}

--- Asked for as one number.
local numbers = {
  "vector(1)", "vector(0/0)", "vector(1/0)", "nothing", TWO, "sum(" .. TWO .. ")", "vector(1) == 2",
  "topk(1, " .. TWO .. ")", "vector(0.3)",
}

local compared = { "1", "0.1 + 0.2", "1/0", "0 - 1/0", "0/0", "0" }
local limits = { { "1", 1 }, { "0.3", 0.3 }, { "-0.0", -0.0 } }
local operators = { "<", "<=", ">", ">=" }

local server

--- Numbers are compared as the doubles that they are.
local function number(text)
  local value = text == "+Inf" and math.huge or text == "-Inf" and -math.huge or tonumber(text)
  if not value or value ~= value then return "NaN" end
  return string.format("%.17g", value)
end

--- What promtool prints, or its reason for none.
local function promtool(query)
  local code, out, said = t.run { BIN .. "promtool", "query", "instant", "--time=" .. TIME, "--", server, query }
  if code ~= 0 then return "refused: " .. (said:match "query error: (.-)%s*$" or said) end
  return (out:gsub("%s+$", ""):gsub("(%S+) @%[([^%]]*)%]", function(value, time) return number(value) .. " @" .. number(time) end))
end

local function labels_text(labels)
  local parts = {}
  for name, value in pairs(labels) do
    if name ~= "__name__" then
      parts[#parts + 1] = name .. '="' .. value:gsub('[\\"]', "\\%0"):gsub("\n", "\\n") .. '"'
    end
  end
  table.sort(parts)
  if #parts == 0 and labels.__name__ then return labels.__name__ end
  return (labels.__name__ or "") .. "{" .. table.concat(parts, ", ") .. "}"
end

local function point(of)
  return (string.format("%.17g @%.17g", of.value, of.time):gsub("%-?nan", "NaN"))
end

--- A result as promtool prints it.
local function printed(result)
  if result.type == "scalar" then return "scalar: " .. point(result.series[1]) end
  local lines = {}
  for i, series in ipairs(result.series) do
    local head = labels_text(series.labels) .. " =>"
    if series.points then
      lines[i] = head
      for _, one in ipairs(series.points) do lines[i] = lines[i] .. "\n" .. point(one) end
    else
      lines[i] = head .. " " .. point(series)
    end
  end
  return table.concat(lines, "\n")
end

local function ours(query)
  local ok, result = errors.try(prom.query, query, { url = server, time = tonumber(TIME) })
  if not ok then
    return "refused: " .. (result.error_type or result.kind) .. ": " .. result.message:gsub("^prom%.query: ", "")
  end
  if result.type == "string" then return "text: " .. result.text end
  return printed(result)
end

local function start(dir)
  t.write_file(dir .. "/prometheus.yml", "global: {}\n")
  local p = t.spawn({ process.cwd() .. "/" .. BIN .. "prometheus", "--config.file=prometheus.yml",
    "--storage.tsdb.path=" .. dir .. "/data", "--web.listen-address=127.0.0.1:0" }, { cwd = dir })
  local found = p:wait_lines { 'Listening on" address=(%S+)', "Server is ready" }
  server = "http://" .. found[1]
end

local function one_number(out, query)
  local ok, value = errors.try(prom.value, query, { url = server, time = tonumber(TIME) })
  out[#out + 1] = {
    name = "the one number of " .. query, theirs = promtool("scalar(" .. query .. ")"):match "^scalar: (%S+)",
    ours = ok and string.format("%.17g", value) or "NaN", why = not ok and value.message,
  }
end

--- All comparisons of a value with a limit, in one query: a series for each operator.
local function comparisons(out, value, limit)
  local parts = {}
  for i, operator in ipairs(operators) do
    parts[i] = string.format('label_replace(vector((%s) %s bool %s), "op", "%s", "", "")', value, operator, limit[1], operator)
  end
  local theirs = promtool(table.concat(parts, " or "))
  local answer = prom.query(value, { url = server, time = tonumber(TIME) })
  for _, operator in ipairs(operators) do
    out[#out + 1] = {
      name = string.format("a gate: %s %s %s", value, operator, limit[1]),
      ours = samples.of({ op = operator, limit = limit[2] }, answer, 0).ok and "1" or "0",
      theirs = theirs:match('op="' .. operator .. '"} => (%S+)'),
    }
  end
end

--- Each query, asked by both.
function M.run()
  local out = {}
  start(t.tmpdir())
  for i, query in ipairs(queries) do
    local theirs = promtool(query)
    out[i] = { name = query:find "%S" and query:gsub("\n", " ") or "blanks", theirs = theirs, ours = ours(query) }
  end
  for _, query in ipairs(numbers) do one_number(out, query) end
  for _, value in ipairs(compared) do
    for _, limit in ipairs(limits) do comparisons(out, value, limit) end
  end
  return out
end

M.differ = {
  ['"text"'] = "promtool reads no answer that is a text; Almanac gives it",
  blanks = "the query is refused before it is asked, in words of Almanac's",
}

return M
