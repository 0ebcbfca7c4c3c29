--- People with SSH keys, real ones, for tests of what is signed: each has a home of his own.
local fs = require "native.fs"
local t = require "tests.harness"

local M = {}

---@class tests.Person
---@field home string
---@field key string     file of the private key
---@field public string  the public key's line
local Person = {}
Person.__index = Person

--- A person with a key.
---@param name string
---@param options? { passphrase?: string, kind?: string, in_ssh?: boolean }  in_ssh: the key is in ~/.ssh, where it is found
---@return tests.Person
function M.person(name, options)
  options = options or {}
  local home = t.tmpdir()
  local dir = options.in_ssh and home .. "/.ssh" or home
  fs.mkdir(dir)
  local key = dir .. "/id_" .. name
  t.must { "ssh-keygen", "-q", "-t", options.kind or "ed25519", "-N", options.passphrase or "", "-C", name, "-f", key }
  return setmetatable({ name = name, home = home, key = key, public = (t.read_file(key .. ".pub"):gsub("\n", "")) }, Person)
end

--- What this person's commands have in their environment: no agent, and no key of somebody else.
---@param agent? string  socket of his agent
function Person:env(agent)
  return { HOME = self.home, SSH_AUTH_SOCK = agent or false, SSH_ASKPASS = false }
end

--- His line of allowed_signers.
---@param options? string  such as 'valid-before="20250101"'
function Person:line(options)
  return string.format("%s@example.com %s%s\n", self.name, options and options .. " " or "", self.public)
end

--- Signs a text with ssh-keygen itself.
---@return string signature
function Person:sign(text, namespace)
  return t.must({ "ssh-keygen", "-Y", "sign", "-n", namespace or "almanac", "-f", self.key }, { stdin = text })
end

--- An agent that ends with the case, with these people's keys.
---@return string socket
function M.agent(...)
  local socket = t.tmpdir() .. "/agent"
  local agent = t.spawn { "ssh-agent", "-D", "-a", socket }
  agent:wait_line "SSH_AUTH_SOCK"
  for _, person in ipairs { ... } do
    t.must({ "ssh-add", "-q", person.key }, { env = { SSH_AUTH_SOCK = socket } })
  end
  return socket
end

return M
