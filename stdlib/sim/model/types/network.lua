--- The Kubernetes 1.36 types of services, endpoints, ingresses and network policies,
--- in the notation of almanac.sim.model.types.
local types = [[
ClientIPConfig|timeoutSeconds:i
CoreV1EndpointPort@|appProtocol:s name:s port!:i protocol:s
DiscoveryV1EndpointPort|appProtocol:s name:s port:i protocol:s
Endpoint|addresses!:[s] conditions:EndpointConditions deprecatedTopology:{s} hints:EndpointHints hostname:s
  nodeName:s targetRef:ObjectReference zone:s
EndpointAddress@|hostname:s ip!:s nodeName:s targetRef:ObjectReference
EndpointConditions|ready:b serving:b terminating:b
EndpointHints|forNodes:[ForNode] forZones:[ForZone]
EndpointSlice|addressType!:s apiVersion:s endpoints:[Endpoint] kind:s metadata:ObjectMeta
  ports:[DiscoveryV1EndpointPort]
EndpointSubset|addresses:[EndpointAddress] notReadyAddresses:[EndpointAddress] ports:[CoreV1EndpointPort]
Endpoints|apiVersion:s kind:s metadata:ObjectMeta subsets:[EndpointSubset]
ForNode|name!:s
ForZone|name!:s
HTTPIngressPath|backend!:IngressBackend path:s pathType!:s
HTTPIngressRuleValue|paths!:[HTTPIngressPath]
IPBlock|cidr!:s except:[s]
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
LoadBalancerIngress|hostname:s ip:s ipMode:s ports:[PortStatus]
LoadBalancerStatus|ingress:[LoadBalancerIngress]
NetworkPolicy|apiVersion:s kind:s metadata:ObjectMeta spec:NetworkPolicySpec
NetworkPolicyEgressRule|ports:[NetworkPolicyPort] to:[NetworkPolicyPeer]
NetworkPolicyIngressRule|from:[NetworkPolicyPeer] ports:[NetworkPolicyPort]
NetworkPolicyPeer|ipBlock:IPBlock namespaceSelector:LabelSelector podSelector:LabelSelector
NetworkPolicyPort|endPort:i port:x protocol:s
NetworkPolicySpec|egress:[NetworkPolicyEgressRule] ingress:[NetworkPolicyIngressRule]
  podSelector:LabelSelector policyTypes:[s]
PortStatus|error:s port!:i protocol!:s
Service|apiVersion:s kind:s metadata:ObjectMeta spec:ServiceSpec status:ServiceStatus
ServiceBackendPort@|name:s number:i
ServicePort|appProtocol:s name:s nodePort:i port!:i protocol:s targetPort:x
ServiceSpec|allocateLoadBalancerNodePorts:b clusterIP:s clusterIPs:[s] externalIPs:[s] externalName:s
  externalTrafficPolicy:s healthCheckNodePort:i internalTrafficPolicy:s ipFamilies:[s] ipFamilyPolicy:s
  loadBalancerClass:s loadBalancerIP:s loadBalancerSourceRanges:[s] ports:[ServicePort/port,protocol]
  publishNotReadyAddresses:b selector:{s}@ sessionAffinity:s sessionAffinityConfig:SessionAffinityConfig
  trafficDistribution:s type:s
ServiceStatus|conditions:[Condition/type] loadBalancer:LoadBalancerStatus
SessionAffinityConfig|clientIP:ClientIPConfig
]]

return types
