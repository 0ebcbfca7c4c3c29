--- k8s: a Kubernetes cluster. Reads are free inside a step, writes are effects. Objects are named as kubectl names them:
--- "deployment/animica-node", "sts/x", "pods", "certificates.cert-manager.io/x"; or one that a read gave is handed over.
---
--- Every call can raise `api` (the server refused it, with `status` and `reason`), `network`, `tls`, `auth` and `timeout`.
local lazy = require("almanac.base.lazy").lazy

local M = {} -- a part is loaded with the first call of one of its verbs, for most runs need few of them

-- Looking ----------------------------------------------------------------------------------------

--- The cluster in use. A read.
---
--- Raises: `auth` when there is no kubeconfig, or it cannot be used.
---
--- ```lua
--- local server = k8s.info().server
--- ```
---@param options? k8s.info.options
---@return { server: string, context: string, cluster: string, namespace: string, user: string, source: string }
M.info = lazy(function() return require("almanac.k8s.read").info end)

--- One object. A read.
---
--- Raises: `api`, with status 404 where there is none.
---
--- ```lua
--- local node = k8s.get("statefulset/animica-node", { namespace = "animica-devnet" })
--- ```
---@param ref almanac.ObjectRef|table  "deployment/x", or an object
---@param options? k8s.get.options
---@return table object
M.get = lazy(function() return require("almanac.k8s.read").get end)

--- One object, or nil where there is none. A read.
---
--- Raises: `api`.
---
--- ```lua
--- if not k8s.find("namespace/animica-canary") then note "there is no canary" end
--- ```
---@param ref almanac.ObjectRef|table  "deployment/x", or an object
---@param options? k8s.find.options
---@return table? object
M.find = lazy(function() return require("almanac.k8s.read").find end)

--- All objects of a kind. A read.
---
--- Raises: `api`, `usage` where one object is named.
---
--- ```lua
--- local pods = k8s.list("pods", { namespace = "animica-devnet", selector = { app = "animica-node" } })
--- ```
---@param ref almanac.Ref  "pods", "deploy", …
---@param options? k8s.list.options
---@return table[] objects
---@return string resource_version
M.list = lazy(function() return require("almanac.k8s.read").list end)

--- The pods of a workload: those of its newest revision, and all. A read.
---
--- Raises: `api`, `usage` where the object has no pods.
---
--- ```lua
--- local newest, all = k8s.pods("deployment/animica-miner", { namespace = "animica-devnet" })
--- ```
---@param ref almanac.ObjectRef|table
---@param options? k8s.pods.options
---@return table[] newest
---@return table[] all
M.pods = lazy(function() return require("almanac.k8s.read").pods end)

--- Events of a namespace, or about one object, newest first. A read.
---
--- Raises: `api`.
---
--- ```lua
--- for _, event in ipairs(k8s.events("pod/animica-node-0", { namespace = "animica-devnet" })) do note(event.message) end
--- ```
---@param ref? almanac.ObjectRef|table  an object; without it, all of the namespace
---@param options? k8s.events.options
---@return { time: string, type: string, reason: string, message: string, count: integer, object: string }[]
M.events = lazy(function() return require("almanac.k8s.events").events end)

--- The images that the pods of a namespace run, or those of one workload. A read.
---
--- Raises: `api`.
---
--- ```lua
--- for _, one in ipairs(k8s.images { namespace = "animica-devnet" }) do note(one.pod .. " runs " .. one.image) end
--- ```
---@param options? k8s.images.options
---@return { workload: string?, pod: string, container: string, image: string, image_id: string?, ready: boolean }[]
M.images = lazy(function() return require("almanac.k8s.images").images end)

--- What pods or nodes use now. A read of the metrics API.
---
--- Raises: `api` (also where the cluster has no metrics API), `usage`.
---
--- ```lua
--- for _, pod in ipairs(k8s.top("pods", { namespace = "animica-devnet" })) do note(pod.name .. ": " .. pod.memory) end
--- ```
---@param ref almanac.Ref|table  "pods", "nodes", "pod/x", "node/x", or a workload: its pods
---@param options? k8s.top.options
---@return { name: string, namespace: string?, cpu: number, memory: integer, cpu_text: string, memory_text: string, cpu_share: number?, memory_share: number?, time: string }[]  rows by name; cpu in cores, memory in bytes; shares of what a node can give, 0 to 1
M.top = lazy(function() return require("almanac.k8s.top").top end)

--- The last lines of a pod's log, or of the newest pod of a workload. A read.
---
--- Raises: `api`, `not_found` where the workload has no pod.
---
--- ```lua
--- local text = k8s.logs("statefulset/animica-node", { namespace = "animica-devnet", tail = 50 })
--- ```
---@param ref almanac.ObjectRef|table  "pod/x", "statefulset/animica-node"
---@param options? k8s.logs.options
---@return string text
M.logs = lazy(function() return require("almanac.k8s.logs").logs end)

--- The lines of a log as they are written, until the container ends; for `for`. A read.
---
--- Raises: `api`, `network` where the stream breaks.
---
--- ```lua
--- for line in k8s.follow_logs("pod/migrate", { namespace = "animica-devnet" }) do note(line) end
--- ```
---@param ref almanac.ObjectRef|table
---@param options? k8s.follow_logs.options
---@return fun(): string?
M.follow_logs = lazy(function() return require("almanac.k8s.logs").follow end)

--- Runs a command in a container that only looks: your promise. A read: it is run again when the step is, and in a plan.
---
--- Raises: `command` (an exit code that is not in `ok`), `not_found`, `api`, `timeout`.
---
--- ```lua
--- local height = k8s.exec_read("cat", "/data/height", { pod = "pod/animica-node-0", namespace = "animica-devnet" }).stdout
--- ```
---@param first string|k8s.exec_read.options  its first word, or the command in one table
---@param ... string|integer|k8s.exec_read.options  more words; options behind them
---@return { code: integer?, stdout: string, stderr: string, elapsed: number, truncated: boolean, pod: string?, container: string?, already_done: boolean? }  elapsed in seconds
M.exec_read = lazy(function() return require("almanac.k8s.exec").exec_read end)

-- Waiting ----------------------------------------------------------------------------------------

--- Follows a Deployment, StatefulSet, DaemonSet, Job or custom resource until it is rolled out, by kubectl's
--- conditions. A read. It fails as soon as the rollout cannot succeed, and says why: container state, probe,
--- image, scheduling, claim, quota, and the last log lines.
---
--- Raises: `rollout`, with `workload`, `reason`, `pod`, `container`, `exit_code` and `logs`.
---
--- ```lua
--- k8s.rollout("statefulset/animica-node", { namespace = "animica-devnet", timeout = "10m", heal = true })
--- ```
---@param ref almanac.Ref  "deployment/animica-miner"
---@param options? k8s.rollout.options
---@return { workload: string, namespace: string, message: string, generation: integer, elapsed: number, healed: string[] }  elapsed in seconds
M.rollout = lazy(function() return require("almanac.k8s.rollout.rollout").rollout end)

--- Waits until an object is as wanted, or every object that a selector takes, and one at least. A read; a plan looks once.
---
--- Raises: `timeout`, with how it stood; `api`.
---
--- ```lua
--- k8s.wait("deployment/animica-miner", { namespace = "animica-devnet", condition = "Available", timeout = "5m" })
--- ```
---@param ref almanac.Ref|table
---@param options k8s.wait.options
---@return table? object  nil when it is gone; with a selector, all of them as a list
M.wait = lazy(function() return require("almanac.k8s.wait").wait end)

--- Whether an object has a condition, by kubectl's rules: names in any case, and none of an older generation. Pure.
---
--- Raises: nothing.
---
--- ```lua
--- local web = { metadata = { generation = 1 }, status = { conditions = { { type = "Available", status = "True" } } } }
--- assert(k8s.has_condition(web, "available"))
--- ```
---@param object table?
---@param kind string   "Available"
---@param status? string  default "True"
---@return boolean
M.has_condition = lazy(function() return require("almanac.k8s.wait").has_condition end)

--- Follows a collection, or one object: what is there comes as ADDED, then SYNCED, then changes as they happen. A read.
---
--- Raises: `api`; `network` when the server stays away for longer than `patience`.
---
--- ```lua
--- local watch <close> = k8s.watch("pods", { namespace = "animica-devnet", selector = { app = "animica-node" } })
--- for event in watch:events() do if event.type == "SYNCED" then break end end
--- ```
---@param ref almanac.Ref|table  "pods", "deployment/animica-node"
---@param options? k8s.watch.options
---@return { events: fun(self): fun(): { type: string, object: table? }, close: fun(self) }
M.watch = lazy(function() return require("almanac.k8s.watch").watch end)

-- Changing ---------------------------------------------------------------------------------------

--- Applies objects server-side, as field manager "almanac". An effect.
---
--- Raises: `conflict` (with `conflicts`: manager and field), `api`, `usage`.
---
--- ```lua
--- k8s.apply { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "limits", namespace = "animica-devnet" }, data = { peers = "12" } }
--- ```
---@param manifest string|table  YAML (several documents too), an object, or a list of objects
---@param options? k8s.apply.options
---@return { kind: string, name: string, namespace: string?, uid: string, generation: integer?, changed: boolean }[]
M.apply = lazy(function() return require("almanac.k8s.apply").apply end)

--- What apply would do, asked of the server and not done: object by object and field by field. A read.
---
--- Raises: `api`, `usage`.
---
--- ```lua
--- for _, change in ipairs(k8s.diff(fs.read "limits.yaml")) do note(change.action .. " " .. change.object) end
--- ```
---@param manifest string|table  as for k8s.apply
---@param options? k8s.diff.options
---@return { object: string, action: "create"|"change"|"unchanged"|"conflict"|"reject", fields: table[]?, why: string? }[]
M.diff = lazy(function() return require("almanac.k8s.apply").diff end)

--- Creates an object, which must not be there yet. An effect.
---
--- Raises: `api`, with status 409 where it is there.
---
--- ```lua
--- k8s.create { apiVersion = "v1", kind = "Namespace", metadata = { name = "animica-canary" } }
--- ```
---@param object string|table  YAML or an object
---@param options? k8s.create.options
---@return table object
M.create = lazy(function() return require("almanac.k8s.apply").create end)

--- Patches an object. An effect.
---
--- Raises: `api`, `usage`.
---
--- ```lua
--- k8s.patch("configmap/limits", { data = { peers = "24" } }, { namespace = "animica-devnet", type = "merge" })
--- ```
---@param ref almanac.ObjectRef|table
---@param patch table  of JSON's types; a list of operations with type "json"
---@param options? k8s.patch.options
---@return table object
M.patch = lazy(function() return require("almanac.k8s.patch").patch end)

--- Sets the number of replicas. An effect; its undo sets the old number.
---
--- Raises: `api`, `usage` where the kind has no replicas.
---
--- ```lua
--- k8s.scale("deployment/animica-miner", 3, { namespace = "animica-devnet" })
--- ```
---@param ref almanac.ObjectRef|table
---@param replicas integer  from 0
---@param options? k8s.scale.options
---@return { name: string, namespace: string, uid: string, replicas: integer, before: integer }
M.scale = lazy(function() return require("almanac.k8s.patch").scale end)

--- Replaces the pods of a Deployment, StatefulSet or DaemonSet, as `kubectl rollout restart`; k8s.rollout follows it. An effect.
---
--- Raises: `api`, `usage` where the kind cannot be restarted.
---
--- ```lua
--- k8s.restart("deployment/animica-explorer", { namespace = "animica-devnet" })
--- ```
---@param ref almanac.ObjectRef|table
---@param options? k8s.restart.options
---@return table object
M.restart = lazy(function() return require("almanac.k8s.patch").restart end)

--- Deletes an object, and waits until it is gone: one of its name with another uid is another. An effect.
---
--- Raises: `api` (with status 404 where it is not there and `missing_ok` is not given), `timeout`.
---
--- ```lua
--- k8s.delete("job/migrate", { namespace = "animica-devnet", missing_ok = true, timeout = "1m" })
--- ```
---@param ref almanac.ObjectRef|table
---@param options? k8s.delete.options
---@return { deleted: boolean, uid: string? }
M.delete = lazy(function() return require("almanac.k8s.delete").delete end)

--- Evicts a pod: a delete that its disruption budget must allow, which is waited for. An effect.
---
--- Raises: `timeout` (with the budget's word), `api`.
---
--- ```lua
--- k8s.evict("pod/animica-miner-0", { namespace = "animica-devnet", timeout = "5m" })
--- ```
---@param ref almanac.ObjectRef|table  "pod/x"
---@param options? k8s.evict.options
---@return { evicted: boolean, uid: string? }
M.evict = lazy(function() return require("almanac.k8s.evict").evict end)

--- Keeps new pods off a node; those that are there stay. An effect; its undo is uncordon, unless the node was cordoned
--- before. A node is in no namespace: `allow = { k8s = { "node/worker-*" } }`.
---
--- Raises: `api`, `usage`.
---
--- ```lua
--- k8s.cordon "worker-1"
--- ```
---@param node string|table  "worker-1"
---@param options? k8s.cordon.options
---@return { node: string, cordoned: boolean, before: boolean }
M.cordon = lazy(function() return require("almanac.k8s.cordon").cordon end)

--- Lets new pods onto a node again. An effect; its undo is cordon, where the node was cordoned.
---
--- Raises: `api`, `usage`.
---
--- ```lua
--- k8s.uncordon "worker-1"
--- ```
---@param node string|table  "worker-1"
---@param options? k8s.uncordon.options
---@return { node: string, cordoned: boolean, before: boolean }
M.uncordon = lazy(function() return require("almanac.k8s.cordon").uncordon end)

--- Empties a node: no new pods, and those that are there evicted, as their disruption budgets allow, until they are gone.
--- Pods of DaemonSets and of the node itself stay. What kubectl asks a flag for is refused before anything is changed. An
--- effect of several; its undo is uncordon.
---
--- Raises: `refused`, `timeout` (with the budget's word), `api`.
---
--- ```lua
--- k8s.drain("worker-1", { timeout = "15m" })
--- ```
---@param node string|table  "worker-1"
---@param options? k8s.drain.options
---@return { node: string, evicted: string[], left: string[] }  names with their namespaces; those left, and why
M.drain = lazy(function() return require("almanac.k8s.drain").drain end)

--- Deletes the claims of a StatefulSet with all their data, in the order that cannot hang, and brings it back on new ones.
--- An effect of several; cut off anywhere, a resume goes on with the same claims. Nothing takes it back.
---
--- Raises: `refused` where a stranger uses a claim, `timeout`, `api`.
---
--- ```lua
--- k8s.wipe_claims("statefulset/animica-node", { namespace = "animica-devnet", timeout = "5m" })
--- ```
---@param ref almanac.ObjectRef|table  "statefulset/animica-node"
---@param options? k8s.wipe_claims.options
---@return { claims: string[], replicas: integer }
M.wipe_claims = lazy(function() return require("almanac.k8s.claims").wipe_claims end)

--- Takes a Deployment, StatefulSet or DaemonSet back to a revision, as `kubectl rollout undo`. An effect; its undo goes
--- forward again. A StatefulSet does not replace a pod that is broken: k8s.rollout with heal = true does.
---
--- Raises: `not_found` where there is no such revision, `api`, `usage`.
---
--- ```lua
--- k8s.undo("deployment/animica-miner", { namespace = "animica-devnet" })
--- ```
---@param ref almanac.ObjectRef|table
---@param options? k8s.undo.options
---@return { kind: string, name: string, generation: integer, changed: boolean, from: integer, to: integer }
M.undo = lazy(function() return require("almanac.k8s.undo").undo end)

--- The revisions of a workload, oldest first. A read.
---
--- Raises: `api`, `usage` where the kind has none.
---
--- ```lua
--- local revisions = k8s.history("deployment/animica-miner", { namespace = "animica-devnet" })
--- ```
---@param ref almanac.ObjectRef|table
---@param options? k8s.history.options
---@return { revision: integer, name: string, created: string, current: boolean, images: string[], change_cause: string? }[]
M.history = lazy(function() return require("almanac.k8s.undo").history end)

--- Runs a command in a container that changes something: journalled, never twice. With `check` it is skipped
--- when done already, and a run cut short in it goes on by itself; otherwise the operator is asked. An effect.
---
--- Raises: `command` (an exit code that is not in `ok`), `not_found`, `timeout` (in doubt), `api`.
---
--- ```lua
--- k8s.exec("animica", "compact", { pod = "statefulset/animica-node", namespace = "animica-devnet", idempotent = true })
--- ```
---@param first string|k8s.exec.options  its first word, or the command in one table
---@param ... string|integer|k8s.exec.options  more words; options behind them
---@return { code: integer?, stdout: string, stderr: string, elapsed: number, truncated: boolean, pod: string?, container: string?, already_done: boolean? }  elapsed in seconds
M.exec = lazy(function() return require("almanac.k8s.exec").exec end)

--- The number that a quantity stands for. Pure.
---
--- Raises: `usage`.
---
--- ```lua
--- assert(k8s.quantity "1.5Gi" == 1610612736 and k8s.quantity "250m" == 0.25)
--- ```
---@param text string|number
---@return number
M.quantity = lazy(function() return require("almanac.base.quantity").parse end)

return M
