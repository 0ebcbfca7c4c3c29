--- The Kubernetes 1.36 types of roles, and the reviews of who may do what,
--- in the notation of almanac.sim.model.types.
local types = [[
AggregationRule@|clusterRoleSelectors:[LabelSelector]
ClusterRole|aggregationRule:AggregationRule apiVersion:s kind:s metadata:ObjectMeta rules:[PolicyRule]
ClusterRoleBinding|apiVersion:s kind:s metadata:ObjectMeta roleRef!:RoleRef subjects:[RbacV1Subject]
FieldSelectorAttributes|rawSelector:s requirements:[FieldSelectorRequirement]
FieldSelectorRequirement|key!:s operator!:s values:[s]
LabelSelectorAttributes|rawSelector:s requirements:[LabelSelectorRequirement]
NonResourceAttributes|path:s verb:s
NonResourceRule|nonResourceURLs:[s] verbs!:[s]
PolicyRule|apiGroups:[s] nonResourceURLs:[s] resourceNames:[s] resources:[s] verbs!:[s]
RbacV1Subject@|apiGroup:s kind!:s name!:s namespace:s
ResourceAttributes|fieldSelector:FieldSelectorAttributes group:s labelSelector:LabelSelectorAttributes
  name:s namespace:s resource:s subresource:s verb:s version:s
ResourceRule|apiGroups:[s] resourceNames:[s] resources:[s] verbs!:[s]
Role|apiVersion:s kind:s metadata:ObjectMeta rules:[PolicyRule]
RoleBinding|apiVersion:s kind:s metadata:ObjectMeta roleRef!:RoleRef subjects:[RbacV1Subject]
RoleRef@|apiGroup:s kind!:s name!:s
SelfSubjectAccessReview|apiVersion:s kind:s metadata:ObjectMeta spec!:SelfSubjectAccessReviewSpec
  status:SubjectAccessReviewStatus
SelfSubjectAccessReviewSpec|nonResourceAttributes:NonResourceAttributes
  resourceAttributes:ResourceAttributes
SelfSubjectReview|apiVersion:s kind:s metadata:ObjectMeta status:SelfSubjectReviewStatus
SelfSubjectReviewStatus|userInfo:UserInfo
SelfSubjectRulesReview|apiVersion:s kind:s metadata:ObjectMeta spec!:SelfSubjectRulesReviewSpec
  status:SubjectRulesReviewStatus
SelfSubjectRulesReviewSpec|namespace:s
SubjectAccessReviewStatus|allowed!:b denied:b evaluationError:s reason:s
SubjectRulesReviewStatus|evaluationError:s incomplete!:b nonResourceRules!:[NonResourceRule]
  resourceRules!:[ResourceRule]
UserInfo|extra:{[s]} groups:[s] uid:s username:s
]]

return types
