-- The real kubectl against the simulator: kinds beside the devnet's own, created as it creates them (1.34 in
-- protobuf), listed and described; and what is not served.
local t = require "tests.harness"
local clients = require "tests.sim_clients"

local WORKS = {
  "create configmap made --from-literal=a=b", "get configmap made", "describe configmap made",
  "create secret generic made --from-literal=a=b", "describe secret made",
  "create serviceaccount made", "describe serviceaccount made",
  "create role made --verb=get --resource=pods", "create rolebinding made --role=made --serviceaccount=animica-devnet:made",
  "describe rolebinding made", "create clusterrole made --verb=get --resource=pods",
  "create clusterrolebinding made --clusterrole=made --serviceaccount=animica-devnet:made", "describe clusterrole made",
  "create priorityclass made --value=5",
  "create service clusterip made --tcp=80:8080", "describe service made", "describe endpointslices",
  "create ingress made --rule=a.example/b=made:80", "get ingress made", "describe ingress made",
  "create deployment made --image=a:b --replicas=2", "rollout status deployment/made --timeout=15s",
  "expose deployment made --port=80 --name=exposed", "set env deployment/made A=b", "set resources deployment/made --limits=cpu=1",
  "rollout pause deployment/made", "rollout resume deployment/made", "describe deployment made",
  "create job made --image=a:b", "wait --for=condition=complete job/made --timeout=15s", "describe job made", "logs job/made",
  "create cronjob made --image=a:b --schedule=@daily", "create job once --from=cronjob/made", "describe cronjob made",
  "create pdb made --selector=app=made --max-unavailable=1", "get pdb", "describe pdb made",
  "create quota made --hard=pods=50", "describe quota made",
  "run made --image=a:b --restart=Never", "label pod made a=b", "annotate pod made a=b", "describe pod made",
  "taint nodes node1 a=b:NoSchedule", "describe node node1", "taint nodes node1 a-",
  "auth whoami", "auth can-i get pods", "get all", "events", "get pods -A -o wide", "get events --sort-by=.lastTimestamp",
}

local REFUSED = {
  ["get componentstatuses"] = "the server doesn't have a resource type",
  ["get widgets"] = "the server doesn't have a resource type",
  ["create token made"] = "could not find the requested resource",
  ["port-forward deployment/made 0:80"] = "404 page not found",
  ["attach deployment/made"] = "404 page not found",
  ["get --raw /apis/example.com/v1/widgets"] = "could not find the requested resource",
}

for _, kubectl in ipairs { "kubectl31", "kubectl34" } do
  t.test(kubectl .. ": create, list and describe each kind", function()
    local sim = clients.start()
    for _, words in ipairs(WORKS) do sim.must(kubectl, words) end
    for words, why in pairs(REFUSED) do
      local code, _, err = sim.run(kubectl, words)
      t.eq(code, 1, words)
      t.has(err, why)
    end
  end)
end
