--- compose: the services of a Compose file, by `docker compose` or docker-compose.
local impl = require "almanac.host.compose"

local M = {}

--- The Compose file as the program reads it: merged, variables put in. A read.
---
--- Raises: `not_found` (no docker), `command`.
---
--- ```lua
--- local config = compose.config { dir = "ops/devnet" }
--- ```
---@param options? compose.config.options
---@return table
M.config = impl.config

--- Stops and removes the containers. An effect.
---
--- Raises: `not_found` (no docker), `command`, `timeout`, `refused`.
---
--- ```lua
--- compose.down { dir = "ops/devnet" }
--- ```
---@param options? compose.down.options
---@return { down: true }
M.down = impl.down

--- The image of each service, and the id it has on the engine: nil where it is not there. A read.
---
--- Raises: `not_found`, `command`.
---
--- ```lua
--- for _, one in ipairs(compose.images { dir = "ops/devnet" }) do note(one.service .. ": " .. tostring(one.image)) end
--- ```
---@param options? compose.images.options
---@return { service: string, image: string?, id: string? }[]
M.images = impl.images

--- The containers of the services, stopped ones too; with a healthcheck also "starting", "healthy" or "unhealthy".
--- A read.
---
--- Raises: `not_found`, `command`.
---
--- ```lua
--- for _, one in ipairs(compose.ps { dir = "ops/devnet" }) do note(one.name .. " is " .. one.state) end
--- ```
---@param options? compose.ps.options
---@return { service: string, name: string, id: string, image: string, state: string, exit_code: integer?, health: string? }[]
M.ps = impl.ps

--- Pulls the images of the services. An effect.
---
--- Raises: `not_found` (no docker), `command`, `timeout`.
---
--- ```lua
--- compose.pull { dir = "ops/devnet", services = { "node" } }
--- ```
---@param options? compose.pull.options
---@return { service: string, image: string?, id: string? }[]
M.pull = impl.pull

--- Restarts containers. An effect.
---
--- Raises: `not_found` (no docker), `command`, `timeout`.
---
--- ```lua
--- compose.restart { dir = "ops/devnet", services = "node" }
--- ```
---@param options? compose.restart.options
---@return { service: string, name: string, id: string, image: string, state: string }[]
M.restart = impl.restart

--- Runs a command once, in a container of its own with a service's image and settings. An effect. The container stays
--- until `down`: after a crash it tells whether it ended well.
---
--- Raises: `command` (its exit code is not 0), `not_found`, `timeout`.
---
--- ```lua
--- compose.run { dir = "ops/devnet", service = "node", argv = { "migrate", "--to", "v5" } }
--- ```
---@param options? compose.run.options
---@return { service: string, name: string, stdout: string }  name: of the container
M.run = impl.run

--- Brings services up as the Compose file has them. An effect.
---
--- Raises: `not_found` (no docker), `command`, `timeout`, `refused`.
---
--- ```lua
--- compose.up { dir = "ops/devnet", files = "compose.yaml", timeout = "5m" }
--- ```
---@param options? compose.up.options
---@return { service: string, name: string, id: string, image: string, state: string }[]
M.up = impl.up

return M
