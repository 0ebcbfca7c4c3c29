---@meta
-- Made by `make docs` from stdlib/public/k8s.lua: edit that.

--- A Kubernetes cluster. Reads are free inside a step, writes are effects. Objects are named as kubectl names them: "deployment/animica-node", "sts/x", "pods", "certificates.cert-manager.io/x"; or one that a read gave is handed over.
---
--- Every call can raise `api` (the server refused it, with `status` and `reason`), `network`, `tls`, `auth` and `timeout`.
k8s = {}

---@alias almanac.Ref string  "deployment/web", or all of a kind: "pods"
---@alias almanac.ObjectRef string  one object: "deployment/web"

---@class k8s.info.options
---@field context? string  of the kubeconfig

--- The cluster in use. A read.
---
--- Raises: `auth` when there is no kubeconfig, or it cannot be used.
---
--- ```lua
--- local server = k8s.info().server
--- ```
---@param options? k8s.info.options
---@return { server: string, context: string, cluster: string, namespace: string, user: string, source: string }
function k8s.info(options) end

---@class k8s.get.options
---@field context? string  of the kubeconfig
---@field managed_fields? boolean  with metadata.managedFields, which says who manages which field
---@field namespace? string  of the object

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
function k8s.get(ref, options) end

---@class k8s.find.options
---@field context? string  of the kubeconfig
---@field managed_fields? boolean  with metadata.managedFields, which says who manages which field
---@field namespace? string  of the object

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
function k8s.find(ref, options) end

---@class k8s.list.options
---@field all_namespaces? boolean  those of every namespace
---@field context? string  of the kubeconfig
---@field fields? string|table  by fields, such as status.phase=Running
---@field limit? integer  asked for at once; all are given
---@field managed_fields? boolean  with metadata.managedFields, which says who manages which field
---@field namespace? string  of the object
---@field selector? string|table  by labels

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
function k8s.list(ref, options) end

---@class k8s.pods.options
---@field context? string  of the kubeconfig
---@field namespace? string  of the object

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
function k8s.pods(ref, options) end

---@class k8s.events.options
---@field all_namespaces? boolean  those of every namespace
---@field context? string  of the kubeconfig
---@field fields? string|table  by fields, such as status.phase=Running
---@field limit? integer  at most, the newest
---@field namespace? string  of the object
---@field selector? string|table  by labels
---@field type? string  "Normal" or "Warning"

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
function k8s.events(ref, options) end

---@class k8s.images.options
---@field all_namespaces? boolean  those of every namespace
---@field context? string  of the kubeconfig
---@field fields? string|table  by fields, such as status.phase=Running
---@field namespace? string  of the object
---@field ref? string|table  only those of this workload
---@field selector? string|table  by labels

--- The images that the pods of a namespace run, or those of one workload. A read.
---
--- Raises: `api`.
---
--- ```lua
--- for _, one in ipairs(k8s.images { namespace = "animica-devnet" }) do note(one.pod .. " runs " .. one.image) end
--- ```
---@param options? k8s.images.options
---@return { workload: string?, pod: string, container: string, image: string, image_id: string?, ready: boolean }[]
function k8s.images(options) end

---@class k8s.top.options
---@field all_namespaces? boolean  those of every namespace
---@field context? string  of the kubeconfig
---@field namespace? string  of the object
---@field selector? string|table  by labels

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
function k8s.top(ref, options) end

---@class k8s.logs.options
---@field container? string  of the pod
---@field context? string  of the kubeconfig
---@field limit_bytes? integer  at most
---@field namespace? string  of the object
---@field previous? boolean  of the container that ran before
---@field since? string|number  only lines so young
---@field tail? integer  the last of the log
---@field timestamps? boolean  before each line

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
function k8s.logs(ref, options) end

---@class k8s.follow_logs.options
---@field container? string  of the pod
---@field context? string  of the kubeconfig
---@field limit_bytes? integer  at most
---@field namespace? string  of the object
---@field previous? boolean  of the container that ran before
---@field since? string|number  only lines so young
---@field tail? integer  the last of the log
---@field timestamps? boolean  before each line

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
function k8s.follow_logs(ref, options) end

---@class k8s.exec_read.options
---@field command? string|any[]  the program and its arguments
---@field pod string|table  a pod's name, deployment/x, or the object
---@field container? string  of the pod
---@field context? string  of the kubeconfig
---@field max_output? integer  kept of each stream: the first and the last half of them
---@field namespace? string  of the object
---@field ok? integer[]  exit codes that are no failure
---@field stdin? string  text on its standard input; without it there is none
---@field timeout? string|number  then its connection is cut, and what is left of it is looked for

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
function k8s.exec_read(first, ...) end

---@class k8s.rollout.options
---@field condition? string  of a custom resource: the one that must be True
---@field context? string  of the kubeconfig
---@field heal? boolean  deletes the pod of another revision that a StatefulSet waits for
---@field log_lines? integer  of the failed container, in the error
---@field namespace? string  of the object
---@field probe_grace? string|number  how long a pod may fail its readiness probe
---@field timeout? string|number  for all of it

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
function k8s.rollout(ref, options) end

---@class k8s.wait.options
---@field all_namespaces? boolean  with a selector: those of every namespace
---@field check? function  is given the object, or nil, and says whether it is as wanted
---@field condition? string  the name of a status condition
---@field context? string  of the kubeconfig
---@field deleted? true|string  until it is gone
---@field equals? string|number|boolean  what that value must be; without it, that there is one
---@field jsonpath? string  leads to one value, such as {.status.phase}
---@field namespace? string  of the object
---@field observed? boolean  until its controller has seen its last change
---@field selector? string|table  with a kind, such as pods: every object with these labels, and one at least
---@field status? string  of that condition
---@field timeout? string|number  for all of it
---@field what? string  what the check waits for, for people

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
function k8s.wait(ref, options) end

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
function k8s.has_condition(object, kind, status) end

---@class k8s.watch.options
---@field all_namespaces? boolean  those of every namespace
---@field context? string  of the kubeconfig
---@field fields? string|table  by fields, such as status.phase=Running
---@field limit? integer  asked for at once; all are given
---@field managed_fields? boolean  with metadata.managedFields, which says who manages which field
---@field namespace? string  of the object
---@field patience? string|number  for a server that is away
---@field selector? string|table  by labels

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
function k8s.watch(ref, options) end

---@class k8s.apply.options
---@field context? string  of the kubeconfig
---@field force? boolean  takes fields that others manage
---@field namespace? string  of the object

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
function k8s.apply(manifest, options) end

---@class k8s.diff.options
---@field context? string  of the kubeconfig
---@field force? boolean  takes fields that others manage
---@field namespace? string  of the object

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
function k8s.diff(manifest, options) end

---@class k8s.create.options
---@field context? string  of the kubeconfig
---@field force? boolean  takes fields that others manage
---@field namespace? string  of the object

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
function k8s.create(object, options) end

---@class k8s.patch.options
---@field context? string  of the kubeconfig
---@field namespace? string  of the object
---@field type? "strategic"|"merge"|"json"  how the patch is meant

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
function k8s.patch(ref, patch, options) end

---@class k8s.scale.options
---@field context? string  of the kubeconfig
---@field namespace? string  of the object

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
function k8s.scale(ref, replicas, options) end

---@class k8s.restart.options
---@field context? string  of the kubeconfig
---@field namespace? string  of the object

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
function k8s.restart(ref, options) end

---@class k8s.delete.options
---@field context? string  of the kubeconfig
---@field grace? integer  for its processes to end
---@field missing_ok? boolean  one that is not there is fine
---@field namespace? string  of the object
---@field propagation? "background"|"foreground"|"orphan"  what becomes of what it owns
---@field timeout? string|number  for that wait
---@field uid? string  only the object with that uid
---@field wait? boolean  until it is gone

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
function k8s.delete(ref, options) end

---@class k8s.evict.options
---@field context? string  of the kubeconfig
---@field grace? integer  for its processes to end
---@field namespace? string  of the object
---@field timeout? string|number  for that wait
---@field uid? string  only the object with that uid
---@field wait? boolean  until it is gone

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
function k8s.evict(ref, options) end

---@class k8s.cordon.options
---@field context? string  of the kubeconfig

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
function k8s.cordon(node, options) end

---@class k8s.uncordon.options
---@field context? string  of the kubeconfig

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
function k8s.uncordon(node, options) end

---@class k8s.drain.options
---@field context? string  of the kubeconfig
---@field delete_empty_dirs? boolean  pods that use an emptyDir go too, and what is in it is lost
---@field force? boolean  pods that no controller makes anew go too
---@field grace? integer  for its processes to end
---@field selector? string|table  only pods with these labels
---@field timeout? string|number  for all of it

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
function k8s.drain(node, options) end

---@class k8s.wipe_claims.options
---@field context? string  of the kubeconfig
---@field namespace? string  of the object
---@field timeout? string|number  for the pods to end, and for each claim to go

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
function k8s.wipe_claims(ref, options) end

---@class k8s.undo.options
---@field context? string  of the kubeconfig
---@field namespace? string  of the object
---@field observed? boolean  waits until the controller has seen it
---@field timeout? string|number  for that wait
---@field to? integer  the revision to go back to

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
function k8s.undo(ref, options) end

---@class k8s.history.options
---@field context? string  of the kubeconfig
---@field namespace? string  of the object

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
function k8s.history(ref, options) end

---@class k8s.exec.options
---@field command? string|any[]  the program and its arguments
---@field pod string|table  a pod's name, deployment/x, or the object
---@field check? string|any[]  a command that exits 0 when there is nothing to do
---@field container? string  of the pod
---@field context? string  of the kubeconfig
---@field idempotent? boolean  running it twice does no harm
---@field max_output? integer  kept of each stream: the first and the last half of them
---@field namespace? string  of the object
---@field ok? integer[]  exit codes that are no failure
---@field stdin? string  text on its standard input; without it there is none
---@field timeout? string|number  then its connection is cut, and what is left of it is looked for
---@field title? string  for people, in the place of the command

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
function k8s.exec(first, ...) end

--- The number that a quantity stands for. Pure.
---
--- Raises: `usage`.
---
--- ```lua
--- assert(k8s.quantity "1.5Gi" == 1610612736 and k8s.quantity "250m" == 0.25)
--- ```
---@param text string|number
---@return number
function k8s.quantity(text) end
