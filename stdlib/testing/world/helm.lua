--- The one program that runs in the world of a test: helm, on the simulated cluster, on charts of the world's copy of the
--- project. What it is called with is looked at word by word, for a script can call it, too: a chart or a file from a
--- server, a plugin, a post-renderer, another kubeconfig and whatever else is not named here is refused.
local chart_schemas = require "almanac.helm.chart_schemas"
local errors = require "almanac.base.errors"
local fs = require "native.fs"

local M = {}

--- Options: whether a value stands behind them, or what is done with it.
local FLAG, VALUE, FILE = "flag", "value", "file"

local OPTIONS = {
  ["--namespace"] = VALUE, ["--kube-context"] = VALUE, ["--values"] = FILE, ["--set"] = VALUE, ["--set-string"] = VALUE,
  ["--set-json"] = VALUE, ["--version"] = VALUE, ["--description"] = VALUE, ["--timeout"] = VALUE, ["--labels"] = VALUE,
  ["--dry-run"] = VALUE, ["--output"] = VALUE, ["--is-upgrade"] = FLAG, ["--no-hooks"] = FLAG, ["--install"] = FLAG,
  ["--create-namespace"] = FLAG, ["--force-conflicts"] = FLAG, ["--keep-history"] = FLAG, ["--short"] = FLAG,
  ["--disable-openapi-validation"] = FLAG, ["--server-side"] = VALUE,
}

--- The verbs, and which of the words behind them is a chart.
local CHART = {
  version = 0, template = 2, install = 2, upgrade = 2, rollback = 0, uninstall = 0, ["show crds"] = 1,
}

local function refuse(what)
  errors.raise { kind = "refused", message = "a test's helm " .. what,
    hint = "in a test helm works on the simulated cluster with charts and values of the project alone" }
end

local function split(argv)
  local words, options, i = {}, {}, 1
  while i <= #argv do
    local word = argv[i]
    if word:sub(1, 1) == "-" then
      local name, value = word:match "^(%-%-[^=]+)=(.*)$"
      local takes = OPTIONS[name or word]
      if not takes then refuse("does not take " .. (name or word)) end
      if takes ~= FLAG and not value then
        i = i + 1
        value = argv[i] or refuse("needs a value behind " .. word)
      end
      options[#options + 1] = { name = name or word, takes = takes, value = value }
    else
      words[#words + 1] = word
    end
    i = i + 1
  end
  return words, options
end

--- What is in the project: no link leads out, and it is there, so that helm does not look for it elsewhere.
local function check_path(what, path, root)
  local real = not path:find("://", 1, true) and fs.exists(path) and fs.real(path)
  if real and (real == root or real:sub(1, #root + 1) == root .. "/") then return end
  refuse(string.format("takes %s of the project: %s is none", what, path))
end

--- The files of a value of --values, which helm reads as a line of CSV.
local function files_of(text)
  local out, at = {}, 1
  repeat
    local quoted, past = text:match('^"(.-)"()', at)
    while quoted and text:sub(past, past) == '"' do -- "" in it is one quote
      local more, further = text:match('^"(.-)"()', past)
      if not more then refuse("cannot read --values " .. text) end
      quoted, past = quoted .. '"' .. more, further
    end
    if not quoted then quoted, past = text:match("^([^,\"]*)()", at) end
    local comma = text:sub(past, past)
    if comma ~= "" and comma ~= "," then refuse("cannot read --values " .. text) end
    out[#out + 1] = quoted
    at = past + 1
  until comma == ""
  return out
end

--- A schema of values may refer to others: helm would fetch them.
local function check_schemas(chart)
  local reach = chart_schemas.reaches(chart, true)[1]
  if reach then refuse("reads no other schema: " .. reach.words) end
end

--- Looks at a command line of helm; raises kind "refused" for one that would leave the world.
---@param argv string[]  without the program
---@param root string    the directory that charts and values must be in
function M.check(argv, root)
  local real = fs.real(root)
  local words, options = split(argv)
  local verb = words[1] == "show" and "show " .. tostring(words[2]) or tostring(words[1])
  local chart_at = CHART[verb]
  if not chart_at then refuse("does not perform " .. verb) end
  for _, option in ipairs(options) do
    for _, file in ipairs(option.takes == FILE and option.value ~= "-" and files_of(option.value) or {}) do
      check_path("values", file, real)
    end
  end
  if chart_at == 0 then return end
  local chart = words[(verb == "show crds" and 2 or 1) + chart_at]
  if not chart then refuse("needs a chart") end
  check_path("a chart", chart, real)
  check_schemas(chart)
end

--- What helm gets of variables: a home and a kubeconfig of the world, no plugins, and every request elsewhere is one to the
--- world. Nothing of what a script said.
---@param dir string      of the world
---@param address string  of its server
---@return table<string, string>
function M.environment(dir, address)
  local proxy, own = "http://" .. address, dir .. "/helm"
  return {
    HOME = own, TMPDIR = dir .. "/tmp", KUBECONFIG = dir .. "/kubeconfig", GOGC = "400", HELM_NO_PLUGINS = "1",
    HELM_PLUGINS = own .. "/plugins", HELM_CACHE_HOME = own, HELM_CONFIG_HOME = own, HELM_DATA_HOME = own,
    HTTP_PROXY = proxy, HTTPS_PROXY = proxy, http_proxy = proxy, https_proxy = proxy, NO_PROXY = "127.0.0.1", no_proxy = "127.0.0.1",
  }
end

--- The words that start it: helm itself, the world's directory and the address of its server stand before its own.
---@param exe string
---@param binary string
---@param dir string
---@param address string
---@return string[]
function M.words(exe, binary, dir, address) return { exe, "helm-under-test", binary, dir, address } end

return M
