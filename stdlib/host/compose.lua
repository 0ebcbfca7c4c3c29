--- compose: the services of a Compose file on a Docker engine, by `docker compose` or docker-compose.
---
---     compose.up { dir = "ops/devnet", files = "compose.yaml" }
local arguments = require "almanac.host.arguments"
local effect = require "almanac.run.effect"
local compose_files = require "almanac.host.compose_files"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local grounds = require "almanac.host.compose_ground"
local project = require "almanac.host.compose_project"
local scope = require "almanac.host.compose_scope"
local step = require "almanac.run.step"
local survivors = require "almanac.run.survivors"

local M = {}

-- Reads ------------------------------------------------------------------------------------------

local PROJECT = {
  dir = { "name", default = ".", help = "where the Compose file is" },
  files = { "texts", take = compose_files.take, shown_default = "as compose finds them", help = "the Compose files, later ones win" },
  project = { "name", shown_default = "the directory's name", help = "the name of the project" },
  env = { "map", take = project.variables, help = "variables that the Compose file uses" },
}
local TIME = { "seconds", shown_default = "10m", help = "for the whole call" }
local SOME = fields.with(PROJECT, { services = { "texts", shown_default = "all", help = "only these" }, timeout = TIME })

for _, verb in ipairs { "ps", "config", "images" } do fields.declare("compose." .. verb, PROJECT) end
for _, verb in ipairs { "up", "pull", "restart" } do fields.declare("compose." .. verb, SOME) end
fields.declare("compose.run", fields.with(PROJECT, {
  service = { "name", required = true, help = "whose image and settings it has" },
  argv = { "texts", shown_default = "the service's own command", help = "program and arguments" },
  no_deps = { "flag", help = "what the service depends on is not started" }, timeout = TIME,
}))
fields.declare("compose.down", fields.with(PROJECT, { volumes = { "flag", help = "named volumes too" }, timeout = TIME }))

local function input_of(who, raw)
  local input = fields.check(fields.of(who), raw)
  for _, field in ipairs { "services", "files" } do
    for _, word in ipairs(input[field] or {}) do arguments.check_word(who, field, word) end
  end
  return input
end

--- The containers of the services, stopped ones too.
function M.ps(opts)
  step.require_read "compose.ps"
  return project.rows(project.containers(input_of("compose.ps", opts)))
end

--- The Compose file as the program reads it: merged, variables put in.
function M.config(opts)
  step.require_read "compose.config"
  return project.config(input_of("compose.config", opts))
end

--- The image of each service, and the id it has on the engine: nil where it is not there.
function M.images(opts)
  step.require_read "compose.images"
  local input = input_of("compose.images", opts)
  local config, out = project.config(input), {}
  for i, name in ipairs(project.services("compose.images", input, config)) do
    local image = config.services[name].image
    out[i] = { service = name, image = image, id = image and project.image_id(image) }
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

local allow, allow_images = scope.allow, scope.allow_images

--- Why an `up` cannot be taken back; nil where nothing was there before.
local function unkept(_, before)
  for _, service in ipairs(before) do
    if #service.containers > 0 then
      return string.format("%s was there before, and only its Compose file of then can bring that back", service.name)
    end
  end
end

effect.define("compose.up", {
  input = function(raw) return input_of("compose.up", raw) end,
  observe = function(input)
    local out = {}
    for i, want in ipairs(project.state("compose.up", input)) do
      out[i] = { name = want.name, containers = project.rows(want.containers) }
    end
    return out
  end,
  preview_observes = true,
  preview = function(input)
    local state = project.state("compose.up", input)
    local preview = { changes = {}, ground = grounds.of_up(input, state), nothing = project.is_unchanged(state) or nil }
    for i, want in ipairs(state) do preview.changes[i] = project.change_of(want) end
    if preview.nothing then preview.result = project.containers_in(state) end
    return preview
  end,
  apply = function(input, ctx)
    project.change("compose.up", input, { "up", "--detach", services = input.services }, ctx)
    return project.rows(project.containers(input))
  end,
  recover = function(input, ctx)
    survivors.wait(ctx.id, "compose up", input.timeout or project.TIMEOUT)
    local state = project.state("compose.up", input)
    if project.is_unchanged(state) then return "done", project.containers_in(state) end
    return "again" -- it goes on with what is missing
  end,
  undo = function(input, _, ctx)
    local why = unkept(input, ctx.undo_to)
    if why then
      errors.raise {
        kind = "refused", message = string.format("compose.up in %s: %s", input.dir, why),
        hint = "put the file back (git.checkout), and run compose.up again",
      }
    end
    effect.perform("compose.down", { dir = input.dir, files = input.files, project = input.project, env = input.env })
  end,
  title = titled "up", allow = allow_images,
}, { unkept = unkept })

effect.define("compose.down", {
  input = function(raw) return input_of("compose.down", raw) end,
  preview = function(input)
    local preview = { changes = {}, ground = {}, result = { down = true } }
    for _, once in ipairs { false, true } do
      for _, one in ipairs(project.containers(input, once)) do
        local why = string.format("%s%s, image %s", once and "ran once, " or "", one.state, one.image)
        table.insert(preview.changes, { object = "container " .. one.name, action = "delete", why = why })
        table.insert(preview.ground, grounds.of_container(input, one, once))
      end
    end
    for _, name in ipairs(input.volumes and project.volumes(input) or {}) do
      table.insert(preview.changes, { object = "volume " .. name, action = "delete", why = "with what is in it" })
    end
    preview.nothing = #preview.changes == 0 or nil
    return preview
  end,
  apply = function(input, ctx)
    project.forget_all_once(input)
    project.change("compose.down", input, input.volumes and { "down", "--volumes" } or { "down" }, ctx)
    return { down = true }
  end,
  recover = function(_, ctx)
    survivors.wait(ctx.id, "compose down", project.TIMEOUT)
    return "again" -- taking away what is gone does no harm
  end,
  title = titled "down", allow = allow,
})

effect.define("compose.pull", {
  input = function(raw) return input_of("compose.pull", raw) end,
  preview = function(input)
    local config, changes = project.config(input), {}
    local names = project.services("compose.pull", input, config)
    for _, name in ipairs(names) do
      local image = config.services[name].image
      local id = image and project.image_id(image)
      if image then
        changes[#changes + 1] = { object = "image " .. image, action = id and "change" or "create",
          why = id and "if the registry has another than " .. id:sub(8, 19) or "it is not there yet" }
      end
    end
    return { changes = changes, nothing = #changes == 0 or nil, ground = grounds.of_pull(input, names, config.services) }
  end,
  apply = function(input, ctx)
    project.change("compose.pull", input, { "pull", "--quiet", services = input.services }, ctx)
    local config, out = project.config(input), {}
    for i, name in ipairs(project.services("compose.pull", input, config)) do
      local image = config.services[name].image
      out[i] = { service = name, image = image, id = image and project.image_id(image) }
    end
    return out
  end,
  recover = function() return "again" end, -- pulling again gives the same
  title = titled "pull", allow = allow_images,
})

--- The containers that a restart is about.
local function chosen_containers(input)
  local chosen, out = {}, {}
  for _, name in ipairs(project.services("compose.restart", input, project.config(input))) do chosen[name] = true end
  for _, one in ipairs(project.containers(input)) do
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
  preview_observes = true,
  preview = function(input)
    local preview = { changes = {}, ground = {} }
    for i, one in ipairs(chosen_containers(input)) do
      preview.changes[i] = { object = "container " .. one.name, action = "change", why = "restarted, it is " .. one.state }
      preview.ground[i] = grounds.of_container(input, one)
    end
    if #preview.changes == 0 then preview.would_fail = "compose.restart: there is no container of it; compose.up makes one" end
    return preview
  end,
  apply = function(input, ctx)
    if next(ctx.before) == nil then
      errors.raise { kind = "not_found", message = "compose.restart: there is no container of it", hint = "compose.up makes one" }
    end
    project.change("compose.restart", input, { "restart", services = input.services }, ctx)
    return project.rows(chosen_containers(input))
  end,
  -- Which containers began anew since is to be seen: the others are restarted now.
  recover = function(input, ctx)
    survivors.wait(ctx.id, "compose restart", input.timeout or project.TIMEOUT)
    local left = {}
    for _, one in ipairs(chosen_containers(input)) do
      if ctx.before[one.id] == one.started then left[#left + 1] = one.id end
    end
    if #left > 0 and ctx.is_undone then return "again" end
    if #left > 0 then project.restart(left, ctx) end
    return "done", project.rows(chosen_containers(input))
  end,
  title = titled "restart", allow = allow,
})

local function run_call(input, name)
  local call = { "run", "-T", "--name", name, services = { input.service }, argv = input.argv }
  if input.no_deps then call[#call + 1] = "--no-deps" end
  return call
end

effect.define("compose.run", {
  input = function(raw) return input_of("compose.run", raw) end,
  preview = function(input)
    local about = { dir = input.dir, files = input.files, project = input.project, env = input.env, services = { input.service } }
    local state = project.state("compose.run", about)
    local preview = { changes = {}, ground = grounds.of_run(input, state) }
    for _, want in ipairs(state) do
      local change = want.name ~= input.service and not input.no_deps and project.change_of(want)
      if change and change.action ~= "unchanged" then table.insert(preview.changes, change) end
    end
    table.insert(preview.changes, {
      object = "container of service " .. input.service, action = "create",
      why = "runs once" .. (input.argv and ": " .. table.concat(input.argv, " ") or ""),
    })
    return preview
  end,
  apply = function(input, ctx)
    local name = project.once_name(ctx.id)
    project.forget_once(name) -- of a try that failed
    local result = project.change("compose.run", input, run_call(input, name), ctx)
    return { service = input.service, name = name, stdout = result.stdout }
  end,
  -- The container stays, and tells what became of it.
  recover = function(input, ctx)
    survivors.wait(ctx.id, "compose run", input.timeout or project.TIMEOUT)
    local name = project.once_name(ctx.id)
    local code = project.once_ended(name, input.timeout or project.TIMEOUT)
    if code == 0 then return "done", { service = input.service, name = name, stdout = project.once_output(name) } end
    if code then step.note(string.format("%s ended with code %d; it is run again", name, code)) end
    return code and "again" or "not_done"
  end,
  title = function(input)
    return string.format("compose run %s%s", table.concat({ input.service, table.unpack(input.argv or {}) }, " "),
      input.dir ~= "." and " in " .. input.dir or "")
  end,
  allow = allow_images,
})

--- Brings the services up, detached; recreates those whose configuration or image is another. An effect.
--- A rollback takes down what was not there before.
function M.up(opts) return effect.perform("compose.up", opts or {}) end

--- Takes the containers away; with `volumes` also what they stored. An effect.
function M.down(opts) return effect.perform("compose.down", opts or {}) end

--- Fetches the images of the services. An effect.
function M.pull(opts) return effect.perform("compose.pull", opts or {}) end

--- Runs a command once in a container of its own, as a service has it. An effect; the container stays until `down`,
--- so that after a crash it tells whether it ended well.
function M.run(opts) return effect.perform("compose.run", opts or {}) end

--- Restarts the containers of the services. An effect; after a crash those that were not yet restarted are.
function M.restart(opts) return effect.perform("compose.restart", opts or {}) end

return M
