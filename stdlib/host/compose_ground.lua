--- What plans of Compose rest on: services as they are and as the files have them, and containers. Pure.
local M = {}

local function service_ref(input, name)
  return string.format("service %s in %s", name, input.dir)
end

--- A service as the files have it.
local function made(input, want)
  local ref = service_ref(input, want.name)
  return { ref = ref .. " as its files have it", of = ref, digest = tostring(want.hash), is_made = true }
end

--- All containers of `compose run`, together: they have the names of effects, which no plan knows.
local function once_ref(input)
  return "containers that ran once in " .. input.dir
end

--- Of `up`.
---@param input table
---@param state table
---@return almanac.GroundItem[]
function M.of_up(input, state)
  local out = {}
  for _, want in ipairs(state) do
    local parts = { tostring(want.hash), tostring(want.image_id) }
    for _, one in ipairs(want.containers) do parts[#parts + 1] = one.id .. " " .. one.state end
    out[#out + 1] = { ref = service_ref(input, want.name), digest = table.concat(parts, " ") }
    out[#out + 1] = made(input, want)
  end
  return out
end

--- Of `run`. Services that it starts besides may be in any state; they are its own work afterwards.
---@param input table
---@param state table
---@return almanac.GroundItem[]
function M.of_run(input, state)
  local out = { { ref = service_ref(input, input.service) .. ", run once", of = once_ref(input) } }
  for _, want in ipairs(state) do
    local is_started = want.name ~= input.service
    if not is_started or not input.no_deps then out[#out + 1] = made(input, want) end
    if is_started and not input.no_deps then out[#out + 1] = { ref = service_ref(input, want.name) } end
  end
  return out
end

--- Of `pull`: the images that the files name. What a registry has under such a name is its own to say.
---@param input table
---@param names string[]  of the services that are meant
---@param services table<string, { image: string? }>
---@return almanac.GroundItem[]
function M.of_pull(input, names, services)
  local out = {}
  for _, name in ipairs(names) do
    local image = services[name].image
    if image then out[#out + 1] = { ref = "image of the " .. service_ref(input, name), object = image, is_made = true } end
  end
  return out
end

--- Of what goes with a container.
---@param input table
---@param container table
---@param once? boolean  it is one of `compose run`
---@return almanac.GroundItem
function M.of_container(input, container, once)
  local of = once and once_ref(input) or service_ref(input, container.service)
  return { ref = "container " .. container.name, of = of, digest = container.id }
end

return M
