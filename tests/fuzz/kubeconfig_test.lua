require "tests.fuzz.target" "kubeconfig"
