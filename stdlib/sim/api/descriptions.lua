--- What the columns of `kubectl get` mean, in the words of a real API server, as far as recordings have them.
local descriptions = {}

local COMMON = {
  Name = "Name must be unique within a namespace. Is required when creating resources, although some resources may "
    .. "allow a client to request the generation of an appropriate name automatically. Name is primarily intended "
    .. "for creation idempotence and configuration definition. Cannot be updated. More info: "
    .. "https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names",
  Age = "CreationTimestamp is a timestamp representing the server time when this object was created. It is not "
    .. "guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It "
    .. "is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More "
    .. "info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata",
  Containers = "Names of each container in the template.",
  Images = "Images referenced by each container in the template.",
}

local KINDS = {
  Deployment = {
    Ready = "Number of the pod with ready state",
    ["Up-to-date"] = "Total number of non-terminating pods targeted by this deployment that have the desired template spec.",
    Available = "Total number of available non-terminating pods (ready for at least minReadySeconds) targeted by this "
      .. "deployment.",
    Selector = "Label selector for pods. Existing ReplicaSets whose pods are selected by this will be the ones affected by "
      .. "this deployment. It must match the pod template's labels.",
  },
  Event = {
    ["Last Seen"] = "The time at which the most recent occurrence of this event was recorded.",
    Type = "Type of this event (Normal, Warning), new types could be added in the future",
    Reason = "This should be a short, machine understandable string that gives the reason for the transition into the "
      .. "object's current status.",
    Object = "The object that this event is about.",
    Subobject = "If referring to a piece of an object instead of an entire object, this string should contain a valid "
      .. "JSON/Go field access statement, such as desiredState.manifest.containers[2]. For example, if the object "
      .. "reference is to a container within a pod, this would take on a value like: \"spec.containers{name}\" "
      .. "(where \"name\" refers to the name of the container that triggered the event) or if no container name is "
      .. "specified \"spec.containers[2]\" (container with index 2 in this pod). This syntax is chosen only to have "
      .. "some well-defined way of referencing a part of an object.",
    Source = "The component reporting this event. Should be a short machine understandable string.",
    Message = "A human-readable description of the status of this operation.",
    ["First Seen"] = "The time at which the event was first recorded. (Time of server receipt is in TypeMeta.)",
    Count = "The number of times this event has occurred.",
  },
  Secret = {
    Type = "Used to facilitate programmatic handling of secret data. More info: "
      .. "https://kubernetes.io/docs/concepts/configuration/secret/#secret-types",
    Data = "Data contains the secret data. Each key must consist of alphanumeric characters, '-', '_' or '.'. The "
      .. "serialized form of the secret data is a base64 encoded string, representing the arbitrary (possibly "
      .. "non-string) data value here. Described in https://tools.ietf.org/html/rfc4648#section-4",
  },
}

--- What a column of a kind means, "" where no recording says.
---@param kind string
---@param column string
---@return string
function descriptions.of(kind, column)
  return KINDS[kind] and KINDS[kind][column] or COMMON[column] or ""
end

return descriptions
