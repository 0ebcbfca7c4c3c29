--- The types of the Kubernetes 1.36 API that the simulated cluster serves, as data; schema.lua reads it.
---
--- TypeName|field:type …; a line that begins with a space goes on. "!" after a field: required; "@" after
--- a type or map: atomic, owned and replaced as a whole. Types: s string, i integer, n number, b
--- boolean, q quantity, x integer or string, t time, y base64 bytes, * anything, {T} map of T, [T]
--- atomic list, [T/] set, [T/a,b] list keyed by a and b, else another type's name.
--- Field names and types are those of https://kubernetes.io/docs/reference/kubernetes-api/
local types = {}

types.text = [[
AWSElasticBlockStoreVolumeSource|fsType:s partition:i readOnly:b volumeID!:s
Affinity|nodeAffinity:NodeAffinity podAffinity:PodAffinity podAntiAffinity:PodAntiAffinity
AggregationRule@|clusterRoleSelectors:[LabelSelector]
AppArmorProfile|localhostProfile:s type!:s
AttachedVolume|devicePath!:s name!:s
AzureDiskVolumeSource|cachingMode:s diskName!:s diskURI!:s fsType:s kind:s readOnly:b
AzureFilePersistentVolumeSource|readOnly:b secretName!:s secretNamespace:s shareName!:s
AzureFileVolumeSource|readOnly:b secretName!:s shareName!:s
CSIPersistentVolumeSource|controllerExpandSecretRef:SecretReference
  controllerPublishSecretRef:SecretReference driver!:s fsType:s nodeExpandSecretRef:SecretReference
  nodePublishSecretRef:SecretReference nodeStageSecretRef:SecretReference readOnly:b volumeAttributes:{s}
  volumeHandle!:s
CSIVolumeSource|driver!:s fsType:s nodePublishSecretRef:LocalObjectReference readOnly:b
  volumeAttributes:{s}
Capabilities|add:[s] drop:[s]
CephFSPersistentVolumeSource|monitors!:[s] path:s readOnly:b secretFile:s secretRef:SecretReference user:s
CephFSVolumeSource|monitors!:[s] path:s readOnly:b secretFile:s secretRef:LocalObjectReference user:s
CinderPersistentVolumeSource|fsType:s readOnly:b secretRef:SecretReference volumeID!:s
CinderVolumeSource|fsType:s readOnly:b secretRef:LocalObjectReference volumeID!:s
ClientIPConfig|timeoutSeconds:i
ClusterRole|aggregationRule:AggregationRule apiVersion:s kind:s metadata:ObjectMeta rules:[PolicyRule]
ClusterRoleBinding|apiVersion:s kind:s metadata:ObjectMeta roleRef!:RoleRef subjects:[RbacV1Subject]
ClusterTrustBundleProjection|labelSelector:LabelSelector name:s optional:b path!:s signerName:s
Condition|lastTransitionTime!:t message!:s observedGeneration:i reason!:s status!:s type!:s
ConfigMap|apiVersion:s binaryData:{y} data:{s} immutable:b kind:s metadata:ObjectMeta
ConfigMapEnvSource|name:s optional:b
ConfigMapKeySelector@|key!:s name:s optional:b
ConfigMapNodeConfigSource|kubeletConfigKey!:s name!:s namespace!:s resourceVersion:s uid:s
ConfigMapProjection|items:[KeyToPath] name:s optional:b
ConfigMapVolumeSource|defaultMode:i items:[KeyToPath] name:s optional:b
Container|args:[s] command:[s] env:[EnvVar/name] envFrom:[EnvFromSource] image:s imagePullPolicy:s
  lifecycle:Lifecycle livenessProbe:Probe name!:s ports:[ContainerPort/containerPort,protocol]
  readinessProbe:Probe resizePolicy:[ContainerResizePolicy] resources:ResourceRequirements restartPolicy:s
  restartPolicyRules:[ContainerRestartRule] securityContext:SecurityContext startupProbe:Probe stdin:b
  stdinOnce:b terminationMessagePath:s terminationMessagePolicy:s tty:b
  volumeDevices:[VolumeDevice/devicePath] volumeMounts:[VolumeMount/mountPath] workingDir:s
ContainerExtendedResourceRequest|containerName!:s requestName!:s resourceName!:s
ContainerImage|names:[s] sizeBytes:i
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
ControllerRevision|apiVersion:s data:* kind:s metadata:ObjectMeta revision!:i
CoreV1EndpointPort@|appProtocol:s name:s port!:i protocol:s
CoreV1Event|action:s apiVersion:s count:i eventTime:t firstTimestamp:t involvedObject!:ObjectReference
  kind:s lastTimestamp:t message:s metadata!:ObjectMeta reason:s related:ObjectReference
  reportingComponent:s reportingInstance:s series:CoreV1EventSeries source:EventSource type:s
CoreV1EventSeries|count:i lastObservedTime:t
CoreV1ResourceClaim|name!:s request:s
CronJob|apiVersion:s kind:s metadata:ObjectMeta spec!:CronJobSpec status:CronJobStatus
CronJobSpec|concurrencyPolicy:s failedJobsHistoryLimit:i jobTemplate!:JobTemplateSpec schedule!:s
  startingDeadlineSeconds:i successfulJobsHistoryLimit:i suspend:b timeZone:s
CronJobStatus|active:[ObjectReference] lastScheduleTime:t lastSuccessfulTime:t
DaemonEndpoint|Port!:i
DaemonSet|apiVersion:s kind:s metadata:ObjectMeta spec:DaemonSetSpec status:DaemonSetStatus
DaemonSetCondition|lastTransitionTime:t message:s reason:s status!:s type!:s
DaemonSetSpec|minReadySeconds:i revisionHistoryLimit:i selector!:LabelSelector template!:PodTemplateSpec
  updateStrategy:DaemonSetUpdateStrategy
DaemonSetStatus|collisionCount:i conditions:[DaemonSetCondition/type] currentNumberScheduled!:i
  desiredNumberScheduled!:i numberAvailable:i numberMisscheduled!:i numberReady!:i numberUnavailable:i
  observedGeneration:i updatedNumberScheduled:i
DaemonSetUpdateStrategy|rollingUpdate:RollingUpdateDaemonSet type:s
DeleteOptions|apiVersion:s dryRun:[s] gracePeriodSeconds:i
  ignoreStoreReadErrorWithClusterBreakingPotential:b kind:s orphanDependents:b preconditions:Preconditions
  propagationPolicy:s
Deployment|apiVersion:s kind:s metadata:ObjectMeta spec:DeploymentSpec status:DeploymentStatus
DeploymentCondition|lastTransitionTime:t lastUpdateTime:t message:s reason:s status!:s type!:s
DeploymentSpec|minReadySeconds:i paused:b progressDeadlineSeconds:i replicas:i revisionHistoryLimit:i
  selector!:LabelSelector strategy:DeploymentStrategy template!:PodTemplateSpec
DeploymentStatus|availableReplicas:i collisionCount:i conditions:[DeploymentCondition/type]
  observedGeneration:i readyReplicas:i replicas:i terminatingReplicas:i unavailableReplicas:i
  updatedReplicas:i
DeploymentStrategy|rollingUpdate:RollingUpdateDeployment type:s
DiscoveryV1EndpointPort|appProtocol:s name:s port:i protocol:s
DownwardAPIProjection|items:[DownwardAPIVolumeFile]
DownwardAPIVolumeFile|fieldRef:ObjectFieldSelector mode:i path!:s resourceFieldRef:ResourceFieldSelector
DownwardAPIVolumeSource|defaultMode:i items:[DownwardAPIVolumeFile]
EmptyDirVolumeSource|medium:s sizeLimit:q
Endpoint|addresses!:[s] conditions:EndpointConditions deprecatedTopology:{s} hints:EndpointHints hostname:s
  nodeName:s targetRef:ObjectReference zone:s
EndpointAddress@|hostname:s ip!:s nodeName:s targetRef:ObjectReference
EndpointConditions|ready:b serving:b terminating:b
EndpointHints|forNodes:[ForNode] forZones:[ForZone]
EndpointSlice|addressType!:s apiVersion:s endpoints:[Endpoint] kind:s metadata:ObjectMeta
  ports:[DiscoveryV1EndpointPort]
EndpointSubset|addresses:[EndpointAddress] notReadyAddresses:[EndpointAddress] ports:[CoreV1EndpointPort]
Endpoints|apiVersion:s kind:s metadata:ObjectMeta subsets:[EndpointSubset]
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
EphemeralVolumeSource|volumeClaimTemplate:PersistentVolumeClaimTemplate
EventSource|component:s host:s
EventsV1Event|action:s apiVersion:s deprecatedCount:i deprecatedFirstTimestamp:t deprecatedLastTimestamp:t
  deprecatedSource:EventSource eventTime!:t kind:s metadata:ObjectMeta note:s reason:s
  regarding:ObjectReference related:ObjectReference reportingController:s reportingInstance:s
  series:EventsV1EventSeries type:s
EventsV1EventSeries|count!:i lastObservedTime!:t
Eviction|apiVersion:s deleteOptions:DeleteOptions kind:s metadata:ObjectMeta
ExecAction|command:[s]
FCVolumeSource|fsType:s lun:i readOnly:b targetWWNs:[s] wwids:[s]
FieldSelectorAttributes|rawSelector:s requirements:[FieldSelectorRequirement]
FieldSelectorRequirement|key!:s operator!:s values:[s]
FileKeySelector@|key!:s optional:b path!:s volumeName!:s
FlexPersistentVolumeSource|driver!:s fsType:s options:{s} readOnly:b secretRef:SecretReference
FlexVolumeSource|driver!:s fsType:s options:{s} readOnly:b secretRef:LocalObjectReference
FlockerVolumeSource|datasetName:s datasetUUID:s
ForNode|name!:s
ForZone|name!:s
GCEPersistentDiskVolumeSource|fsType:s partition:i pdName!:s readOnly:b
GRPCAction|port!:i service:s
GitRepoVolumeSource|directory:s repository!:s revision:s
GlusterfsPersistentVolumeSource|endpoints!:s endpointsNamespace:s path!:s readOnly:b
GlusterfsVolumeSource|endpoints!:s path!:s readOnly:b
HTTPGetAction|host:s httpHeaders:[HTTPHeader] path:s port!:x scheme:s
HTTPHeader|name!:s value!:s
HTTPIngressPath|backend!:IngressBackend path:s pathType!:s
HTTPIngressRuleValue|paths!:[HTTPIngressPath]
HostAlias|hostnames:[s] ip!:s
HostIP|ip!:s
HostPathVolumeSource|path!:s type:s
IPBlock|cidr!:s except:[s]
ISCSIPersistentVolumeSource|chapAuthDiscovery:b chapAuthSession:b fsType:s initiatorName:s iqn!:s
  iscsiInterface:s lun!:i portals:[s] readOnly:b secretRef:SecretReference targetPortal!:s
ISCSIVolumeSource|chapAuthDiscovery:b chapAuthSession:b fsType:s initiatorName:s iqn!:s iscsiInterface:s
  lun!:i portals:[s] readOnly:b secretRef:LocalObjectReference targetPortal!:s
ImageVolumeSource|pullPolicy:s reference:s
ImageVolumeStatus|imageRef!:s
Ingress|apiVersion:s kind:s metadata:ObjectMeta spec:IngressSpec status:IngressStatus
IngressBackend|resource:TypedLocalObjectReference service:IngressServiceBackend
IngressClass|apiVersion:s kind:s metadata:ObjectMeta spec:IngressClassSpec
IngressClassParametersReference@|apiGroup:s kind!:s name!:s namespace:s scope:s
IngressClassSpec|controller:s parameters:IngressClassParametersReference
IngressLoadBalancerIngress|hostname:s ip:s ports:[IngressPortStatus]
IngressLoadBalancerStatus|ingress:[IngressLoadBalancerIngress]
IngressPortStatus|error:s port!:i protocol!:s
IngressRule|host:s http:HTTPIngressRuleValue
IngressServiceBackend|name!:s port:ServiceBackendPort
IngressSpec|defaultBackend:IngressBackend ingressClassName:s rules:[IngressRule] tls:[IngressTLS]
IngressStatus|loadBalancer:IngressLoadBalancerStatus
IngressTLS|hosts:[s] secretName:s
Job|apiVersion:s kind:s metadata:ObjectMeta spec:JobSpec status:JobStatus
JobCondition|lastProbeTime:t lastTransitionTime:t message:s reason:s status!:s type!:s
JobSpec|activeDeadlineSeconds:i backoffLimit:i backoffLimitPerIndex:i completionMode:s completions:i
  managedBy:s manualSelector:b maxFailedIndexes:i parallelism:i podFailurePolicy:PodFailurePolicy
  podReplacementPolicy:s selector:LabelSelector successPolicy:SuccessPolicy suspend:b
  template!:PodTemplateSpec ttlSecondsAfterFinished:i
JobStatus|active:i completedIndexes:s completionTime:t conditions:[JobCondition] failed:i
  failedIndexes:s ready:i startTime:t succeeded:i terminating:i
  uncountedTerminatedPods:UncountedTerminatedPods
JobTemplateSpec|metadata:ObjectMeta spec:JobSpec
KeyToPath|key!:s mode:i path!:s
LabelSelector@|matchExpressions:[LabelSelectorRequirement] matchLabels:{s}
LabelSelectorAttributes|rawSelector:s requirements:[LabelSelectorRequirement]
LabelSelectorRequirement|key!:s operator!:s values:[s]
Lease|apiVersion:s kind:s metadata:ObjectMeta spec:LeaseSpec
LeaseSpec|acquireTime:t holderIdentity:s leaseDurationSeconds:i leaseTransitions:i preferredHolder:s
  renewTime:t strategy:s
Lifecycle|postStart:LifecycleHandler preStop:LifecycleHandler stopSignal:s
LifecycleHandler|exec:ExecAction httpGet:HTTPGetAction sleep:SleepAction tcpSocket:TCPSocketAction
LimitRange|apiVersion:s kind:s metadata:ObjectMeta spec:LimitRangeSpec
LimitRangeItem|default:{q} defaultRequest:{q} max:{q} maxLimitRequestRatio:{q} min:{q} type!:s
LimitRangeSpec|limits!:[LimitRangeItem]
LinuxContainerUser|gid!:i supplementalGroups:[i] uid!:i
LoadBalancerIngress|hostname:s ip:s ipMode:s ports:[PortStatus]
LoadBalancerStatus|ingress:[LoadBalancerIngress]
LocalObjectReference@|name:s
LocalVolumeSource|fsType:s path!:s
ManagedFieldsEntry|apiVersion:s fieldsType:s fieldsV1:* manager:s operation:s subresource:s time:t
ModifyVolumeStatus|status!:s targetVolumeAttributesClassName:s
NFSVolumeSource|path!:s readOnly:b server!:s
Namespace|apiVersion:s kind:s metadata:ObjectMeta spec:NamespaceSpec status:NamespaceStatus
NamespaceCondition|lastTransitionTime:t message:s reason:s status!:s type!:s
NamespaceSpec|finalizers:[s]
NamespaceStatus|conditions:[NamespaceCondition/type] phase:s
NetworkPolicy|apiVersion:s kind:s metadata:ObjectMeta spec:NetworkPolicySpec
NetworkPolicyEgressRule|ports:[NetworkPolicyPort] to:[NetworkPolicyPeer]
NetworkPolicyIngressRule|from:[NetworkPolicyPeer] ports:[NetworkPolicyPort]
NetworkPolicyPeer|ipBlock:IPBlock namespaceSelector:LabelSelector podSelector:LabelSelector
NetworkPolicyPort|endPort:i port:x protocol:s
NetworkPolicySpec|egress:[NetworkPolicyEgressRule] ingress:[NetworkPolicyIngressRule]
  podSelector:LabelSelector policyTypes:[s]
Node|apiVersion:s kind:s metadata:ObjectMeta spec:NodeSpec status:NodeStatus
NodeMetrics|apiVersion:s kind:s metadata:ObjectMeta timestamp!:t usage!:{q} window!:s
NodeAddress|address!:s type!:s
NodeAffinity|preferredDuringSchedulingIgnoredDuringExecution:[PreferredSchedulingTerm]
  requiredDuringSchedulingIgnoredDuringExecution:NodeSelector
NodeAllocatableResourceClaimStatus|containers:[s] resourceClaimName!:s resources!:{s}
NodeCondition|lastHeartbeatTime:t lastTransitionTime:t message:s reason:s status!:s type!:s
NodeConfigSource|configMap:ConfigMapNodeConfigSource
NodeConfigStatus|active:NodeConfigSource assigned:NodeConfigSource error:s lastKnownGood:NodeConfigSource
NodeDaemonEndpoints|kubeletEndpoint:DaemonEndpoint
NodeFeatures|supplementalGroupsPolicy:b
NodeRuntimeHandler|features:NodeRuntimeHandlerFeatures name:s
NodeRuntimeHandlerFeatures|recursiveReadOnlyMounts:b userNamespaces:b
NodeSelector@|nodeSelectorTerms!:[NodeSelectorTerm]
NodeSelectorRequirement|key!:s operator!:s values:[s]
NodeSelectorTerm@|matchExpressions:[NodeSelectorRequirement] matchFields:[NodeSelectorRequirement]
NodeSpec|configSource:NodeConfigSource externalID:s podCIDR:s podCIDRs:[s/] providerID:s taints:[Taint]
  unschedulable:b
NodeStatus|addresses:[NodeAddress/type] allocatable:{q} capacity:{q} conditions:[NodeCondition/type]
  config:NodeConfigStatus daemonEndpoints:NodeDaemonEndpoints declaredFeatures:[s] features:NodeFeatures
  images:[ContainerImage] nodeInfo:NodeSystemInfo phase:s runtimeHandlers:[NodeRuntimeHandler]
  volumesAttached:[AttachedVolume] volumesInUse:[s]
NodeSwapStatus|capacity:i
NodeSystemInfo|architecture!:s bootID!:s containerRuntimeVersion!:s kernelVersion!:s kubeProxyVersion!:s
  kubeletVersion!:s machineID!:s operatingSystem!:s osImage!:s swap:NodeSwapStatus systemUUID!:s
NonResourceAttributes|path:s verb:s
NonResourceRule|nonResourceURLs:[s] verbs!:[s]
ObjectFieldSelector@|apiVersion:s fieldPath!:s
ObjectMeta|annotations:{s} creationTimestamp:t deletionGracePeriodSeconds:i deletionTimestamp:t
  finalizers:[s/] generateName:s generation:i labels:{s} managedFields:[ManagedFieldsEntry] name:s
  namespace:s ownerReferences:[OwnerReference/uid] resourceVersion:s selfLink:s uid:s
ObjectReference@|apiVersion:s fieldPath:s kind:s name:s namespace:s resourceVersion:s uid:s
OwnerReference@|apiVersion!:s blockOwnerDeletion:b controller:b kind!:s name!:s uid!:s
PersistentVolume|apiVersion:s kind:s metadata:ObjectMeta spec:PersistentVolumeSpec
  status:PersistentVolumeStatus
PersistentVolumeClaim|apiVersion:s kind:s metadata:ObjectMeta spec:PersistentVolumeClaimSpec
  status:PersistentVolumeClaimStatus
PersistentVolumeClaimCondition|lastProbeTime:t lastTransitionTime:t message:s reason:s status!:s type!:s
PersistentVolumeClaimSpec|accessModes:[s] dataSource:TypedLocalObjectReference
  dataSourceRef:TypedObjectReference resources:VolumeResourceRequirements selector:LabelSelector
  storageClassName:s volumeAttributesClassName:s volumeMode:s volumeName:s
PersistentVolumeClaimStatus|accessModes:[s] allocatedResourceStatuses:{s} allocatedResources:{q}
  capacity:{q} conditions:[PersistentVolumeClaimCondition/type] currentVolumeAttributesClassName:s
  modifyVolumeStatus:ModifyVolumeStatus phase:s
PersistentVolumeClaimTemplate|metadata:ObjectMeta spec!:PersistentVolumeClaimSpec
PersistentVolumeClaimVolumeSource|claimName!:s readOnly:b
PersistentVolumeSpec|accessModes:[s] awsElasticBlockStore:AWSElasticBlockStoreVolumeSource
  azureDisk:AzureDiskVolumeSource azureFile:AzureFilePersistentVolumeSource capacity:{q}
  cephfs:CephFSPersistentVolumeSource cinder:CinderPersistentVolumeSource claimRef:ObjectReference
  csi:CSIPersistentVolumeSource fc:FCVolumeSource flexVolume:FlexPersistentVolumeSource
  flocker:FlockerVolumeSource gcePersistentDisk:GCEPersistentDiskVolumeSource
  glusterfs:GlusterfsPersistentVolumeSource hostPath:HostPathVolumeSource iscsi:ISCSIPersistentVolumeSource
  local:LocalVolumeSource mountOptions:[s] nfs:NFSVolumeSource nodeAffinity:VolumeNodeAffinity
  persistentVolumeReclaimPolicy:s photonPersistentDisk:PhotonPersistentDiskVolumeSource
  portworxVolume:PortworxVolumeSource quobyte:QuobyteVolumeSource rbd:RBDPersistentVolumeSource
  scaleIO:ScaleIOPersistentVolumeSource storageClassName:s storageos:StorageOSPersistentVolumeSource
  volumeAttributesClassName:s volumeMode:s vsphereVolume:VsphereVirtualDiskVolumeSource
PersistentVolumeStatus|lastPhaseTransitionTime:t message:s phase:s reason:s
PhotonPersistentDiskVolumeSource|fsType:s pdID!:s
Pod|apiVersion:s kind:s metadata:ObjectMeta spec:PodSpec status:PodStatus
PodAffinity|preferredDuringSchedulingIgnoredDuringExecution:[WeightedPodAffinityTerm]
  requiredDuringSchedulingIgnoredDuringExecution:[PodAffinityTerm]
PodAffinityTerm|labelSelector:LabelSelector matchLabelKeys:[s] mismatchLabelKeys:[s]
  namespaceSelector:LabelSelector namespaces:[s] topologyKey!:s
PodAntiAffinity|preferredDuringSchedulingIgnoredDuringExecution:[WeightedPodAffinityTerm]
  requiredDuringSchedulingIgnoredDuringExecution:[PodAffinityTerm]
PodCertificateProjection|certificateChainPath:s credentialBundlePath:s keyPath:s keyType!:s
  maxExpirationSeconds:i signerName!:s userAnnotations:{s}
PodCondition|lastProbeTime:t lastTransitionTime:t message:s observedGeneration:i reason:s status!:s type!:s
PodDNSConfig|nameservers:[s] options:[PodDNSConfigOption] searches:[s]
PodDNSConfigOption|name:s value:s
PodDisruptionBudget|apiVersion:s kind:s metadata:ObjectMeta spec:PodDisruptionBudgetSpec
  status:PodDisruptionBudgetStatus
PodDisruptionBudgetSpec|maxUnavailable:x minAvailable:x selector:LabelSelector unhealthyPodEvictionPolicy:s
PodDisruptionBudgetStatus|conditions:[Condition/type] currentHealthy:i desiredHealthy:i disruptedPods:{t}
  disruptionsAllowed:i expectedPods:i observedGeneration:i
PodExtendedResourceClaimStatus|requestMappings!:[ContainerExtendedResourceRequest] resourceClaimName!:s
PodFailurePolicy|rules!:[PodFailurePolicyRule]
PodFailurePolicyOnExitCodesRequirement|containerName:s operator!:s values!:[i]
PodFailurePolicyOnPodConditionsPattern|status:s type!:s
PodFailurePolicyRule|action!:s onExitCodes:PodFailurePolicyOnExitCodesRequirement
  onPodConditions:[PodFailurePolicyOnPodConditionsPattern]
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
PolicyRule|apiGroups:[s] nonResourceURLs:[s] resourceNames:[s] resources:[s] verbs!:[s]
PortStatus|error:s port!:i protocol!:s
PortworxVolumeSource|fsType:s readOnly:b volumeID!:s
Preconditions|resourceVersion:s uid:s
PreferredSchedulingTerm|preference!:NodeSelectorTerm weight!:i
PriorityClass|apiVersion:s description:s globalDefault:b kind:s metadata:ObjectMeta preemptionPolicy:s
  value:i
Probe|exec:ExecAction failureThreshold:i grpc:GRPCAction httpGet:HTTPGetAction initialDelaySeconds:i
  periodSeconds:i successThreshold:i tcpSocket:TCPSocketAction terminationGracePeriodSeconds:i
  timeoutSeconds:i
ProjectedVolumeSource|defaultMode:i sources:[VolumeProjection]
QuobyteVolumeSource|group:s readOnly:b registry!:s tenant:s user:s volume!:s
RBDPersistentVolumeSource|fsType:s image!:s keyring:s monitors!:[s] pool:s readOnly:b
  secretRef:SecretReference user:s
RBDVolumeSource|fsType:s image!:s keyring:s monitors!:[s] pool:s readOnly:b secretRef:LocalObjectReference
  user:s
RbacV1Subject@|apiGroup:s kind!:s name!:s namespace:s
ReplicaSet|apiVersion:s kind:s metadata:ObjectMeta spec:ReplicaSetSpec status:ReplicaSetStatus
ReplicaSetCondition|lastTransitionTime:t message:s reason:s status!:s type!:s
ReplicaSetSpec|minReadySeconds:i replicas:i selector!:LabelSelector template:PodTemplateSpec
ReplicaSetStatus|availableReplicas:i conditions:[ReplicaSetCondition/type] fullyLabeledReplicas:i
  observedGeneration:i readyReplicas:i replicas!:i terminatingReplicas:i
ReplicationController|apiVersion:s kind:s metadata:ObjectMeta spec:ReplicationControllerSpec
  status:ReplicationControllerStatus
ReplicationControllerCondition|lastTransitionTime:t message:s reason:s status!:s type!:s
ReplicationControllerSpec|minReadySeconds:i replicas:i selector:{s}@ template:PodTemplateSpec
ReplicationControllerStatus|availableReplicas:i conditions:[ReplicationControllerCondition/type]
  fullyLabeledReplicas:i observedGeneration:i readyReplicas:i replicas!:i
ResourceAttributes|fieldSelector:FieldSelectorAttributes group:s labelSelector:LabelSelectorAttributes
  name:s namespace:s resource:s subresource:s verb:s version:s
ResourceFieldSelector@|containerName:s divisor:q resource!:s
ResourceHealth|health:s message:s resourceID!:s
ResourceQuota|apiVersion:s kind:s metadata:ObjectMeta spec:ResourceQuotaSpec status:ResourceQuotaStatus
ResourceQuotaSpec|hard:{q} scopeSelector:ScopeSelector scopes:[s]
ResourceQuotaStatus|hard:{q} used:{q}
ResourceRequirements|claims:[CoreV1ResourceClaim/name] limits:{q} requests:{q}
ResourceRule|apiGroups:[s] resourceNames:[s] resources:[s] verbs!:[s]
ResourceStatus|name!:s resources:[ResourceHealth]
Role|apiVersion:s kind:s metadata:ObjectMeta rules:[PolicyRule]
RoleBinding|apiVersion:s kind:s metadata:ObjectMeta roleRef!:RoleRef subjects:[RbacV1Subject]
RoleRef@|apiGroup:s kind!:s name!:s
RollingUpdateDaemonSet|maxSurge:x maxUnavailable:x
RollingUpdateDeployment|maxSurge:x maxUnavailable:x
RollingUpdateStatefulSetStrategy|maxUnavailable:x partition:i
SELinuxOptions|level:s role:s type:s user:s
Scale|apiVersion:s kind:s metadata:ObjectMeta spec:ScaleSpec status:ScaleStatus
ScaleIOPersistentVolumeSource|fsType:s gateway!:s protectionDomain:s readOnly:b secretRef!:SecretReference
  sslEnabled:b storageMode:s storagePool:s system!:s volumeName:s
ScaleIOVolumeSource|fsType:s gateway!:s protectionDomain:s readOnly:b secretRef!:LocalObjectReference
  sslEnabled:b storageMode:s storagePool:s system!:s volumeName:s
ScaleSpec|replicas:i
ScaleStatus|replicas!:i selector:s
ScopeSelector@|matchExpressions:[ScopedResourceSelectorRequirement]
ScopedResourceSelectorRequirement|operator!:s scopeName!:s values:[s]
SeccompProfile|localhostProfile:s type!:s
Secret|apiVersion:s data:{y} immutable:b kind:s metadata:ObjectMeta stringData:{s} type:s
SecretEnvSource|name:s optional:b
SecretKeySelector@|key!:s name:s optional:b
SecretProjection|items:[KeyToPath] name:s optional:b
SecretReference@|name:s namespace:s
SecretVolumeSource|defaultMode:i items:[KeyToPath] optional:b secretName:s
SecurityContext|allowPrivilegeEscalation:b appArmorProfile:AppArmorProfile capabilities:Capabilities
  privileged:b procMount:s readOnlyRootFilesystem:b runAsGroup:i runAsNonRoot:b runAsUser:i
  seLinuxOptions:SELinuxOptions seccompProfile:SeccompProfile windowsOptions:WindowsSecurityContextOptions
SelfSubjectAccessReview|apiVersion:s kind:s metadata:ObjectMeta spec!:SelfSubjectAccessReviewSpec
  status:SubjectAccessReviewStatus
SelfSubjectAccessReviewSpec|nonResourceAttributes:NonResourceAttributes
  resourceAttributes:ResourceAttributes
SelfSubjectReview|apiVersion:s kind:s metadata:ObjectMeta status:SelfSubjectReviewStatus
SelfSubjectReviewStatus|userInfo:UserInfo
SelfSubjectRulesReview|apiVersion:s kind:s metadata:ObjectMeta spec!:SelfSubjectRulesReviewSpec
  status:SubjectRulesReviewStatus
SelfSubjectRulesReviewSpec|namespace:s
Service|apiVersion:s kind:s metadata:ObjectMeta spec:ServiceSpec status:ServiceStatus
ServiceAccount|apiVersion:s automountServiceAccountToken:b imagePullSecrets:[LocalObjectReference] kind:s
  metadata:ObjectMeta secrets:[ObjectReference/name]
ServiceAccountTokenProjection|audience:s expirationSeconds:i path!:s
ServiceBackendPort@|name:s number:i
ServicePort|appProtocol:s name:s nodePort:i port!:i protocol:s targetPort:x
ServiceSpec|allocateLoadBalancerNodePorts:b clusterIP:s clusterIPs:[s] externalIPs:[s] externalName:s
  externalTrafficPolicy:s healthCheckNodePort:i internalTrafficPolicy:s ipFamilies:[s] ipFamilyPolicy:s
  loadBalancerClass:s loadBalancerIP:s loadBalancerSourceRanges:[s] ports:[ServicePort/port,protocol]
  publishNotReadyAddresses:b selector:{s}@ sessionAffinity:s sessionAffinityConfig:SessionAffinityConfig
  trafficDistribution:s type:s
ServiceStatus|conditions:[Condition/type] loadBalancer:LoadBalancerStatus
SessionAffinityConfig|clientIP:ClientIPConfig
SleepAction|seconds!:i
StatefulSet|apiVersion:s kind:s metadata:ObjectMeta spec:StatefulSetSpec status:StatefulSetStatus
StatefulSetCondition|lastTransitionTime:t message:s reason:s status!:s type!:s
StatefulSetOrdinals|start:i
StatefulSetPersistentVolumeClaimRetentionPolicy|whenDeleted:s whenScaled:s
StatefulSetSpec|minReadySeconds:i ordinals:StatefulSetOrdinals
  persistentVolumeClaimRetentionPolicy:StatefulSetPersistentVolumeClaimRetentionPolicy
  podManagementPolicy:s replicas:i revisionHistoryLimit:i selector!:LabelSelector serviceName:s
  template!:PodTemplateSpec updateStrategy:StatefulSetUpdateStrategy
  volumeClaimTemplates:[PersistentVolumeClaim]
StatefulSetStatus|availableReplicas:i collisionCount:i conditions:[StatefulSetCondition/type]
  currentReplicas:i currentRevision:s observedGeneration:i readyReplicas:i replicas!:i updateRevision:s
  updatedReplicas:i
StatefulSetUpdateStrategy|rollingUpdate:RollingUpdateStatefulSetStrategy type:s
StorageClass|allowVolumeExpansion:b allowedTopologies:[TopologySelectorTerm] apiVersion:s kind:s
  metadata:ObjectMeta mountOptions:[s] parameters:{s} provisioner!:s reclaimPolicy:s volumeBindingMode:s
StorageOSPersistentVolumeSource|fsType:s readOnly:b secretRef:ObjectReference volumeName:s
  volumeNamespace:s
StorageOSVolumeSource|fsType:s readOnly:b secretRef:LocalObjectReference volumeName:s volumeNamespace:s
SubjectAccessReviewStatus|allowed!:b denied:b evaluationError:s reason:s
SubjectRulesReviewStatus|evaluationError:s incomplete!:b nonResourceRules!:[NonResourceRule]
  resourceRules!:[ResourceRule]
SuccessPolicy|rules!:[SuccessPolicyRule]
SuccessPolicyRule|succeededCount:i succeededIndexes:s
Sysctl|name!:s value!:q
TCPSocketAction|host:s port!:x
Taint|effect!:s key!:s timeAdded:t value:s
Toleration|effect:s key:s operator:s tolerationSeconds:i value:s
TopologySelectorLabelRequirement|key!:s values!:[s]
TopologySelectorTerm|matchLabelExpressions:[TopologySelectorLabelRequirement]
TopologySpreadConstraint|labelSelector:LabelSelector matchLabelKeys:[s] maxSkew!:i minDomains:i
  nodeAffinityPolicy:s nodeTaintsPolicy:s topologyKey!:s whenUnsatisfiable!:s
TypedLocalObjectReference@|apiGroup:s kind!:s name!:s
TypedObjectReference@|apiGroup:s kind!:s name!:s namespace:s
UncountedTerminatedPods|failed:[s] succeeded:[s]
UserInfo|extra:{[s]} groups:[s] uid:s username:s
V2ContainerResourceMetricSource|container!:s name!:s target!:V2MetricTarget
V2ContainerResourceMetricStatus|container!:s current!:V2MetricValueStatus name!:s
V2CrossVersionObjectReference|apiVersion:s kind!:s name!:s
V2ExternalMetricSource|metric!:V2MetricIdentifier target!:V2MetricTarget
V2ExternalMetricStatus|current!:V2MetricValueStatus metric!:V2MetricIdentifier
V2HPAScalingPolicy|periodSeconds!:i type!:s value!:i
V2HPAScalingRules|policies:[V2HPAScalingPolicy] selectPolicy:s stabilizationWindowSeconds:i tolerance:s
V2HorizontalPodAutoscaler|apiVersion:s kind:s metadata:ObjectMeta spec!:V2HorizontalPodAutoscalerSpec
  status:V2HorizontalPodAutoscalerStatus
V2HorizontalPodAutoscalerBehavior|scaleDown:V2HPAScalingRules scaleUp:V2HPAScalingRules
V2HorizontalPodAutoscalerCondition|lastTransitionTime:t message:s reason:s status!:s type!:s
V2HorizontalPodAutoscalerSpec|behavior:V2HorizontalPodAutoscalerBehavior maxReplicas!:i
  metrics:[V2MetricSpec] minReplicas:i scaleTargetRef!:V2CrossVersionObjectReference
V2HorizontalPodAutoscalerStatus|conditions:[V2HorizontalPodAutoscalerCondition/type]
  currentMetrics:[V2MetricStatus] currentReplicas:i desiredReplicas!:i lastScaleTime:t observedGeneration:i
V2MetricIdentifier|name!:s selector:LabelSelector
V2MetricSpec|containerResource:V2ContainerResourceMetricSource external:V2ExternalMetricSource
  object:V2ObjectMetricSource pods:V2PodsMetricSource resource:V2ResourceMetricSource type!:s
V2MetricStatus|containerResource:V2ContainerResourceMetricStatus external:V2ExternalMetricStatus
  object:V2ObjectMetricStatus pods:V2PodsMetricStatus resource:V2ResourceMetricStatus type!:s
V2MetricTarget|averageUtilization:i averageValue:q type!:s value:q
V2MetricValueStatus|averageUtilization:i averageValue:q value:q
V2ObjectMetricSource|describedObject!:V2CrossVersionObjectReference metric!:V2MetricIdentifier
  target!:V2MetricTarget
V2ObjectMetricStatus|current!:V2MetricValueStatus describedObject!:V2CrossVersionObjectReference
  metric!:V2MetricIdentifier
V2PodsMetricSource|metric!:V2MetricIdentifier target!:V2MetricTarget
V2PodsMetricStatus|current!:V2MetricValueStatus metric!:V2MetricIdentifier
V2ResourceMetricSource|name!:s target!:V2MetricTarget
V2ResourceMetricStatus|current!:V2MetricValueStatus name!:s
Volume|awsElasticBlockStore:AWSElasticBlockStoreVolumeSource azureDisk:AzureDiskVolumeSource
  azureFile:AzureFileVolumeSource cephfs:CephFSVolumeSource cinder:CinderVolumeSource
  configMap:ConfigMapVolumeSource csi:CSIVolumeSource downwardAPI:DownwardAPIVolumeSource
  emptyDir:EmptyDirVolumeSource ephemeral:EphemeralVolumeSource fc:FCVolumeSource
  flexVolume:FlexVolumeSource flocker:FlockerVolumeSource gcePersistentDisk:GCEPersistentDiskVolumeSource
  gitRepo:GitRepoVolumeSource glusterfs:GlusterfsVolumeSource hostPath:HostPathVolumeSource
  image:ImageVolumeSource iscsi:ISCSIVolumeSource name!:s nfs:NFSVolumeSource
  persistentVolumeClaim:PersistentVolumeClaimVolumeSource
  photonPersistentDisk:PhotonPersistentDiskVolumeSource portworxVolume:PortworxVolumeSource
  projected:ProjectedVolumeSource quobyte:QuobyteVolumeSource rbd:RBDVolumeSource
  scaleIO:ScaleIOVolumeSource secret:SecretVolumeSource storageos:StorageOSVolumeSource
  vsphereVolume:VsphereVirtualDiskVolumeSource
VolumeDevice|devicePath!:s name!:s
VolumeMount|mountPath!:s mountPropagation:s name!:s readOnly:b recursiveReadOnly:s subPath:s subPathExpr:s
VolumeMountStatus|mountPath!:s name!:s readOnly:b recursiveReadOnly:s volumeStatus:VolumeStatus
VolumeNodeAffinity|required:NodeSelector
VolumeProjection|clusterTrustBundle:ClusterTrustBundleProjection configMap:ConfigMapProjection
  downwardAPI:DownwardAPIProjection podCertificate:PodCertificateProjection secret:SecretProjection
  serviceAccountToken:ServiceAccountTokenProjection
VolumeResourceRequirements|limits:{q} requests:{q}
VolumeStatus|image:ImageVolumeStatus
VsphereVirtualDiskVolumeSource|fsType:s storagePolicyID:s storagePolicyName:s volumePath!:s
WeightedPodAffinityTerm|podAffinityTerm!:PodAffinityTerm weight!:i
WindowsSecurityContextOptions|gmsaCredentialSpec:s gmsaCredentialSpecName:s hostProcess:b runAsUserName:s
]]

return types
