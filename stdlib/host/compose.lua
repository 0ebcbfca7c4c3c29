--- compose: the services of a Compose file on a Docker engine, by `docker compose` or docker-compose.
---
---     compose.up { dir = "ops/devnet", files = "compose.yaml" }
local effect = require "almanac.run.effect"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local fs = require "native.fs"
local json = require "native.json"
local process = require "native.process"
local sh = require "native.sh"
local step = require "almanac.run.step"
local survivors = require "almanac.run.survivors"
local tool = require "almanac.host.tool"
local yaml = require "native.yaml"

local M = {}

local TIMEOUT = 600 -- seconds for what changes something; the default of `timeout`
local MISSING = "install docker with its compose plugin, or docker-compose"

-- Programs ---------------------------------------------------------------------------------------

local words_before ---@type string[]? of compose, once it is found

--- `docker compose` where the plugin is there, else docker-compose.
local function find_compose()
  if words_before then return words_before end
  if sh.which "docker" and tool.ask({ program = "docker", missing = MISSING }, { "compose", "version" }, {
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

local function compose(input, words)
  local before = find_compose()
  local out = { table.unpack(before, 2) }
  table.move({ "--ansi", "never" }, 1, 2, #out + 1, out)
  for _, file in ipairs(input.files or {}) do table.move({ "-f", file }, 1, 2, #out + 1, out) end
  if input.project then table.move({ "-p", input.project }, 1, 2, #out + 1, out) end
  table.move(words, 1, #words, #out + 1, out)
  return { program = before[1], cwd = input.dir, missing = MISSING }, out
end

local function ask(input, words)
  local program, all = compose(input, words)
  return tool.read(program, all)
end

local function change(input, words, ctx)
  local program, all = compose(input, words)
  tool.run(program, all, ctx.id, { timeout = input.timeout or TIMEOUT, idempotent = true })
end

local docker = { program = "docker", missing = MISSING }

-- What is wanted, what is there ------------------------------------------------------------------

local function lines(text)
  local out = {}
  for line in text:gmatch "[^\n]+" do out[#out + 1] = line end
  return out
end

local function config_of(input)
  return yaml.decode(ask(input, { "config" }), { name = "the Compose file" })
end

local function inspect(ids)
  if #ids == 0 then return {} end
  return json.decode(tool.read(docker, { "inspect", table.unpack(ids) }))
end

--- The project's name, by the rules of the program: https://docs.docker.com/compose/how-tos/project-name
local function project_of(input)
  if input.project then return input.project end
  local named = process.getenv "COMPOSE_PROJECT_NAME"
  if named and named ~= "" then return named end
  local env_file = input.dir .. "/.env"
  named = fs.exists(env_file) and ("\n" .. fs.read(env_file)):match "\nCOMPOSE_PROJECT_NAME=[\"']?([%w_%-]+)"
  -- The plugin says it; docker-compose 1 takes the directory's name.
  named = named or find_compose()[2] and config_of(input).name
  if named then return named end
  local path = tool.read({ program = "pwd", cwd = input.dir, missing = MISSING }, { "-P" })
  return (path:match "[^/]*$":lower():gsub("[^%-_a-z0-9]", ""))
end

--- The containers of the project, by name; those of `compose run` are none.
local function containers_of(input)
  local out = {}
  local ids = tool.read(docker, { "ps", "--all", "--quiet", "--no-trunc", "--filter",
    "label=com.docker.compose.project=" .. project_of(input) })
  for _, one in ipairs(inspect(lines(ids))) do
    local labels = one.Config.Labels or {}
    if labels["com.docker.compose.oneoff"] ~= "True" then
      out[#out + 1] = {
        id = one.Id, name = one.Name:gsub("^/", ""), service = labels["com.docker.compose.service"],
        hash = labels["com.docker.compose.config-hash"],
        image = one.Config.Image, image_id = one.Image, state = one.State.Status, started = one.State.StartedAt,
        exit_code = one.State.Status == "exited" and one.State.ExitCode or nil,
      }
    end
  end
  table.sort(out, function(a, b) return a.name < b.name end)
  return out
end

local function image_id(image)
  local result = tool.ask(docker, { "image", "inspect", "--format", "{{.Id}}", image }, { ok = { [1] = true } })
  return result.code == 0 and result.stdout:match "^%S+" or nil
end

local function depends_on(service)
  local out = {}
  for key, value in pairs(service.depends_on or {}) do out[#out + 1] = type(key) == "string" and key or value end
  return out
end

--- The services that a call is about, in order; with `deep` also what they depend on.
local function services_of(who, input, config, deep)
  local all, chosen = config.services or {}, {}
  local function choose(name)
    if chosen[name] then return end
    if not all[name] then
      errors.raise {
        kind = "not_found", message = string.format("%s: the Compose file has no service %s", who, name),
        hint = "there are " .. table.concat(require("almanac.base.param").sorted_names(all), ", "),
      }
    end
    chosen[name] = true
    for _, other in ipairs(deep and depends_on(all[name]) or {}) do choose(other) end
  end
  for _, name in ipairs(input.services or require("almanac.base.param").sorted_names(all)) do choose(name) end
  return require("almanac.base.param").sorted_names(chosen)
end

--- What `up` compares, per service: the hash of its configuration, its image, and its containers.
local function state_of(who, input)
  local config, hashes, by_service = config_of(input), {}, {}
  for _, line in ipairs(lines(ask(input, { "config", "--hash", "*" }))) do
    local name, hash = line:match "^(%S+) (%x+)$"
    if name then hashes[name] = hash end
  end
  for _, one in ipairs(containers_of(input)) do
    local name = one.service or ""
    by_service[name] = by_service[name] or {}
    table.insert(by_service[name], one)
  end
  local out = {}
  for i, name in ipairs(services_of(who, input, config, true)) do
    local image = config.services[name].image
    out[i] = {
      name = name, hash = hashes[name], image = image, image_id = image and image_id(image),
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

local function all_unchanged(state)
  for _, want in ipairs(state) do
    if M.change_of(want).action ~= "unchanged" then return false end
  end
  return true
end

local function ground_of(input, state)
  local out = {}
  for i, want in ipairs(state) do
    local parts = { tostring(want.hash), tostring(want.image_id) }
    for _, one in ipairs(want.containers) do parts[#parts + 1] = one.id .. " " .. one.state end
    out[i] = { ref = string.format("service %s in %s", want.name, input.dir), digest = table.concat(parts, " ") }
  end
  return out
end

local function rows_of(containers)
  local out = {}
  for i, one in ipairs(containers) do
    out[i] = {
      service = one.service, name = one.name, id = one.id, image = one.image, state = one.state, exit_code = one.exit_code,
    }
  end
  return out
end

--- The containers of the services of a state.
local function containers_in(state)
  local all = {}
  for _, want in ipairs(state) do table.move(want.containers, 1, #want.containers, #all + 1, all) end
  return rows_of(all)
end

-- Reads ------------------------------------------------------------------------------------------

local PROJECT = {
  dir = { "name", default = ".", help = "where the Compose file is" },
  files = { "texts", shown_default = "as compose finds them", help = "the Compose files, later ones win" },
  project = { "name", shown_default = "the directory's name", help = "the name of the project" },
}
local TIME = { "seconds", shown_default = "10m", help = "for the whole call" }
local SOME = fields.with(PROJECT, { services = { "texts", shown_default = "all", help = "only these" }, timeout = TIME })

for _, verb in ipairs { "ps", "config", "images" } do fields.declare("compose." .. verb, PROJECT) end
for _, verb in ipairs { "up", "pull", "restart" } do fields.declare("compose." .. verb, SOME) end
fields.declare("compose.down", fields.with(PROJECT, { volumes = { "flag", help = "named volumes too" }, timeout = TIME }))

local function input_of(who, raw)
  return fields.check(fields.of(who), raw)
end

--- The containers of the services, stopped ones too.
---@param opts? { dir?: string, files?: string|string[], project?: string }
---@return { service: string, name: string, id: string, image: string, state: string, exit_code?: integer }[]
function M.ps(opts)
  step.require_read "compose.ps"
  return rows_of(containers_of(input_of("compose.ps", opts)))
end

--- The Compose file as the program reads it: merged, variables put in.
---@param opts? { dir?: string, files?: string|string[], project?: string }
---@return table
function M.config(opts)
  step.require_read "compose.config"
  return config_of(input_of("compose.config", opts))
end

--- The image of each service, and the id it has on the engine: nil where it is not there.
---@param opts? { dir?: string, files?: string|string[], project?: string }
---@return { service: string, image?: string, id?: string }[]
function M.images(opts)
  step.require_read "compose.images"
  local input = input_of("compose.images", opts)
  local config, out = config_of(input), {}
  for i, name in ipairs(services_of("compose.images", input, config)) do
    local image = config.services[name].image
    out[i] = { service = name, image = image, id = image and image_id(image) }
  end
  return out
end

-- Effects ----------------------------------------------------------------------------------------

local function titled(verb)
  return function(input)
    local words = { "compose", verb, table.unpack(input.services or {}) }
    if input.dir ~= "." then table.move({ "in", input.dir }, 1, 2, #words + 1, words) end
    return table.concat(words, " ")
  end
end

local allow = { category = "compose", of = function(input) return input.dir end }

local function with_services(verb, services)
  return table.move(services or {}, 1, #(services or {}), #verb + 1, verb)
end

effect.define("compose.up", {
  input = function(raw) return input_of("compose.up", raw) end,
  observe = function(input)
    local out = {}
    for i, want in ipairs(state_of("compose.up", input)) do out[i] = { name = want.name, containers = rows_of(want.containers) } end
    return out
  end,
  preview = function(input)
    local state = state_of("compose.up", input)
    local preview = { changes = {}, ground = ground_of(input, state), nothing = all_unchanged(state) or nil }
    for i, want in ipairs(state) do preview.changes[i] = M.change_of(want) end
    if preview.nothing then preview.result = containers_in(state) end
    return preview
  end,
  apply = function(input, ctx)
    change(input, with_services({ "up", "--detach" }, input.services), ctx)
    return rows_of(containers_of(input))
  end,
  recover = function(input, ctx)
    survivors.wait(ctx.id, "compose up", input.timeout or TIMEOUT)
    local state = state_of("compose.up", input)
    if all_unchanged(state) then return "done", containers_in(state) end
    return "not_done" -- it goes on with what is missing
  end,
  undo = function(input, _, ctx)
    for _, service in ipairs(ctx.before) do
      if #service.containers > 0 then
        errors.raise {
          kind = "refused",
          message = string.format("compose.up in %s: %s was there before, and only its Compose file of then can bring that back",
            input.dir, service.name),
          hint = "put the file back (git.checkout), and run compose.up again",
        }
      end
    end
    effect.perform("compose.down", { dir = input.dir, files = input.files, project = input.project })
  end,
  title = titled "up", allow = allow,
})

--- The volumes that the project made.
local function volumes_of(input)
  return lines(tool.read(docker, { "volume", "ls", "--quiet", "--filter",
    "label=com.docker.compose.project=" .. project_of(input) }))
end

effect.define("compose.down", {
  input = function(raw) return input_of("compose.down", raw) end,
  preview = function(input)
    local containers, preview = containers_of(input), { changes = {}, ground = {}, result = { down = true } }
    for i, one in ipairs(containers) do
      preview.changes[i] = { object = "container " .. one.name, action = "delete", why = one.state .. ", image " .. one.image }
      preview.ground[i] = { ref = "container " .. one.name, digest = one.id }
    end
    for _, name in ipairs(input.volumes and volumes_of(input) or {}) do
      table.insert(preview.changes, { object = "volume " .. name, action = "delete", why = "with what is in it" })
    end
    preview.nothing = #preview.changes == 0 or nil
    return preview
  end,
  apply = function(input, ctx)
    change(input, input.volumes and { "down", "--volumes" } or { "down" }, ctx)
    return { down = true }
  end,
  recover = function(_, ctx)
    survivors.wait(ctx.id, "compose down", TIMEOUT)
    return "not_done" -- taking away what is gone does no harm
  end,
  title = titled "down", allow = allow,
})

effect.define("compose.pull", {
  input = function(raw) return input_of("compose.pull", raw) end,
  preview = function(input)
    local config, changes = config_of(input), {}
    for _, name in ipairs(services_of("compose.pull", input, config)) do
      local image = config.services[name].image
      local id = image and image_id(image)
      if image then
        changes[#changes + 1] = { object = "image " .. image, action = id and "change" or "create",
          why = id and "if the registry has another than " .. id:sub(8, 19) or "it is not there yet" }
      end
    end
    return { changes = changes, nothing = #changes == 0 or nil }
  end,
  apply = function(input, ctx)
    change(input, with_services({ "pull", "--quiet" }, input.services), ctx)
    local config, out = config_of(input), {}
    for i, name in ipairs(services_of("compose.pull", input, config)) do
      local image = config.services[name].image
      out[i] = { service = name, image = image, id = image and image_id(image) }
    end
    return out
  end,
  recover = function() return "not_done" end, -- pulling again gives the same
  title = titled "pull", allow = allow,
})

--- The containers that a restart is about.
local function chosen_containers(input)
  local chosen, out = {}, {}
  for _, name in ipairs(services_of("compose.restart", input, config_of(input))) do chosen[name] = true end
  for _, one in ipairs(containers_of(input)) do
    if chosen[one.service] then out[#out + 1] = one end
  end
  return out
end

effect.define("compose.restart", {
  input = function(raw) return input_of("compose.restart", raw) end,
  observe = function(input)
    local started = {}
    for _, one in ipairs(chosen_containers(input)) do started[one.id] = one.started end
    return started
  end,
  preview = function(input)
    local preview = { changes = {}, ground = {} }
    for i, one in ipairs(chosen_containers(input)) do
      preview.changes[i] = { object = "container " .. one.name, action = "change", why = "restarted, it is " .. one.state }
      preview.ground[i] = { ref = "container " .. one.name, digest = one.id }
    end
    if #preview.changes == 0 then preview.would_fail = "compose.restart: there is no container of it; compose.up makes one" end
    return preview
  end,
  apply = function(input, ctx)
    if next(ctx.before) == nil then
      errors.raise { kind = "not_found", message = "compose.restart: there is no container of it", hint = "compose.up makes one" }
    end
    change(input, with_services({ "restart" }, input.services), ctx)
    return rows_of(chosen_containers(input))
  end,
  -- Which containers began anew since is to be seen: the others are restarted now.
  recover = function(input, ctx)
    survivors.wait(ctx.id, "compose restart", input.timeout or TIMEOUT)
    local left = {}
    for _, one in ipairs(chosen_containers(input)) do
      if ctx.before[one.id] == one.started then left[#left + 1] = one.id end
    end
    if #left > 0 then tool.run(docker, { "restart", table.unpack(left) }, ctx.id, { timeout = TIMEOUT, idempotent = true }) end
    return "done", rows_of(chosen_containers(input))
  end,
  title = titled "restart", allow = allow,
})

--- Brings the services up, detached; recreates those whose configuration or image is another. An effect.
--- A rollback takes down what was not there before.
---@param opts? { dir?: string, files?: string|string[], project?: string, services?: string|string[], timeout?: number|string }
---@return table[] containers  as compose.ps; timeout: default 10 min
function M.up(opts) return effect.perform("compose.up", opts or {}) end

--- Takes the containers away; with `volumes` also what they stored. An effect.
---@param opts? { dir?: string, files?: string|string[], project?: string, volumes?: boolean, timeout?: number|string }
---@return { down: boolean }
function M.down(opts) return effect.perform("compose.down", opts or {}) end

--- Fetches the images of the services. An effect.
---@param opts? { dir?: string, files?: string|string[], project?: string, services?: string|string[], timeout?: number|string }
---@return { service: string, image?: string, id?: string }[]
function M.pull(opts) return effect.perform("compose.pull", opts or {}) end

--- Restarts the containers of the services. An effect; after a crash those that were not yet restarted are.
---@param opts? { dir?: string, files?: string|string[], project?: string, services?: string|string[], timeout?: number|string }
---@return table[] containers  as compose.ps
function M.restart(opts) return effect.perform("compose.restart", opts or {}) end

return M
