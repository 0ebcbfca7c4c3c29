---@meta
-- Made by `make docs` from stdlib/public/compose.lua: edit that.

--- The services of a Compose file, by `docker compose` or docker-compose.
compose = {}

---@class compose.config.options
---@field dir? string  where the Compose file is
---@field env? table  variables that the Compose file uses
---@field files? string|string[]  the Compose files, later ones win
---@field project? string  the name of the project

--- The Compose file as the program reads it: merged, variables put in. A read.
---
--- Raises: `not_found` (no docker), `command`.
---
--- ```lua
--- local config = compose.config { dir = "ops/devnet" }
--- ```
---@param options? compose.config.options
---@return table
function compose.config(options) end

---@class compose.down.options
---@field dir? string  where the Compose file is
---@field env? table  variables that the Compose file uses
---@field files? string|string[]  the Compose files, later ones win
---@field project? string  the name of the project
---@field timeout? string|number  for the whole call
---@field volumes? boolean  named volumes too

--- Stops and removes the containers. An effect.
---
--- Raises: `not_found` (no docker), `command`, `timeout`, `refused`.
---
--- ```lua
--- compose.down { dir = "ops/devnet" }
--- ```
---@param options? compose.down.options
---@return { down: true }
function compose.down(options) end

---@class compose.images.options
---@field dir? string  where the Compose file is
---@field env? table  variables that the Compose file uses
---@field files? string|string[]  the Compose files, later ones win
---@field project? string  the name of the project

--- The image of each service, and the id it has on the engine: nil where it is not there. A read.
---
--- Raises: `not_found`, `command`.
---
--- ```lua
--- for _, one in ipairs(compose.images { dir = "ops/devnet" }) do note(one.service .. ": " .. tostring(one.image)) end
--- ```
---@param options? compose.images.options
---@return { service: string, image: string?, id: string? }[]
function compose.images(options) end

---@class compose.ps.options
---@field dir? string  where the Compose file is
---@field env? table  variables that the Compose file uses
---@field files? string|string[]  the Compose files, later ones win
---@field project? string  the name of the project

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
function compose.ps(options) end

---@class compose.pull.options
---@field dir? string  where the Compose file is
---@field env? table  variables that the Compose file uses
---@field files? string|string[]  the Compose files, later ones win
---@field project? string  the name of the project
---@field services? string|string[]  only these
---@field timeout? string|number  for the whole call

--- Pulls the images of the services. An effect.
---
--- Raises: `not_found` (no docker), `command`, `timeout`.
---
--- ```lua
--- compose.pull { dir = "ops/devnet", services = { "node" } }
--- ```
---@param options? compose.pull.options
---@return { service: string, image: string?, id: string? }[]
function compose.pull(options) end

---@class compose.restart.options
---@field dir? string  where the Compose file is
---@field env? table  variables that the Compose file uses
---@field files? string|string[]  the Compose files, later ones win
---@field project? string  the name of the project
---@field services? string|string[]  only these
---@field timeout? string|number  for the whole call

--- Restarts containers. An effect.
---
--- Raises: `not_found` (no docker), `command`, `timeout`.
---
--- ```lua
--- compose.restart { dir = "ops/devnet", services = "node" }
--- ```
---@param options? compose.restart.options
---@return { service: string, name: string, id: string, image: string, state: string }[]
function compose.restart(options) end

---@class compose.run.options
---@field service string  whose image and settings it has
---@field argv? string|string[]  program and arguments
---@field dir? string  where the Compose file is
---@field env? table  variables that the Compose file uses
---@field files? string|string[]  the Compose files, later ones win
---@field no_deps? boolean  what the service depends on is not started
---@field project? string  the name of the project
---@field timeout? string|number  for the whole call

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
function compose.run(options) end

---@class compose.up.options
---@field dir? string  where the Compose file is
---@field env? table  variables that the Compose file uses
---@field files? string|string[]  the Compose files, later ones win
---@field project? string  the name of the project
---@field services? string|string[]  only these
---@field timeout? string|number  for the whole call

--- Brings services up as the Compose file has them. An effect.
---
--- Raises: `not_found` (no docker), `command`, `timeout`, `refused`.
---
--- ```lua
--- compose.up { dir = "ops/devnet", files = "compose.yaml", timeout = "5m" }
--- ```
---@param options? compose.up.options
---@return { service: string, name: string, id: string, image: string, state: string }[]
function compose.up(options) end
