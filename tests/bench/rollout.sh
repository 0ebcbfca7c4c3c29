#!/bin/sh
# Many rollouts followed by one process, and a long list of pods, beside kubectl.
# The server is tests/bench/rollout_server.lua. Sourced by bench.sh: uses $almanac $measure $tmp, line and calc.
rollout_dir=$tmp/rollout
rollouts=500 pods=5000 sample=5
mkdir -p "$rollout_dir/runbooks"
cp tests/bench/runbooks/rollouts.lua tests/bench/runbooks/crowd.lua "$rollout_dir/runbooks"
"$almanac" lua tests/bench/rollout_server.lua "$rollout_dir" "$rollouts" "$pods" 2>"$tmp/log" &
rollout_server=$!
sims="${sims:-} $rollout_server"
until [ -s "$rollout_dir/url" ]; do kill -0 "$rollout_server" || exit 1; sleep 0.1; done
url=$(cat "$rollout_dir/url")
kubectl=$root/.deps/bin/kubectl34
rollout_run() { (cd "$rollout_dir" && HOME=$rollout_dir KUBECONFIG=$rollout_dir/kubeconfig "$@"); }

# All are followed long before the first is finished.
curl -sS "$url/go?after=4"
set -- $(rollout_run "$measure" run "$almanac" run rollouts n=$rollouts 2>"$tmp/log")
[ $# -eq 3 ] || { tail -n 20 "$tmp/log" >&2; exit 1; }
kib=$2 cpu=$3
until [ -s "$rollout_dir/finished" ]; do kill -0 "$rollout_server" || exit 1; sleep 0.1; done
rollout_run "$almanac" log --json >"$rollout_dir/log"
line "$rollouts Deployments followed by one process: peak memory" "$(calc "$kib / 1024")" MiB 64
set -- $("$almanac" lua tests/bench/rollout_delays.lua "$rollout_dir")
[ "$1" = "$rollouts" ] || { echo "bench: only $1 of $rollouts verdicts" >&2; exit 1; }
line "from a Deployment's event to its journalled verdict, median (p99 $3 ms)" "$2" ms 5

# kubectl's share: what one costs that finds its rollout done, which is the least it can cost.
kubectl_cpu=0
for i in $(seq $sample); do
    set -- $(rollout_run "$measure" run "$kubectl" -n bench rollout status "deployment/d$i" 2>"$tmp/log")
    kubectl_cpu=$((kubectl_cpu + ${3%.*}))
done
line "processor time: $rollouts followed / kubectl rollout status ($sample sampled, x $((rollouts / sample)))" \
    "$(calc "$cpu / ($kubectl_cpu * $rollouts / $sample)")" "" 0.1

set -- $(rollout_run "$measure" run "$almanac" run crowd 2>"$tmp/log") \
    $(rollout_run "$measure" run "$kubectl" -n crowd get pods -o json 2>/dev/null)
[ $# -eq 6 ] || { tail -n 20 "$tmp/log" >&2; exit 1; }
line "$pods pods listed and filtered ($(calc "$1 / 1e6") s) / kubectl get pods -o json: time" "$(calc "$1 / $4")" "" 0.5
line "the same ($(calc "$2 / 1024") MiB): memory" "$(calc "$2 / $5")" "" 0.33
