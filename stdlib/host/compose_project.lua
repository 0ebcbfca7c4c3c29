--- A Compose project: what its files want, and what of that is there, by `docker compose` or docker-compose.
local arguments = require "almanac.host.arguments"
local compose_files = require "almanac.host.compose_files"
local errors = require "almanac.base.errors"
local fs = require "native.fs"
local json = require "native.json"
local param = require "almanac.base.param"
local place = require "almanac.host.place"
local process = require "native.process"
local reach = require "almanac.run.reach"
local sh = require "native.sh"
local shape = require "almanac.base.shape"
local tool = require "almanac.host.tool"
local variable = require "almanac.base.variable"
local yaml = require "native.yaml"

local M = {
  TIMEOUT = 600, -- seconds for what changes something; the default of `timeout`
}

local MISSING = "install docker with its compose plugin, or docker-compose"

-- Programs ---------------------------------------------------------------------------------------

--- Words for the engine.
local function docker_words(...)
  return arguments.new("compose", ...)
end

local words_before ---@type string[]? of compose, once it is found

--- `docker compose` where the plugin is there, else docker-compose.
local function find_compose()
  if words_before then return words_before end
  if sh.which "docker" and tool.ask({ program = "docker", missing = MISSING, within = {} }, docker_words("compose", "version"), {
    ok = setmetatable({}, { __index = function() return true end }),
  }).code == 0 then
    words_before = { "docker", "compose" }
  elseif sh.which "docker-compose" then
    words_before = { "docker-compose" }
  else
    errors.raise { kind = "not_found", message = "there is neither docker compose nor docker-compose on PATH", hint = MISSING }
  end
  return words_before
end

--- What `allow` is asked for: the directory, files that lie outside of it, a project that is not its own, and variables.
---@param input { dir: string, files?: string[], project?: string, env?: table<string, string> }
---@return almanac.Target[]
function M.targets(input)
  local dir = place.path("compose", input.dir)
  local out = { dir }
  for _, file in ipairs(input.files or {}) do
    local target = place.path("compose", file, input.dir)
    local root, full = dir.names[#dir.names]:gsub("/$", "") .. "/", target.names[#target.names]
    if full:sub(1, #root) ~= root then out[#out + 1] = target end
  end
  if input.project then out[#out + 1] = { category = "compose", names = { "project=" .. input.project } } end
  local variables = place.variables(input.env)
  return table.move(variables, 1, #variables, #out + 1, out)
end

--- Holds variables for the Compose file to what they may be: texts, and none that leads the programs elsewhere.
---@param who string
---@param variables table<string, string>
---@return table<string, string>
function M.variables(who, variables)
  for name, value in pairs(variables) do
    if not variable.is_name(name) or variable.steers(name) then -- in HOME are the engine's context and plugins
      errors.raise {
        kind = "usage", message = string.format("%s: env may not set %s: it is no variable of a Compose file", who, name),
        hint = "what has docker do something else is set in the environment of almanac",
      }
    elseif type(value) ~= "string" or value:find("\0", 1, true) then
      errors.raise { kind = "usage", message = string.format("%s: env.%s must be a string, not a %s", who, name, type(value)) }
    end
  end
  return variables
end

--- The program, and the beginning of its words; those of a verb are to follow.
---@param who string  the public function, for errors
---@param input table
---@param ... string  the verb and its options
---@return almanac.Tool
---@return almanac.Arguments
local function compose(who, input, ...)
  compose_files.check(input)
  local before = find_compose()
  local out = arguments.new(who, table.unpack(before, 2)):flag("--ansi", true):flag("never", true)
  for _, file in ipairs(input.files or {}) do out:short("-f", file) end
  out:short("-p", input.project)
  for _, word in ipairs { ... } do out:flag(word, true) end
  return { program = before[1], cwd = input.dir, env = input.env, within = reach.is_asked() and M.targets(input) or nil,
    missing = MISSING }, out
end

local function ask(input, ...)
  return tool.read(compose("compose", input, ...))
end

---@class almanac.ComposeCall
---@field [integer] string    the verb and its options
---@field services? string[]  that it is about
---@field argv? string[]      a command in the first of them

--- Changes something by the program.
---@param who string
---@param input table
---@param call almanac.ComposeCall
---@param ctx almanac.EffectContext
---@return table result of the program
function M.change(who, input, call, ctx)
  local program, words = compose(who, input, table.unpack(call))
  for _, service in ipairs(call.services or {}) do words:word("services", service) end
  words:passed_on("argv", call.argv or {})
  return tool.run(program, words, ctx.id, { timeout = input.timeout or M.TIMEOUT, idempotent = true })
end

--- Restarts containers of the engine.
---@param ids string[]
---@param ctx almanac.EffectContext
function M.restart(ids, ctx)
  local words = docker_words "restart"
  for _, id in ipairs(ids) do words:word("a container", id) end
  tool.run(M.docker, words, ctx.id, { timeout = M.TIMEOUT, idempotent = true })
end

M.docker = { program = "docker", missing = MISSING, within = {} } -- of what compose was asked for

--- The engine, asked about a project that a script names.
local function docker_of(input)
  return { program = "docker", missing = MISSING, within = M.targets(input) }
end

-- What is wanted, what is there ------------------------------------------------------------------

local function lines(text)
  local out = {}
  for line in text:gmatch "[^\n]+" do out[#out + 1] = line end
  return out
end

--- The configuration as the program reads it. Raises kind "corrupt" where that is none.
---@param input table
---@return table config  with services, perhaps none
function M.config(input)
  local config = yaml.decode(ask(input, "config"), { name = "the Compose file" })
  if type(config) ~= "table" then
    errors.raise {
      kind = "corrupt", message = "the program says nothing of the Compose file in " .. input.dir,
      hint = "look what it says itself: docker compose config",
    }
  end
  if type(config.services) ~= "table" then config.services = {} end
  return config
end

--- What is read of a container.
local CONTAINER = {
  Id = "string", Name = "string", Image = "string", Config = { Image = "string", Labels = { optional = { map = "string" } } },
  State = { Status = "string", StartedAt = "string?", ExitCode = "integer?", Health = { optional = { Status = "string?" } } },
}

local function inspect(ids)
  if #ids == 0 then return {} end
  local words = docker_words "inspect"
  for _, id in ipairs(ids) do words:word("a container", id) end
  local ok, list = errors.try(json.decode, tool.read(M.docker, words), { null = "absent" })
  local wrong = ok and shape.wrong(list, { list = CONTAINER })
  if ok and not wrong and #list == #ids then return list end
  errors.raise {
    kind = "protocol", message = "docker inspect does not say of each container what it is" .. (wrong and " (" .. wrong .. ")" or ""),
    hint = "look what it says itself: docker inspect " .. ids[1],
  }
end

--- The project's name, by the rules of the program: https://docs.docker.com/compose/how-tos/project-name
function M.name(input)
  if input.project then return input.project end
  local named = process.getenv "COMPOSE_PROJECT_NAME"
  if named and named ~= "" then return named end
  local env_file = input.dir .. "/.env"
  named = fs.exists(env_file) and ("\n" .. fs.read(env_file)):match "\nCOMPOSE_PROJECT_NAME=[\"']?([%w_%-]+)"
  -- The plugin says it; docker-compose 1 takes the directory's name.
  named = named or find_compose()[2] and M.config(input).name
  if named then return named end
  return (place.resolve(input.dir):match "[^/]*$":lower():gsub("[^%-_a-z0-9]", ""))
end

--- The containers of the project, by name.
---@param input table
---@param once? boolean  those of `compose run` instead
---@return table[]
function M.containers(input, once)
  local out = {}
  local words = docker_words("ps", "--all", "--quiet", "--no-trunc")
    :option("--filter", "label=com.docker.compose.project=" .. M.name(input))
  local ids = tool.read(docker_of(input), words)
  for _, one in ipairs(inspect(lines(ids))) do
    local labels = one.Config.Labels or {}
    if (labels["com.docker.compose.oneoff"] == "True") == (once or false) then
      out[#out + 1] = {
        id = one.Id, name = one.Name:gsub("^/", ""), service = labels["com.docker.compose.service"],
        hash = labels["com.docker.compose.config-hash"],
        image = one.Config.Image, image_id = one.Image, state = one.State.Status, started = one.State.StartedAt,
        exit_code = one.State.Status == "exited" and one.State.ExitCode or nil,
        health = one.State.Health and one.State.Health.Status,
      }
    end
  end
  table.sort(out, function(a, b) return a.name < b.name end)
  return out
end

--- The id of an image; nil when it is not there.
---@param image string
---@return string?
function M.image_id(image)
  local result = tool.ask(M.docker, docker_words("image", "inspect", "--format={{.Id}}"):word("image", image), { ok = { [1] = true } })
  return result.code == 0 and result.stdout:match "^%S+" or nil
end

local function depends_on(service)
  local out = {}
  for key, value in pairs(service.depends_on or {}) do out[#out + 1] = type(key) == "string" and key or value end
  return out
end

--- The services that a call is about, in order; with `deep` also what they depend on.
function M.services(who, input, config, deep)
  local all, chosen = config.services or {}, {}
  local function choose(name)
    if chosen[name] then return end
    if not all[name] then
      errors.raise {
        kind = "not_found", message = string.format("%s: the Compose file has no service %s", who, name),
        hint = "there are " .. table.concat(param.sorted_names(all), ", "),
      }
    end
    chosen[name] = true
    for _, other in ipairs(deep and depends_on(all[name]) or {}) do choose(other) end
  end
  for _, name in ipairs(input.services or param.sorted_names(all)) do choose(name) end
  return param.sorted_names(chosen)
end

--- What `up` compares, per service: the hash of its configuration, its image, and its containers.
function M.state(who, input)
  local config, hashes, by_service = M.config(input), {}, {}
  for _, line in ipairs(lines(ask(input, "config", "--hash=*"))) do
    local name, hash = line:match "^(%S+) (%x+)$"
    if name then hashes[name] = hash end
  end
  for _, one in ipairs(M.containers(input)) do
    local name = one.service or ""
    by_service[name] = by_service[name] or {}
    table.insert(by_service[name], one)
  end
  local out = {}
  for i, name in ipairs(M.services(who, input, config, true)) do
    local image = config.services[name].image
    out[i] = {
      name = name, hash = hashes[name], image = image, image_id = image and M.image_id(image),
      containers = by_service[name] or json.array {},
    }
  end
  return out
end

--- What `up` makes of a service. Pure.
---@param want { name: string, hash: string, image?: string, image_id?: string, containers: table[] }
---@return table change
function M.change_of(want)
  local label = "service " .. want.name
  if #want.containers == 0 then
    return { object = label, action = "create", why = want.image and "image " .. want.image or "an image that is built" }
  end
  for _, one in ipairs(want.containers) do
    if one.hash ~= want.hash then
      local field = want.image and one.image ~= want.image and
        { { path = ".image", kind = "changed", old = one.image, new = want.image } } or nil
      return { object = label, action = "change", why = "recreated, its configuration is another", fields = field }
    end
    if want.image_id and one.image_id ~= want.image_id then
      return { object = label, action = "change", why = string.format("recreated, %s is another image now", want.image) }
    end
    if one.state ~= "running" then
      return { object = label, action = "change", why = string.format("started, it is %s", one.state) }
    end
  end
  return { object = label, action = "unchanged" }
end

--- Whether `up` would change nothing. Pure.
---@param state table
---@return boolean
function M.is_unchanged(state)
  for _, want in ipairs(state) do
    if M.change_of(want).action ~= "unchanged" then return false end
  end
  return true
end

--- Containers as they are given to scripts. Pure.
---@param containers table[]
---@return table[]
function M.rows(containers)
  local out = {}
  for i, one in ipairs(containers) do
    out[i] = {
      service = one.service, name = one.name, id = one.id, image = one.image, state = one.state, exit_code = one.exit_code,
      health = one.health,
    }
  end
  return out
end

--- The containers of the services of a state.
function M.containers_in(state)
  local all = {}
  for _, want in ipairs(state) do table.move(want.containers, 1, #want.containers, #all + 1, all) end
  return M.rows(all)
end

-- Containers that run once --------------------------------------------------------------------------

--- The name of the container that an effect runs. Pure.
---@param id string of the effect
---@return string
function M.once_name(id)
  return "almanac-" .. id:gsub("[^%w_.%-]", "-")
end

local function state_of(name)
  local words = docker_words("inspect", "--format={{.State.Status}} {{.State.ExitCode}}"):word("the container", name)
  local result = tool.ask(M.docker, words, { ok = { [1] = true } })
  return result.stdout:match "^(%S+) (%d+)"
end

--- Removes such a container, if it is there.
---@param name string
function M.forget_once(name)
  if state_of(name) then tool.read(M.docker, docker_words "rm":word("the container", name)) end
end

--- Removes all such containers of the project, as docker-compose 1 does when it takes the project down; the plugin
--- leaves them, and cannot remove the volumes that they use.
---@param input table
function M.forget_all_once(input)
  local names = {}
  for i, one in ipairs(M.containers(input, true)) do names[i] = one.name end
  local words = docker_words("rm", "--force")
  for _, name in ipairs(names) do words:word("the container", name) end
  if #names > 0 then tool.read(M.docker, words) end
end

--- The exit code of such a container, which is waited for; nil where it never started.
---@param name string
---@param timeout number seconds
---@return integer?
function M.once_ended(name, timeout)
  local state = state_of(name)
  if not state or state == "created" then return nil end
  return math.tointeger(tonumber(tool.read(M.docker, docker_words "wait":word("the container", name), { timeout = timeout })))
end

--- What it printed on its standard output.
---@param name string
---@return string
function M.once_output(name)
  return tool.ask(M.docker, docker_words "logs":word("the container", name)).stdout
end

--- The volumes that the project made.
---@param input table
---@return string[] names
function M.volumes(input)
  local words = docker_words("volume", "ls", "--quiet"):option("--filter", "label=com.docker.compose.project=" .. M.name(input))
  return lines(tool.read(docker_of(input), words))
end

return M
