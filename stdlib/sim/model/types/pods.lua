--- The Kubernetes 1.36 types of pods and their containers,
--- in the notation of almanac.sim.model.types.
local types = [[
Affinity|nodeAffinity:NodeAffinity podAffinity:PodAffinity podAntiAffinity:PodAntiAffinity
AppArmorProfile|localhostProfile:s type!:s
Capabilities|add:[s] drop:[s]
ConfigMapEnvSource|name:s optional:b
ConfigMapKeySelector@|key!:s name:s optional:b
Container|args:[s] command:[s] env:[EnvVar/name] envFrom:[EnvFromSource] image:s imagePullPolicy:s
  lifecycle:Lifecycle livenessProbe:Probe name!:s ports:[ContainerPort/containerPort,protocol]
  readinessProbe:Probe resizePolicy:[ContainerResizePolicy] resources:ResourceRequirements restartPolicy:s
  restartPolicyRules:[ContainerRestartRule] securityContext:SecurityContext startupProbe:Probe stdin:b
  stdinOnce:b terminationMessagePath:s terminationMessagePolicy:s tty:b
  volumeDevices:[VolumeDevice/devicePath] volumeMounts:[VolumeMount/mountPath] workingDir:s
ContainerExtendedResourceRequest|containerName!:s requestName!:s resourceName!:s
ContainerMetrics|name!:s usage!:{q}
ContainerPort|containerPort!:i hostIP:s hostPort:i name:s protocol:s
ContainerResizePolicy|resourceName!:s restartPolicy!:s
ContainerRestartRule|action!:s exitCodes:ContainerRestartRuleOnExitCodes
ContainerRestartRuleOnExitCodes|operator!:s values:[i]
ContainerState|running:ContainerStateRunning terminated:ContainerStateTerminated
  waiting:ContainerStateWaiting
ContainerStateRunning|startedAt:t
ContainerStateTerminated|containerID:s exitCode!:i finishedAt:t message:s reason:s signal:i startedAt:t
ContainerStateWaiting|message:s reason:s
ContainerStatus|allocatedResources:{q} allocatedResourcesStatus:[ResourceStatus] containerID:s image!:s
  imageID!:s lastState:ContainerState name!:s ready!:b resources:ResourceRequirements restartCount!:i
  started:b state:ContainerState stopSignal:s user:ContainerUser volumeMounts:[VolumeMountStatus]
ContainerUser|linux:LinuxContainerUser
CoreV1ResourceClaim|name!:s request:s
EnvFromSource|configMapRef:ConfigMapEnvSource prefix:s secretRef:SecretEnvSource
EnvVar|name!:s value:s valueFrom:EnvVarSource
EnvVarSource|configMapKeyRef:ConfigMapKeySelector fieldRef:ObjectFieldSelector fileKeyRef:FileKeySelector
  resourceFieldRef:ResourceFieldSelector secretKeyRef:SecretKeySelector
EphemeralContainer|args:[s] command:[s] env:[EnvVar/name] envFrom:[EnvFromSource] image:s imagePullPolicy:s
  lifecycle:Lifecycle livenessProbe:Probe name!:s ports:[ContainerPort/containerPort,protocol]
  readinessProbe:Probe resizePolicy:[ContainerResizePolicy] resources:ResourceRequirements restartPolicy:s
  restartPolicyRules:[ContainerRestartRule] securityContext:SecurityContext startupProbe:Probe stdin:b
  stdinOnce:b targetContainerName:s terminationMessagePath:s terminationMessagePolicy:s tty:b
  volumeDevices:[VolumeDevice/devicePath] volumeMounts:[VolumeMount/mountPath] workingDir:s
ExecAction|command:[s]
FileKeySelector@|key!:s optional:b path!:s volumeName!:s
GRPCAction|port!:i service:s
HTTPGetAction|host:s httpHeaders:[HTTPHeader] path:s port!:x scheme:s
HTTPHeader|name!:s value!:s
HostAlias|hostnames:[s] ip!:s
HostIP|ip!:s
Lifecycle|postStart:LifecycleHandler preStop:LifecycleHandler stopSignal:s
LifecycleHandler|exec:ExecAction httpGet:HTTPGetAction sleep:SleepAction tcpSocket:TCPSocketAction
LinuxContainerUser|gid!:i supplementalGroups:[i] uid!:i
NodeAffinity|preferredDuringSchedulingIgnoredDuringExecution:[PreferredSchedulingTerm]
  requiredDuringSchedulingIgnoredDuringExecution:NodeSelector
NodeAllocatableResourceClaimStatus|containers:[s] resourceClaimName!:s resources!:{s}
NodeSelector@|nodeSelectorTerms!:[NodeSelectorTerm]
NodeSelectorRequirement|key!:s operator!:s values:[s]
NodeSelectorTerm@|matchExpressions:[NodeSelectorRequirement] matchFields:[NodeSelectorRequirement]
ObjectFieldSelector@|apiVersion:s fieldPath!:s
Pod|apiVersion:s kind:s metadata:ObjectMeta spec:PodSpec status:PodStatus
PodAffinity|preferredDuringSchedulingIgnoredDuringExecution:[WeightedPodAffinityTerm]
  requiredDuringSchedulingIgnoredDuringExecution:[PodAffinityTerm]
PodAffinityTerm|labelSelector:LabelSelector matchLabelKeys:[s] mismatchLabelKeys:[s]
  namespaceSelector:LabelSelector namespaces:[s] topologyKey!:s
PodAntiAffinity|preferredDuringSchedulingIgnoredDuringExecution:[WeightedPodAffinityTerm]
  requiredDuringSchedulingIgnoredDuringExecution:[PodAffinityTerm]
PodCondition|lastProbeTime:t lastTransitionTime:t message:s observedGeneration:i reason:s status!:s type!:s
PodDNSConfig|nameservers:[s] options:[PodDNSConfigOption] searches:[s]
PodDNSConfigOption|name:s value:s
PodExtendedResourceClaimStatus|requestMappings!:[ContainerExtendedResourceRequest] resourceClaimName!:s
PodIP|ip!:s
PodMetrics|apiVersion:s containers!:[ContainerMetrics/name] kind:s metadata:ObjectMeta timestamp!:t window!:s
PodOS|name!:s
PodReadinessGate|conditionType!:s
PodResourceClaim|name!:s resourceClaimName:s resourceClaimTemplateName:s
PodResourceClaimStatus|name!:s resourceClaimName:s
PodSchedulingGate|name!:s
PodSchedulingGroup|podGroupName:s
PodSecurityContext|appArmorProfile:AppArmorProfile fsGroup:i fsGroupChangePolicy:s runAsGroup:i
  runAsNonRoot:b runAsUser:i seLinuxChangePolicy:s seLinuxOptions:SELinuxOptions
  seccompProfile:SeccompProfile supplementalGroups:[i] supplementalGroupsPolicy:s sysctls:[Sysctl]
  windowsOptions:WindowsSecurityContextOptions
PodSpec|activeDeadlineSeconds:i affinity:Affinity automountServiceAccountToken:b
  containers!:[Container/name] dnsConfig:PodDNSConfig dnsPolicy:s enableServiceLinks:b
  ephemeralContainers:[EphemeralContainer/name] hostAliases:[HostAlias/ip] hostIPC:b hostNetwork:b
  hostPID:b hostUsers:b hostname:s hostnameOverride:s imagePullSecrets:[LocalObjectReference/name]
  initContainers:[Container/name] nodeName:s nodeSelector:{s}@ os:PodOS overhead:{q} preemptionPolicy:s
  priority:i priorityClassName:s readinessGates:[PodReadinessGate] resourceClaims:[PodResourceClaim/name]
  resources:ResourceRequirements restartPolicy:s runtimeClassName:s schedulerName:s
  schedulingGates:[PodSchedulingGate/name] schedulingGroup:PodSchedulingGroup
  securityContext:PodSecurityContext serviceAccount:s serviceAccountName:s setHostnameAsFQDN:b
  shareProcessNamespace:b subdomain:s terminationGracePeriodSeconds:i tolerations:[Toleration]
  topologySpreadConstraints:[TopologySpreadConstraint/topologyKey,whenUnsatisfiable] volumes:[Volume/name]
PodStatus|allocatedResources:{q} conditions:[PodCondition/type] containerStatuses:[ContainerStatus]
  ephemeralContainerStatuses:[ContainerStatus] extendedResourceClaimStatus:PodExtendedResourceClaimStatus
  hostIP:s hostIPs:[HostIP] initContainerStatuses:[ContainerStatus] message:s
  nodeAllocatableResourceClaimStatuses:[NodeAllocatableResourceClaimStatus] nominatedNodeName:s
  observedGeneration:i phase:s podIP:s podIPs:[PodIP/ip] qosClass:s reason:s resize:s
  resourceClaimStatuses:[PodResourceClaimStatus/name] resources:ResourceRequirements startTime:t
PodTemplate|apiVersion:s kind:s metadata:ObjectMeta template:PodTemplateSpec
PodTemplateSpec|metadata:ObjectMeta spec:PodSpec
PreferredSchedulingTerm|preference!:NodeSelectorTerm weight!:i
Probe|exec:ExecAction failureThreshold:i grpc:GRPCAction httpGet:HTTPGetAction initialDelaySeconds:i
  periodSeconds:i successThreshold:i tcpSocket:TCPSocketAction terminationGracePeriodSeconds:i
  timeoutSeconds:i
ResourceFieldSelector@|containerName:s divisor:q resource!:s
ResourceHealth|health:s message:s resourceID!:s
ResourceRequirements|claims:[CoreV1ResourceClaim/name] limits:{q} requests:{q}
ResourceStatus|name!:s resources:[ResourceHealth]
SELinuxOptions|level:s role:s type:s user:s
SeccompProfile|localhostProfile:s type!:s
SecretEnvSource|name:s optional:b
SecretKeySelector@|key!:s name:s optional:b
SecurityContext|allowPrivilegeEscalation:b appArmorProfile:AppArmorProfile capabilities:Capabilities
  privileged:b procMount:s readOnlyRootFilesystem:b runAsGroup:i runAsNonRoot:b runAsUser:i
  seLinuxOptions:SELinuxOptions seccompProfile:SeccompProfile windowsOptions:WindowsSecurityContextOptions
SleepAction|seconds!:i
Sysctl|name!:s value!:q
TCPSocketAction|host:s port!:x
Toleration|effect:s key:s operator:s tolerationSeconds:i value:s
TopologySpreadConstraint|labelSelector:LabelSelector matchLabelKeys:[s] maxSkew!:i minDomains:i
  nodeAffinityPolicy:s nodeTaintsPolicy:s topologyKey!:s whenUnsatisfiable!:s
WeightedPodAffinityTerm|podAffinityTerm!:PodAffinityTerm weight!:i
WindowsSecurityContextOptions|gmsaCredentialSpec:s gmsaCredentialSpecName:s hostProcess:b runAsUserName:s
]]

return types
