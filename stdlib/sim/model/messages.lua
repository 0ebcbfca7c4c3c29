--- The protobuf messages of the Kubernetes API that the simulated cluster reads and writes, as data; see
--- protobuf.lua.
---
--- A line is a message: its name, then number, name and type of each field; one that begins with a space goes on.
--- Types: s string; b boolean, i integer; y bytes; t Timestamp; q Quantity; x IntOrString; j JSON as it is; - ignored;
--- m:T a map from strings to T; r:T repeated T; else a message's name, whose fields are the parent's own where the
--- field's name is *. A zero is left out of the JSON with b0 and i0, as Go's omitempty does, kept with the others; an
--- empty string is kept with s_, and an empty time is null with t0.
--- The numbers are those of the generated.proto files of k8s.io/api and k8s.io/apimachinery.
local messages = {}

local LINES = [[
ObjectMeta 1 name s 2 generateName s 3 namespace s 4 selfLink - 5 uid s 6 resourceVersion s 7 generation i0
  8 creationTimestamp t 9 deletionTimestamp t 10 deletionGracePeriodSeconds i 11 labels m:s 12 annotations m:s
  13 ownerReferences r:OwnerReference 14 finalizers r:s 17 managedFields r:ManagedFieldsEntry
ManagedFieldsEntry 1 manager s 2 operation s 3 apiVersion s 4 time t 6 fieldsType s 7 fieldsV1 j 8 subresource s
ListMeta 1 selfLink - 2 resourceVersion s 3 continue s 4 remainingItemCount i
Status 1 metadata ListMeta 2 status s 3 message s 4 reason s 5 details StatusDetails 6 code i0
StatusDetails 1 name s 2 group s 3 kind s 4 causes r:StatusCause 5 retryAfterSeconds i0 6 uid s
StatusCause 1 reason s 2 message s 3 field s
OwnerReference 1 kind s 3 name s 4 uid s 5 apiVersion s 6 controller b 7 blockOwnerDeletion b
LabelSelector 1 matchLabels m:s 2 matchExpressions r:LabelSelectorRequirement
LabelSelectorRequirement 1 key s 2 operator s 3 values r:s
Preconditions 1 uid s 2 resourceVersion s
DeleteOptions 1 gracePeriodSeconds i 2 preconditions Preconditions 3 orphanDependents b 4 propagationPolicy s
  5 dryRun r:s
Eviction 1 metadata ObjectMeta 2 deleteOptions DeleteOptions
Secret 1 metadata ObjectMeta 2 data m:y 3 type s 4 stringData m:s 5 immutable b
ConfigMap 1 metadata ObjectMeta 2 data m:s 3 binaryData m:y 4 immutable b
Namespace 1 metadata ObjectMeta 2 spec NamespaceSpec 3 status -
NamespaceSpec 1 finalizers r:s
ServiceAccount 1 metadata ObjectMeta
ResourceQuota 1 metadata ObjectMeta 2 spec ResourceQuotaSpec 3 status -
ResourceQuotaSpec 1 hard m:q 2 scopes r:s
Service 1 metadata ObjectMeta 2 spec ServiceSpec 3 status -
ServiceSpec 1 ports r:ServicePort 2 selector m:s 3 clusterIP s 4 type s 5 externalIPs r:s 7 sessionAffinity s
  8 loadBalancerIP s 9 loadBalancerSourceRanges r:s 10 externalName s
ServicePort 1 name s 2 protocol s 3 port i 4 targetPort x 5 nodePort i0
PodTemplateSpec 1 metadata ObjectMeta 2 spec PodSpec
Pod 1 metadata ObjectMeta 2 spec PodSpec 3 status PodStatus
PodSpec 1 volumes r:Volume 2 containers r:Container 3 restartPolicy s 4 terminationGracePeriodSeconds i
  5 activeDeadlineSeconds i 6 dnsPolicy s 7 nodeSelector m:s 8 serviceAccountName s 9 serviceAccount s 10 nodeName s
  11 hostNetwork b0 12 hostPID b0 13 hostIPC b0 14 securityContext PodSecurityContext
  15 imagePullSecrets r:LocalObjectReference 16 hostname s 17 subdomain s 19 schedulerName s
  20 initContainers r:Container
  21 automountServiceAccountToken b 22 tolerations r:Toleration 24 priorityClassName s 25 priority i
  30 enableServiceLinks b 31 preemptionPolicy s
PodSecurityContext 2 runAsUser i 3 runAsNonRoot b 4 supplementalGroups r:i 5 fsGroup i 6 runAsGroup i
LocalObjectReference 1 name s
Toleration 1 key s 2 operator s 3 value s 4 effect s 5 tolerationSeconds i
Volume 1 name s 2 * VolumeSource
VolumeSource 1 hostPath HostPathVolumeSource 2 emptyDir EmptyDirVolumeSource 6 secret SecretVolumeSource
  10 persistentVolumeClaim PersistentVolumeClaimVolumeSource 19 configMap ConfigMapVolumeSource
  26 projected ProjectedVolumeSource
HostPathVolumeSource 1 path s 2 type s
EmptyDirVolumeSource 1 medium s 2 sizeLimit q
SecretVolumeSource 1 secretName s 2 items r:KeyToPath 3 defaultMode i 4 optional b
PersistentVolumeClaimVolumeSource 1 claimName s 2 readOnly b0
ConfigMapVolumeSource 1 * LocalObjectReference 2 items r:KeyToPath 3 defaultMode i 4 optional b
ProjectedVolumeSource 1 sources r:VolumeProjection 2 defaultMode i
VolumeProjection 1 secret ConfigMapProjection 2 downwardAPI DownwardAPIProjection 3 configMap ConfigMapProjection
  4 serviceAccountToken ServiceAccountTokenProjection
ConfigMapProjection 1 * LocalObjectReference 2 items r:KeyToPath 4 optional b
ServiceAccountTokenProjection 1 audience s 2 expirationSeconds i 3 path s
DownwardAPIProjection 1 items r:DownwardAPIVolumeFile
DownwardAPIVolumeFile 1 path s 2 fieldRef ObjectFieldSelector 4 mode i
ObjectFieldSelector 1 apiVersion s 2 fieldPath s
KeyToPath 1 key s 2 path s 3 mode i
PodStatus 1 phase s 2 conditions r:PodCondition 3 message s 4 reason s 5 hostIP s 6 podIP s 7 startTime t
  8 containerStatuses r:ContainerStatus 9 qosClass s 10 initContainerStatuses r:ContainerStatus 11 nominatedNodeName s
  12 podIPs r:PodIP 16 hostIPs r:PodIP 17 observedGeneration i0 20 resources ResourceRequirements
PodIP 1 ip s
PodCondition 1 type s 2 status s 3 lastProbeTime t0 4 lastTransitionTime t 5 reason s 6 message s
  7 observedGeneration i0
ContainerStatus 1 name s 2 state ContainerState 3 lastState ContainerState 4 ready b 5 restartCount i 6 image s_
  7 imageID s_ 8 containerID s 9 started b 11 resources ResourceRequirements 12 volumeMounts r:VolumeMountStatus
ContainerState 1 waiting ContainerStateWaiting 2 running ContainerStateRunning 3 terminated ContainerStateTerminated
ContainerStateWaiting 1 reason s 2 message s
ContainerStateRunning 1 startedAt t
ContainerStateTerminated 1 exitCode i 2 signal i0 3 reason s 4 message s 5 startedAt t 6 finishedAt t 7 containerID s
VolumeMountStatus 1 name s 2 mountPath s 3 readOnly b0 4 recursiveReadOnly s
Container 1 name s 2 image s 3 command r:s 4 args r:s 5 workingDir s 6 ports r:ContainerPort 7 env r:EnvVar
  8 resources ResourceRequirements 9 volumeMounts r:VolumeMount 10 livenessProbe Probe 11 readinessProbe Probe
  13 terminationMessagePath s 14 imagePullPolicy s 16 stdin b0 17 stdinOnce b0 18 tty b0 20 terminationMessagePolicy s
  22 startupProbe Probe 24 restartPolicy s
VolumeMount 1 name s 2 readOnly b0 3 mountPath s 4 subPath s 5 mountPropagation s 6 subPathExpr s 7 recursiveReadOnly s
Probe 1 * ProbeHandler 2 initialDelaySeconds i0 3 timeoutSeconds i0 4 periodSeconds i0 5 successThreshold i0
  6 failureThreshold i0 7 terminationGracePeriodSeconds i
ProbeHandler 1 exec ExecAction 2 httpGet HTTPGetAction 3 tcpSocket TCPSocketAction
ExecAction 1 command r:s
HTTPGetAction 1 path s 2 port x 3 host s 4 scheme s
TCPSocketAction 1 port x 2 host s
ContainerPort 1 name s 2 hostPort i0 3 containerPort i 4 protocol s 5 hostIP s
EnvVar 1 name s 2 value s 3 valueFrom EnvVarSource
EnvVarSource 1 fieldRef ObjectFieldSelector 3 configMapKeyRef KeySelector 4 secretKeyRef KeySelector
KeySelector 1 * LocalObjectReference 2 key s 3 optional b
ResourceRequirements 1 limits m:q 2 requests m:q
Deployment 1 metadata ObjectMeta 2 spec DeploymentSpec 3 status -
DeploymentSpec 1 replicas i 2 selector LabelSelector 3 template PodTemplateSpec 4 strategy DeploymentStrategy
  5 minReadySeconds i0 6 revisionHistoryLimit i 7 paused b0 9 progressDeadlineSeconds i
DeploymentStrategy 1 type s 2 rollingUpdate RollingUpdateDeployment
RollingUpdateDeployment 1 maxUnavailable x 2 maxSurge x
Job 1 metadata ObjectMeta 2 spec JobSpec 3 status -
JobSpec 1 parallelism i 2 completions i 3 activeDeadlineSeconds i 4 selector LabelSelector 5 manualSelector b
  6 template PodTemplateSpec 7 backoffLimit i 8 ttlSecondsAfterFinished i
CronJob 1 metadata ObjectMeta 2 spec CronJobSpec 3 status -
CronJobSpec 1 schedule s 2 startingDeadlineSeconds i 3 concurrencyPolicy s 4 suspend b 5 jobTemplate JobTemplateSpec
  6 successfulJobsHistoryLimit i 7 failedJobsHistoryLimit i 8 timeZone s
JobTemplateSpec 1 metadata ObjectMeta 2 spec JobSpec
Node 1 metadata ObjectMeta 2 spec NodeSpec 3 status NodeStatus
NodeSpec 1 podCIDR s 3 providerID s 4 unschedulable b0 5 taints r:Taint 7 podCIDRs r:s
Taint 1 key s 2 value s 3 effect s 4 timeAdded t
NodeStatus 1 capacity m:q 2 allocatable m:q 3 phase s 4 conditions r:NodeCondition 5 addresses r:NodeAddress
  6 daemonEndpoints NodeDaemonEndpoints 7 nodeInfo NodeSystemInfo 8 images r:ContainerImage 9 volumesInUse r:s
  12 runtimeHandlers r:NodeRuntimeHandler 13 features NodeFeatures 14 declaredFeatures r:s
NodeCondition 1 type s 2 status s 3 lastHeartbeatTime t 4 lastTransitionTime t 5 reason s 6 message s
NodeAddress 1 type s 2 address s
NodeDaemonEndpoints 1 kubeletEndpoint DaemonEndpoint
DaemonEndpoint 1 Port i
NodeSystemInfo 1 machineID s_ 2 systemUUID s_ 3 bootID s_ 4 kernelVersion s_ 5 osImage s_ 6 containerRuntimeVersion s_
  7 kubeletVersion s_ 8 kubeProxyVersion s_ 9 operatingSystem s_ 10 architecture s_ 11 swap NodeSwapStatus
NodeSwapStatus 1 capacity i
ContainerImage 1 names r:s 2 sizeBytes i0
NodeRuntimeHandler 1 name s_ 2 features NodeRuntimeHandlerFeatures
NodeRuntimeHandlerFeatures 1 recursiveReadOnlyMounts b 2 userNamespaces b
NodeFeatures 1 supplementalGroupsPolicy b
StatefulSet 1 metadata ObjectMeta 2 spec StatefulSetSpec 3 status StatefulSetStatus
StatefulSetSpec 1 replicas i 2 selector LabelSelector 3 template PodTemplateSpec
  4 volumeClaimTemplates r:PersistentVolumeClaim 5 serviceName s_ 6 podManagementPolicy s
  7 updateStrategy StatefulSetUpdateStrategy 8 revisionHistoryLimit i 9 minReadySeconds i0
  10 persistentVolumeClaimRetentionPolicy StatefulSetPersistentVolumeClaimRetentionPolicy
StatefulSetUpdateStrategy 1 type s 2 rollingUpdate RollingUpdateStatefulSetStrategy
RollingUpdateStatefulSetStrategy 1 partition i 2 maxUnavailable x
StatefulSetPersistentVolumeClaimRetentionPolicy 1 whenDeleted s 2 whenScaled s
StatefulSetStatus 1 observedGeneration i0 2 replicas i 3 readyReplicas i0 4 currentReplicas i0 5 updatedReplicas i0
  6 currentRevision s 7 updateRevision s 9 collisionCount i 11 availableReplicas i
PersistentVolumeClaim 1 metadata ObjectMeta 2 spec PersistentVolumeClaimSpec 3 status PersistentVolumeClaimStatus
PersistentVolumeClaimSpec 1 accessModes r:s 2 resources ResourceRequirements 3 volumeName s 4 selector LabelSelector
  5 storageClassName s 6 volumeMode s
PersistentVolumeClaimStatus 1 phase s 2 accessModes r:s 3 capacity m:q
ControllerRevision 1 metadata ObjectMeta 2 data j 3 revision i
Ingress 1 metadata ObjectMeta 2 spec IngressSpec 3 status -
IngressSpec 1 defaultBackend IngressBackend 2 tls r:IngressTLS 3 rules r:IngressRule 4 ingressClassName s
IngressBackend 4 service IngressServiceBackend
IngressServiceBackend 1 name s 2 port ServiceBackendPort
ServiceBackendPort 1 name s 2 number i0
IngressTLS 1 hosts r:s 2 secretName s
IngressRule 1 host s 2 * IngressRuleValue
IngressRuleValue 1 http HTTPIngressRuleValue
HTTPIngressRuleValue 1 paths r:HTTPIngressPath
HTTPIngressPath 1 path s 2 backend IngressBackend 3 pathType s
Role 1 metadata ObjectMeta 2 rules r:PolicyRule
ClusterRole 1 metadata ObjectMeta 2 rules r:PolicyRule
PolicyRule 1 verbs r:s 2 apiGroups r:s 3 resources r:s 4 resourceNames r:s 5 nonResourceURLs r:s
RoleBinding 1 metadata ObjectMeta 2 subjects r:Subject 3 roleRef RoleRef
ClusterRoleBinding 1 metadata ObjectMeta 2 subjects r:Subject 3 roleRef RoleRef
Subject 1 kind s 2 apiGroup s 3 name s 4 namespace s
RoleRef 1 apiGroup s 2 kind s 3 name s
PodDisruptionBudget 1 metadata ObjectMeta 2 spec PodDisruptionBudgetSpec 3 status PodDisruptionBudgetStatus
PodDisruptionBudgetStatus 1 observedGeneration i0 2 disruptedPods m:t 3 disruptionsAllowed i 4 currentHealthy i
  5 desiredHealthy i 6 expectedPods i 7 conditions r:Condition
Condition 1 type s 2 status s 3 observedGeneration i0 4 lastTransitionTime t 5 reason s 6 message s
PodDisruptionBudgetSpec 1 minAvailable x 2 selector LabelSelector 3 maxUnavailable x
PriorityClass 1 metadata ObjectMeta 2 value i 3 globalDefault b0 4 description s 5 preemptionPolicy s
HorizontalPodAutoscaler 1 metadata ObjectMeta 2 spec HorizontalPodAutoscalerSpec 3 status -
HorizontalPodAutoscalerSpec 1 scaleTargetRef CrossVersionObjectReference 2 minReplicas i 3 maxReplicas i
  4 metrics r:MetricSpec
CrossVersionObjectReference 1 kind s 2 name s 3 apiVersion s
MetricSpec 1 type s 4 resource ResourceMetricSource
ResourceMetricSource 1 name s 2 target MetricTarget
MetricTarget 1 type s 2 value q 3 averageValue q 4 averageUtilization i
SelfSubjectReview 1 metadata ObjectMeta 2 status -
SelfSubjectAccessReview 1 metadata ObjectMeta 2 spec SelfSubjectAccessReviewSpec 3 status -
SelfSubjectAccessReviewSpec 1 resourceAttributes ResourceAttributes 2 nonResourceAttributes NonResourceAttributes
ResourceAttributes 1 namespace s 2 verb s 3 group s 4 version s 5 resource s 6 subresource s 7 name s
NonResourceAttributes 1 path s 2 verb s
SelfSubjectRulesReview 1 metadata ObjectMeta 2 spec SelfSubjectRulesReviewSpec 3 status -
SelfSubjectRulesReviewSpec 1 namespace s
]]

--- The fields of a message by their numbers: { [number] = { name, type } }.
---@type table<string, table<integer, { [1]: string, [2]: string }>>
messages.by_name = {}

for line in LINES:gsub("\n +", " "):gmatch("[^\n]+") do
  local name, rest = line:match("^(%w+)(.*)$")
  local fields = {}
  for number, json, type in rest:gmatch("(%d+) (%S+) (%S+)") do
    fields[math.tointeger(tonumber(number))] = { json, type }
  end
  messages.by_name[name] = fields
end

return messages
