--- The Kubernetes 1.36 types of what makes pods (apps, batch, autoscaling) and the budgets over them,
--- in the notation of almanac.sim.model.types.
local types = [[
ControllerRevision|apiVersion:s data:* kind:s metadata:ObjectMeta revision!:i
CronJob|apiVersion:s kind:s metadata:ObjectMeta spec!:CronJobSpec status:CronJobStatus
CronJobSpec|concurrencyPolicy:s failedJobsHistoryLimit:i jobTemplate!:JobTemplateSpec schedule!:s
  startingDeadlineSeconds:i successfulJobsHistoryLimit:i suspend:b timeZone:s
CronJobStatus|active:[ObjectReference] lastScheduleTime:t lastSuccessfulTime:t
DaemonSet|apiVersion:s kind:s metadata:ObjectMeta spec:DaemonSetSpec status:DaemonSetStatus
DaemonSetCondition|lastTransitionTime:t message:s reason:s status!:s type!:s
DaemonSetSpec|minReadySeconds:i revisionHistoryLimit:i selector!:LabelSelector template!:PodTemplateSpec
  updateStrategy:DaemonSetUpdateStrategy
DaemonSetStatus|collisionCount:i conditions:[DaemonSetCondition/type] currentNumberScheduled!:i
  desiredNumberScheduled!:i numberAvailable:i numberMisscheduled!:i numberReady!:i numberUnavailable:i
  observedGeneration:i updatedNumberScheduled:i
DaemonSetUpdateStrategy|rollingUpdate:RollingUpdateDaemonSet type:s
Deployment|apiVersion:s kind:s metadata:ObjectMeta spec:DeploymentSpec status:DeploymentStatus
DeploymentCondition|lastTransitionTime:t lastUpdateTime:t message:s reason:s status!:s type!:s
DeploymentSpec|minReadySeconds:i paused:b progressDeadlineSeconds:i replicas:i revisionHistoryLimit:i
  selector!:LabelSelector strategy:DeploymentStrategy template!:PodTemplateSpec
DeploymentStatus|availableReplicas:i collisionCount:i conditions:[DeploymentCondition/type]
  observedGeneration:i readyReplicas:i replicas:i terminatingReplicas:i unavailableReplicas:i
  updatedReplicas:i
DeploymentStrategy|rollingUpdate:RollingUpdateDeployment type:s
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
PodDisruptionBudget|apiVersion:s kind:s metadata:ObjectMeta spec:PodDisruptionBudgetSpec
  status:PodDisruptionBudgetStatus
PodDisruptionBudgetSpec|maxUnavailable:x minAvailable:x selector:LabelSelector unhealthyPodEvictionPolicy:s
PodDisruptionBudgetStatus|conditions:[Condition/type] currentHealthy:i desiredHealthy:i disruptedPods:{t}
  disruptionsAllowed:i expectedPods:i observedGeneration:i
PodFailurePolicy|rules!:[PodFailurePolicyRule]
PodFailurePolicyOnExitCodesRequirement|containerName:s operator!:s values!:[i]
PodFailurePolicyOnPodConditionsPattern|status:s type!:s
PodFailurePolicyRule|action!:s onExitCodes:PodFailurePolicyOnExitCodesRequirement
  onPodConditions:[PodFailurePolicyOnPodConditionsPattern]
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
RollingUpdateDaemonSet|maxSurge:x maxUnavailable:x
RollingUpdateDeployment|maxSurge:x maxUnavailable:x
RollingUpdateStatefulSetStrategy|maxUnavailable:x partition:i
Scale|apiVersion:s kind:s metadata:ObjectMeta spec:ScaleSpec status:ScaleStatus
ScaleSpec|replicas:i
ScaleStatus|replicas!:i selector:s
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
SuccessPolicy|rules!:[SuccessPolicyRule]
SuccessPolicyRule|succeededCount:i succeededIndexes:s
UncountedTerminatedPods|failed:[s] succeeded:[s]
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
]]

return types
