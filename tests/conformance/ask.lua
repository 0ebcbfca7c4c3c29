-- Asks the server of a kubeconfig for its version: almanac lua tests/conformance/ask.lua KUBECONFIG
local k8s_client = require "almanac.k8s.client"

local client = k8s_client.open { kubeconfig = (...) }
k8s_client.request(client, { who = "conformance", path = "/version", tries = 1, timeout = 5 })
