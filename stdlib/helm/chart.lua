--- What is given to render a release from: a chart, its version, values and a post-renderer; checked, and
--- as helm's arguments.
local arguments = require "almanac.host.arguments"
local chart_schemas = require "almanac.helm.chart_schemas"
local errors = require "almanac.base.errors"
local fs = require "native.fs"
local json = require "native.json"
local param = require "almanac.base.param"
local process = require "native.process"
local secret = require "almanac.base.secret"
local sh = require "native.sh"
local trusted = require "almanac.host.trusted"
local urls = require "almanac.http.url"

local M = {}

---@class almanac.HelmChartInput
---@field chart string
---@field version? string
---@field values string[]
---@field set? table
---@field set_string? table
---@field plain_http? boolean
---@field post_renderer? string[]  program (helm 4: plugin) and its arguments
---@field chart_file? string    where a chart of elsewhere was fetched to (almanac.helm.at_hand)
---@field chart_digest? string  that its registry gives it

--- The options that say what is rendered, besides release and namespace.
M.fields = {
  chart = {
    "text", required = true, words = "the chart's directory, archive, name or URL", help = "directory, archive, name or URL",
  },
  version = { "text", words = 'a text, like "1.2.3"', help = "of a chart in a repository" },
  values = { "texts", default = {}, may_be_empty = true, help = "values files, later ones win" },
  set = { "map", help = 'single values by their path, such as ["image.tag"]' },
  set_string = { "map", help = "the same, always text" },
  plain_http = { "flag", help = "the chart's registry has no TLS" },
  post_renderer = { "texts", help = "program (helm 4: plugin) that has the last word, and its arguments" },
}

local EXACT = 2 ^ 53 -- past it helm's numbers (doubles) are rounded

-- Values -------------------------------------------------------------------------------------------

local function check_key(who, name, key)
  if type(key) ~= "string" then errors.usage("%s: %s must be a table of keys and values", who, name) end
  local plain = key:gsub("\\.", "")
  if key == "" or plain:find "[,={}%c\\]" then
    errors.raise {
      kind = "usage", message = string.format("%s: %s[%q] is no path of a value", who, name, key),
      hint = 'write it as helm does: ["image.tag"], ["hosts[0].name"], and ["nodeSelector.kubernetes\\\\.io/os"] for a dot within a key',
    }
  end
end

local function raise_secret(who, name, key)
  errors.raise {
    kind = "usage", message = string.format("%s: %s[%q] is a secret: helm would show it to everybody who lists processes",
      who, name, key),
    hint = "put it into a Secret of the cluster that the chart names, or into a values file",
  }
end

--- Whether helm can hold a value as it is; its numbers are doubles.
local function check_value(who, name, key, value)
  local kind = type(value)
  if secret.is(value) then raise_secret(who, name, key) end
  if kind == "table" then
    for _, inner in pairs(value) do check_value(who, name, key, inner) end
  elseif kind == "number" then
    if value ~= value or value == math.huge or value == -math.huge then
      errors.usage("%s: %s[%q] is %s, which no value of a chart can be", who, name, key, value ~= value and "not a number" or "infinite")
    end
    if math.type(value) == "integer" and (value > EXACT or value < -EXACT) then
      errors.raise { kind = "usage", message = string.format("%s: %s[%q] is %d, which helm would round", who, name, key, value),
        hint = string.format('give it as text: "%d"', value) }
    end
  elseif kind ~= "string" and kind ~= "boolean" and value ~= json.null then
    errors.usage("%s: %s[%q] must be a string, a number, true or false, or a table of them, not a %s", who, name, key, kind)
  end
end

--- Text as helm's --set-string reads it: commas, braces and backslashes have a meaning there.
local function as_text(value)
  return (value:gsub("[\\,{}]", "\\%0"))
end

local function check_set(who, set)
  if set == nil then return end
  for key, value in pairs(set) do
    check_key(who, "set", key)
    check_value(who, "set", key, value)
  end
end

local function check_set_string(who, set)
  if set == nil then return end
  for key, value in pairs(set) do
    check_key(who, "set_string", key)
    if secret.is(value) then raise_secret(who, "set_string", key) end
    local plain = type(value) == "string" or type(value) == "boolean" or math.type(value) == "integer"
    if not plain then errors.usage("%s: set_string[%q] must be a text", who, key) end
  end
end

--- A value that is text stays text in every revision: helm's own --set makes "12345678" a number, and of
--- that a double when the next revision reads it back; "null" it would delete.
local function set_args(args, input)
  local texts = {}
  for _, key in ipairs(param.sorted_names(input.set or {})) do
    local value = input.set[key]
    if type(value) == "string" then
      texts[key] = value
    else
      args:option("--set-json", key .. "=" .. json.encode(value, { canonical = true }))
    end
  end
  for key, value in pairs(input.set_string or {}) do texts[key] = tostring(value) end
  for _, key in ipairs(param.sorted_names(texts)) do args:option("--set-string", key .. "=" .. as_text(texts[key])) end
end

local function check_values_file(who, file)
  if urls.is_url(file) then return end
  local hint = "copy it into a file first: the run reads it again, and a plan is bound to what is in it"
  if file == "-" then
    errors.raise { kind = "usage", message = who .. ": values cannot come from standard input", hint = hint }
  end
  local ok, stat = errors.try(fs.stat, file)
  if ok and stat and stat.type ~= "file" then
    errors.raise { kind = "usage", hint = hint,
      message = string.format("%s: %s is a %s, which cannot be read twice", who, file, stat.type) }
  end
end

--- helm reads --values as a line of CSV.
local function as_csv(file)
  if not file:find '[,"\n]' then return file end
  return '"' .. file:gsub('"', '""') .. '"'
end

-- The input ----------------------------------------------------------------------------------------

--- What helm takes away at both ends of a chart's name, of what Unicode has besides ASCII's.
--- https://pkg.go.dev/strings#TrimSpace
local WIDE_SPACES = { "\u{85}", "\u{a0}", "\u{1680}", "\u{2028}", "\u{2029}", "\u{202f}", "\u{205f}", "\u{3000}" }
for code = 0x2000, 0x200a do WIDE_SPACES[#WIDE_SPACES + 1] = utf8.char(code) end

--- A chart's name that is the same for us and for helm.
local function check_chart(who, chart)
  arguments.check_word(who, "chart", chart)
  local is_spaced = chart:find "^%s" or chart:find "%s$"
  for _, space in ipairs(WIDE_SPACES) do
    is_spaced = is_spaced or chart:sub(1, #space) == space or chart:sub(-#space) == space
  end
  if is_spaced then errors.usage("%s: chart must not begin or end with a space", who) end
  return chart
end

--- Adds chart and values to an input.
---@generic T: table
---@param who string public function, for errors
---@param raw table  what the script gave, checked
---@param input T
---@return T
function M.input(who, raw, input)
  input.chart, input.version = check_chart(who, raw.chart), raw.version
  input.values = raw.values
  for _, file in ipairs(input.values) do check_values_file(who, file) end
  check_set(who, raw.set)
  check_set_string(who, raw.set_string)
  input.set, input.set_string = raw.set, raw.set_string
  input.plain_http = raw.plain_http or nil
  input.post_renderer = raw.post_renderer
  return input
end

--- What the values of `set` are, for a title: "image.tag=v2, text=two".
---@param input almanac.HelmChartInput
---@return string
function M.set_words(input)
  local out = {}
  for i, key in ipairs(param.sorted_names(input.set or {})) do
    local value = input.set[key]
    out[i] = key .. "=" .. (type(value) == "table" and json.encode(value, { canonical = true }) or tostring(value))
  end
  return table.concat(out, ", ")
end

--- Whether values are given: without any, an upgrade keeps those of the revision before.
---@param input almanac.HelmChartInput
function M.has_values(input)
  return #input.values > 0 or next(input.set or {}) ~= nil or next(input.set_string or {}) ~= nil
end

--- The chart as helm's word for it.
---@param args almanac.Arguments
---@param input almanac.HelmChartInput
---@return almanac.Arguments
function M.add_chart(args, input) return args:word("chart", input.chart_file or input.chart) end

--- Version and values as helm's options.
---@param args almanac.Arguments
---@param input almanac.HelmChartInput
---@return almanac.Arguments
function M.add(args, input)
  args:option("--version", input.version):flag("--plain-http", input.plain_http)
  for _, file in ipairs(input.values) do args:option("--values", as_csv(file)) end
  set_args(args, input)
  local renderer = input.post_renderer or {}
  args:option("--post-renderer", renderer[1])
  for i = 2, #renderer do args:option("--post-renderer-args", as_csv(renderer[i])) end
  return args
end

--- Directories with /proc in them, which nobody has a chart in.
local HOLDS_ALL = { ["/"] = true, ["/proc"] = true }

--- Refuses what helm would read of the environment of processes, its own among them, and put into an object.
local function refuse_process(path)
  local real = fs.real(path) or ""
  if not real:find "^/proc/" and not HOLDS_ALL[real] then return end
  errors.raise { kind = "refused", message = string.format("%s leads to %s, and so to what is told of processes there", path, real),
    hint = "helm would render it: a chart and its values are files of their own" }
end

local MAX_LINKS = 1000

--- The links in a chart's directory, and in the directories that they lead to: helm follows them.
---@param chart string
---@return string[]
function M.links(chart)
  local out, seen, todo = {}, {}, { chart }
  while #todo > 0 do
    local dir = table.remove(todo)
    local real = fs.real(dir)
    for _, link in ipairs(real and not seen[real] and not HOLDS_ALL[real] and fs.links(dir) or {}) do
      out[#out + 1], todo[#todo + 1] = link, link
    end
    if #out > MAX_LINKS then
      errors.raise { kind = "refused", message = string.format("the chart %s has more than %d links in it", chart, MAX_LINKS),
        hint = "put the files themselves there" }
    end
    seen[real or dir] = true
  end
  return out
end

--- Refuses a chart that is here whose schemas lead to what /proc tells of a process.
---@param chart string  directory or archive
function M.check_schemas(chart)
  for _, reach in ipairs(chart_schemas.reaches(chart, true)) do
    if reach.file then refuse_process(reach.file) end
  end
end

--- A chart given as a path must be there: helm would look for a repository of that name instead,
--- and say that there is none. Nothing that helm reads of it may be what /proc tells of a process: neither
--- values, nor what links lead to, nor what any helm follows out of its schemas; nor what others had a hand in.
---@param input almanac.HelmChartInput
function M.check(input)
  for _, file in ipairs(input.values) do
    refuse_process(file)
    if not urls.is_url(file) then trusted.check(file) end
  end
  local chart = input.chart
  if input.post_renderer then trusted.check_program(input.post_renderer[1]) end
  if urls.is_url(chart) then return end
  trusted.check(chart)
  for _, link in ipairs(M.links(chart)) do
    refuse_process(link)
    trusted.check(link)
  end
  M.check_schemas(chart)
  if fs.exists(chart) then return end
  local looks_like_path = chart:find "^[%./]" or chart:find "%.tgz$" or select(2, chart:gsub("/", "")) > 1 or not chart:find "/"
  if not looks_like_path then return end
  errors.raise {
    kind = "not_found",
    message = string.format("there is no chart at %s (in %s)", chart, process.cwd()),
    hint = "check the path; it is relative to the directory almanac is started in",
  }
end

-- The ground of a plan ----------------------------------------------------------------------------

local function of_file(ref, path)
  return fs.exists(path) and { ref = ref, digest = fs.digest(path), is_read = true } or nil
end

--- What a rendering rests on besides the objects that came out of it: the chart's archive, and the program
--- that had the last word.
---@param input almanac.HelmChartInput
---@param digest? string of a chart that came from a registry
---@return table[] ground
function M.ground(input, digest)
  local out = {}
  if digest then out[#out + 1] = { ref = "chart " .. input.chart, digest = digest, is_read = true } end
  if not urls.is_url(input.chart) and input.chart:find "%.tgz$" then
    out[#out + 1] = of_file("chart " .. input.chart, input.chart)
  end
  local renderer = input.post_renderer and input.post_renderer[1]
  if renderer then
    out[#out + 1] = of_file("post-renderer " .. renderer, renderer:find "/" and renderer or sh.which(renderer) or renderer)
  end
  return out
end

return M
