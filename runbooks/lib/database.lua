--- The services' database on the way back: its schema taken down, or all of it restored. almanac.yaml says how.
local devnet = require "lib.devnet"

local database = {}

local SERVICES = "deployment/animica-services"

local function require_command(command, key, what)
  if #command == 0 then
    errors.raise { kind = "refused", message = string.format("vars.devnet.%s is not set: nobody knows what %s the database", key, what),
      hint = "docs/devnet-almanac.yaml has an example" }
  end
end

--- Takes the schema down to that of a tag, by the newer release's own program. An effect of k8s.exec.
---@param c table  of config.read
---@param p { to?: string, namespace: string }
---@param revision? integer  whose tag it is, without p.to
function database.down(c, p, revision)
  require_command(c.db_down, "db_down", "takes down")
  local tag = p.to or devnet.tag_of(p.namespace, revision)
  if not tag then
    errors.raise { kind = "refused", message = string.format("revision %d of %s says no image tag to take the database down to",
      revision, p.namespace), hint = "name it: to=v0.4.2-0f9e8d7" }
  end
  local command = {}
  for i, word in ipairs(c.db_down) do command[i] = word:gsub("{tag}", (tag:gsub("%%", "%%%%"))) end
  return k8s.exec { pod = SERVICES, namespace = p.namespace, command = command, timeout = "10m" }
end

--- Restores it from its snapshot, and has the services begin anew on it.
function database.restore(c, namespace)
  require_command(c.db_restore, "db_restore", "restores")
  sh.run { argv = c.db_restore, timeout = "30m" }
  k8s.restart(SERVICES, { namespace = namespace })
  return k8s.rollout(SERVICES, { namespace = namespace, timeout = "5m" })
end

return database
