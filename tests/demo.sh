#!/usr/bin/env bash
# make demo: the rollout runbook against a simulated cluster, with the real helm and a real
# Prometheus, from an old image tag to a new one. Leaves nothing running and nothing behind but
# build/demo/, where `almanac status` and `almanac log` can be tried afterwards.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
almanac=$root/build/almanac
helm=$root/.deps/bin/helm4
dir=$root/build/demo
old=v0.4.2-0f9e8d7
new=v0.5.0-a1b2c3d

say() { printf '\n== %s\n' "$*"; }

pids=()
stop() {
    trap - EXIT
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
}
trap stop EXIT
trap 'exit 130' INT TERM

# The first line of a file that matches, once it is there.
wait_line() { # file pattern pid
    local line
    for _ in $(seq 300); do
        if line=$(grep -m 1 -E "$2" "$1" 2>/dev/null); then
            printf '%s\n' "$line"
            return
        fi
        kill -0 "$3" 2>/dev/null || break
        sleep 0.1
    done
    echo "demo: no line like '$2' in $1:" >&2
    tail -n 20 "$1" >&2
    exit 1
}

rm -rf "$dir"
mkdir -p "$dir"
cp -r tests/fixtures/devnet/ops "$dir/ops"
cd "$dir"

say "a simulated cluster, and the devnet it runs"
"$almanac" sim --kubeconfig kubeconfig --with-namespace animica-devnet --block-time 1 >sim.log 2>&1 &
pids+=($!)
line=$(wait_line sim.log '^api=' $!)
echo "$line"
devnet=$(sed -E 's/.*devnet=([^ ]+).*/\1/' <<<"$line")
loki=$(sed -E 's/.*loki=([^ ]+).*/\1/' <<<"$line")

say "Prometheus, looking at it every second"
cat >prometheus.yml <<END
global: { scrape_interval: 1s }
scrape_configs:
  - job_name: devnet
    honor_labels: true
    static_configs: [{ targets: ["${devnet#http://}"] }]
END
"$root/.deps/prometheus/usr/bin/prometheus" --config.file=prometheus.yml --storage.tsdb.path=prometheus \
    --web.listen-address=127.0.0.1:0 >prometheus.log 2>&1 &
pids+=($!)
prometheus=http://$(wait_line prometheus.log 'Listening on' $! | sed -E 's/.*address=([^ ]+).*/\1/')
echo "$prometheus"

cat >almanac.yaml <<END
environment: demo
environments:
  demo:
    kubeconfig: kubeconfig
    helm: $helm
    endpoints: { prometheus: "$prometheus", loki: "$loki" }
END
# What the smoke check looks at.
export RPC_HTTP_URL=$devnet/rpc EXPLORER_URL=$devnet/explorer/ SERVICES_URL=$devnet/services DA_API_URL=$devnet/da

say "the devnet at $old, installed with $("$helm" version --short 2>/dev/null)"
KUBECONFIG=kubeconfig "$helm" install animica-devnet ops/helm/animica-devnet -n animica-devnet \
    --set global.imageTag=$old >install.log
grep -E '^(STATUS|REVISION)' install.log

# Gates on a Prometheus that has just started would say, rightly, that nothing moves yet.
query='changes(max(animica_head_height)[15m:5s]) > 0 and changes(max(animica_finalized_height)[30m:5s]) > 0
    and stddev_over_time(max(rate(animica_rpc_request_duration_seconds_bucket[5m]))[10m:5s]) >= 0'
for _ in $(seq 300); do
    curl -sS --data-urlencode "query=$query" "$prometheus/api/v1/query" | grep -q '"value"' && break
    sleep 0.1
done

say "almanac plan rollout tag=$new observe=10s -o plan.json"
"$almanac" plan rollout tag=$new observe=10s -o plan.json || [ $? = 2 ] # 2: something would change

say "almanac run --plan plan.json"
"$almanac" run --plan plan.json

say "what helm says"
KUBECONFIG=kubeconfig "$helm" history animica-devnet -n animica-devnet

say "almanac status"
"$almanac" status
