--- The Kubernetes 1.36 types of nodes,
--- in the notation of almanac.sim.model.types.
local types = [[
ConfigMapNodeConfigSource|kubeletConfigKey!:s name!:s namespace!:s resourceVersion:s uid:s
ContainerImage|names:[s] sizeBytes:i
DaemonEndpoint|Port!:i
Node|apiVersion:s kind:s metadata:ObjectMeta spec:NodeSpec status:NodeStatus
NodeMetrics|apiVersion:s kind:s metadata:ObjectMeta timestamp!:t usage!:{q} window!:s
NodeAddress|address!:s type!:s
NodeCondition|lastHeartbeatTime:t lastTransitionTime:t message:s reason:s status!:s type!:s
NodeConfigSource|configMap:ConfigMapNodeConfigSource
NodeConfigStatus|active:NodeConfigSource assigned:NodeConfigSource error:s lastKnownGood:NodeConfigSource
NodeDaemonEndpoints|kubeletEndpoint:DaemonEndpoint
NodeFeatures|supplementalGroupsPolicy:b
NodeRuntimeHandler|features:NodeRuntimeHandlerFeatures name:s
NodeRuntimeHandlerFeatures|recursiveReadOnlyMounts:b userNamespaces:b
NodeSpec|configSource:NodeConfigSource externalID:s podCIDR:s podCIDRs:[s/] providerID:s taints:[Taint]
  unschedulable:b
NodeStatus|addresses:[NodeAddress/type] allocatable:{q} capacity:{q} conditions:[NodeCondition/type]
  config:NodeConfigStatus daemonEndpoints:NodeDaemonEndpoints declaredFeatures:[s] features:NodeFeatures
  images:[ContainerImage] nodeInfo:NodeSystemInfo phase:s runtimeHandlers:[NodeRuntimeHandler]
  volumesAttached:[AttachedVolume] volumesInUse:[s]
NodeSwapStatus|capacity:i
NodeSystemInfo|architecture!:s bootID!:s containerRuntimeVersion!:s kernelVersion!:s kubeProxyVersion!:s
  kubeletVersion!:s machineID!:s operatingSystem!:s osImage!:s swap:NodeSwapStatus systemUUID!:s
Taint|effect!:s key!:s timeAdded:t value:s
]]

return types
