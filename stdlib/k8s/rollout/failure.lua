--- The error of a rollout that fails: what to do next, by its reason, and the container's last words.
local errors = require "almanac.base.errors"

local M = {}

---@class almanac.rollout.About  whose rollout failed
---@field workload string    "statefulset/animica-node"
---@field namespace? string
---@field context? string
---@field world almanac.rollout.World
---@field log_lines? integer

local LOG_LINES = 20

local hints = {
  ImagePullBackOff = "is the tag right, and was the image pushed where the cluster pulls it from?",
  ErrImagePull = "is the tag right, and was the image pushed where the cluster pulls it from?",
  InvalidImageName = "the image's name in the manifest is no valid reference",
  CreateContainerConfigError = "the ConfigMap or Secret that the container names must exist, with that key",
  OOMKilled = "raise resources.limits.memory of the container, or find out what it holds",
  Unschedulable = "free or add nodes, or lower resources.requests; kubectl describe pod shows each node's reason",
  UnboundClaim = "is there such a storage class, and can it make volumes?",
  TerminatingClaim = "the claim is held by its finalizer until the pod that uses it is gone",
  QuotaExceeded = "raise the namespace's quota, or lower what runs in it",
  AdmissionRefused = "an admission of the cluster refuses the pods: change what it names, or ask who runs it",
  WebhookFailed = "an admission webhook does not answer, and the pods cannot be made without it",
  ProgressDeadlineExceeded = "kubectl describe shows what its pods wait for; spec.progressDeadlineSeconds is its limit",
  BackoffLimitExceeded = "its pods failed as often as spec.backoffLimit allows; their log says why",
  DeadlineExceeded = "it ran longer than spec.activeDeadlineSeconds",
  PodFailurePolicy = "spec.podFailurePolicy names this failure as one that is not retried",
  ProbeFailing = "the container runs and does not become ready: its log, and what the probe asks, say why",
}

--- The last lines of the container that failed: of its previous life when it is between two.
local function logs_of(about, d)
  if not d.pod or not d.container then return nil end
  local function read(previous)
    local ok, text = errors.try(about.world.logs, "pod/" .. d.pod, { container = d.container, previous = previous,
      tail = about.log_lines or LOG_LINES, namespace = about.namespace, context = about.context })
    return ok and type(text) == "string" and text:find "%S" and text:gsub("%s+$", "") or nil
  end
  local crashed = (d.restarts or 0) > 0
  return read(crashed) or crashed and read(false) or nil
end

--- Raises kind "rollout".
---@param about almanac.rollout.About
---@param message string
---@param d? almanac.rollout.Diagnosis|{ reason: string }
---@param hint? string  default: what helps against the reason
function M.raise(about, message, d, hint)
  d = d or {}
  errors.raise {
    kind = "rollout",
    message = message,
    workload = about.workload, namespace = about.namespace,
    reason = d.reason, pod = d.pod, container = d.container, exit_code = d.exit_code, restarts = d.restarts,
    image = d.image, detail = d.detail, logs = logs_of(about, d),
    hint = hint or hints[d.reason] or d.container and "its log says why; kubectl describe pod shows the rest" or nil,
  }
end

return M
