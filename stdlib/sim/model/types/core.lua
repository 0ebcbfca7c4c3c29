--- The Kubernetes 1.36 types of metadata, references, events, and the small objects of the core group,
--- in the notation of almanac.sim.model.types.
local types = [[
Condition|lastTransitionTime!:t message!:s observedGeneration:i reason!:s status!:s type!:s
ConfigMap|apiVersion:s binaryData:{y} data:{s} immutable:b kind:s metadata:ObjectMeta
CoreV1Event|action:s apiVersion:s count:i eventTime:t firstTimestamp:t involvedObject!:ObjectReference
  kind:s lastTimestamp:t message:s metadata!:ObjectMeta reason:s related:ObjectReference
  reportingComponent:s reportingInstance:s series:CoreV1EventSeries source:EventSource type:s
CoreV1EventSeries|count:i lastObservedTime:t
DeleteOptions|apiVersion:s dryRun:[s] gracePeriodSeconds:i
  ignoreStoreReadErrorWithClusterBreakingPotential:b kind:s orphanDependents:b preconditions:Preconditions
  propagationPolicy:s
EventSource|component:s host:s
EventsV1Event|action:s apiVersion:s deprecatedCount:i deprecatedFirstTimestamp:t deprecatedLastTimestamp:t
  deprecatedSource:EventSource eventTime!:t kind:s metadata:ObjectMeta note:s reason:s
  regarding:ObjectReference related:ObjectReference reportingController:s reportingInstance:s
  series:EventsV1EventSeries type:s
EventsV1EventSeries|count!:i lastObservedTime!:t
Eviction|apiVersion:s deleteOptions:DeleteOptions kind:s metadata:ObjectMeta
LabelSelector@|matchExpressions:[LabelSelectorRequirement] matchLabels:{s}
LabelSelectorRequirement|key!:s operator!:s values:[s]
Lease|apiVersion:s kind:s metadata:ObjectMeta spec:LeaseSpec
LeaseSpec|acquireTime:t holderIdentity:s leaseDurationSeconds:i leaseTransitions:i preferredHolder:s
  renewTime:t strategy:s
LimitRange|apiVersion:s kind:s metadata:ObjectMeta spec:LimitRangeSpec
LimitRangeItem|default:{q} defaultRequest:{q} max:{q} maxLimitRequestRatio:{q} min:{q} type!:s
LimitRangeSpec|limits!:[LimitRangeItem]
LocalObjectReference@|name:s
ManagedFieldsEntry|apiVersion:s fieldsType:s fieldsV1:* manager:s operation:s subresource:s time:t
Namespace|apiVersion:s kind:s metadata:ObjectMeta spec:NamespaceSpec status:NamespaceStatus
NamespaceCondition|lastTransitionTime:t message:s reason:s status!:s type!:s
NamespaceSpec|finalizers:[s]
NamespaceStatus|conditions:[NamespaceCondition/type] phase:s
ObjectMeta|annotations:{s} creationTimestamp:t deletionGracePeriodSeconds:i deletionTimestamp:t
  finalizers:[s/] generateName:s generation:i labels:{s} managedFields:[ManagedFieldsEntry] name:s
  namespace:s ownerReferences:[OwnerReference/uid] resourceVersion:s selfLink:s uid:s
ObjectReference@|apiVersion:s fieldPath:s kind:s name:s namespace:s resourceVersion:s uid:s
OwnerReference@|apiVersion!:s blockOwnerDeletion:b controller:b kind!:s name!:s uid!:s
Preconditions|resourceVersion:s uid:s
PriorityClass|apiVersion:s description:s globalDefault:b kind:s metadata:ObjectMeta preemptionPolicy:s
  value:i
ResourceQuota|apiVersion:s kind:s metadata:ObjectMeta spec:ResourceQuotaSpec status:ResourceQuotaStatus
ResourceQuotaSpec|hard:{q} scopeSelector:ScopeSelector scopes:[s]
ResourceQuotaStatus|hard:{q} used:{q}
ScopeSelector@|matchExpressions:[ScopedResourceSelectorRequirement]
ScopedResourceSelectorRequirement|operator!:s scopeName!:s values:[s]
Secret|apiVersion:s data:{y} immutable:b kind:s metadata:ObjectMeta stringData:{s} type:s
ServiceAccount|apiVersion:s automountServiceAccountToken:b imagePullSecrets:[LocalObjectReference] kind:s
  metadata:ObjectMeta secrets:[ObjectReference/name]
TypedLocalObjectReference@|apiGroup:s kind!:s name!:s
TypedObjectReference@|apiGroup:s kind!:s name!:s namespace:s
]]

return types
