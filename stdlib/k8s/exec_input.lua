--- What a call of k8s.exec says: the pod, the command and its options, checked and made plain. Pure.
local arguments = require "almanac.k8s.arguments"
local command = require "almanac.host.command"
local errors = require "almanac.base.errors"
local fields = require "almanac.base.fields"
local objects = require "almanac.k8s.objects"

local M = {}

---@class almanac.k8s.Exec
---@field pod string|table           "animica-node-0", or a workload: "deployment/animica-miner" (its newest running pod)
---@field command string[]           program and arguments; no shell unless it is one
---@field namespace? string          default the context's
---@field container? string          must be given when the pod has several and names none as default
---@field stdin? string              text on its standard input; without it there is none
---@field timeout? number|string     duration; then the connection is closed, and what is left of the command is said
---@field ok? integer[]              exit codes that are no failure, default { 0 }
---@field max_output? integer        bytes kept of each stream: the first and the last half of them
---@field context? string

--- The words may hold secrets: who reads the processes of a container is its own affair.
local function argv_of(who, value)
  return command.words(who, value, { write = 'k8s.exec("ls", "-l", "/data", { pod = "deployment/x" })' })
end

--- A command that only looks, as words, in a table or as a text: the program alone.
local function check_of(who, value)
  return argv_of(who .. ": check", type(value) == "string" and { value } or value)
end

local function ref_of(who, pod)
  if type(pod) == "string" and pod ~= "" then
    local ref = pod:find("/", 1, true) and pod or "pod/" .. pod
    objects.parse_ref(who, ref)
    return ref
  end
  local meta = type(pod) == "table" and type(pod.metadata) == "table" and pod.metadata
  if meta and type(pod.kind) == "string" and type(meta.name) == "string" then
    return pod.kind:lower() .. "/" .. meta.name, meta.namespace
  end
  errors.raise {
    kind = "usage", message = who .. ": pod must name a pod or a workload",
    hint = 'write: pod = "web-0", or pod = "statefulset/web"',
  }
end

local READ = fields.with(command.COMMON, {
  pod = { "ref", required = true, words = "a pod or a workload", help = "a pod's name, deployment/x, or the object" },
  command = { "list", required = true, or_words = true, take = argv_of, help = "the program and its arguments" },
  namespace = arguments.where.namespace, context = arguments.where.context,
  container = { "string", shown_default = "the only one, or the annotated one", help = "of the pod" },
  timeout = { "seconds", help = "then its connection is cut, and what is left of it is looked for" },
})
M.EXEC_READ = fields.declare("k8s.exec_read", READ, { positional = "command" })
M.EXEC = fields.declare("k8s.exec", fields.with(fields.with(READ, command.COMMON_CHANGING), {
  check = { "list", take = check_of, help = "a command that exits 0 when there is nothing to do" },
}), { positional = "command" })

--- Checks and normalises what a caller gave.
---@param declaration almanac.Declaration
---@param raw any
---@return table input  ref, command, and the options
function M.check(declaration, raw)
  local input = fields.check(declaration, raw)
  local ref, namespace = ref_of(declaration.who, input.pod)
  input.pod, input.ref, input.namespace = nil, ref, input.namespace or namespace
  input.idempotent = input.idempotent or nil
  return input
end

return M
