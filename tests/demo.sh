#!/usr/bin/env bash
# make demo: a release goes to the devnet, from preflight to verify, against a simulated cluster with the real helm,
# Prometheus, git and registry. Leaves nothing running and nothing behind but build/demo/, where `almanac status` and
# `almanac log` can be tried afterwards.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
almanac=$root/${ALMANAC_BUILD:-build}/almanac
helm=$root/.deps/bin/helm4
dir=${DEMO_DIR:-$root/build/demo}
block_time=1
rpc_rate=8400 # so many that a canary is judged within seconds

# A line of its own, bold on a terminal.
say() { if [ -t 1 ]; then printf '\n\033[1m== %s\033[0m\n' "$*"; else printf '\n== %s\n' "$*"; fi; }

# A command as one would type it, and what it says. Exit 2 of a plan: something would change; 3: somebody is asked.
show() {
    say "$1"
    shift
    "$almanac" "$@" || [ $? = "${expected:-0}" ]
}

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
mkdir -p "$dir/ci"
cp -r tests/fixtures/devnet/. "$dir"
cd "$dir"

say "a repository of two versions, whose images are in a registry, and CI that is green for the newer one"
git_quietly() { git -c user.name=Ada -c user.email=ada@example.org -c commit.gpgsign=false -c tag.gpgsign=false "$@" >/dev/null; }
release() { # version
    git_quietly add -A
    git_quietly commit -m "the work of $1"
    git_quietly tag -a "$1" -m "release $1"
    echo "$1-$(git rev-parse --short HEAD)"
}
printf '%s\n' '*.log' '*.om' '*.yml' almanac.yaml kubeconfig plan.json ci prometheus blobs .almanac .cache .config .local >.gitignore
git_quietly init -b main
old=$(release v0.4.2)
echo 'x = 1' >core/work.py
new=$(release v0.5.0)
git rev-parse HEAD | (cd ci && xargs touch)

cat >registry.yml <<END
version: 0.1
storage: { filesystem: { rootdirectory: "$dir/blobs" } }
http: { addr: "127.0.0.1:0" }
END
"$root/.deps/registry/usr/bin/docker-registry" serve registry.yml >registry.log 2>&1 &
pids+=($!)
registry=$(wait_line registry.log 'listening on' $! | sed -E 's/.*listening on ([^ ,"]+).*/\1/')
images=(animica-node animica-miner animica-explorer animica-studio-services animica-studio-web animica-explorer-web)
(cd "$root" && "$almanac" lua tests/push_images.lua "http://$registry/v2/animica" "$new" linux/amd64,linux/arm64 "${images[@]}")
python3 -u -m http.server 0 --bind 127.0.0.1 --directory ci >ci.log 2>&1 &
pids+=($!)
ci=http://127.0.0.1:$(wait_line ci.log 'port [0-9]+' $! | sed -E 's/.*port ([0-9]+).*/\1/')
echo "$old, and $new at $registry; CI at $ci"

say "a simulated cluster, and a Prometheus that remembers the devnet's last half hour"
"$almanac" sim --kubeconfig kubeconfig --with-namespace animica-devnet --devnet-ready --block-time $block_time \
    --rpc-rate $rpc_rate >sim.log 2>&1 &
pids+=($!)
line=$(wait_line sim.log '^api=' $!)
devnet=$(sed -E 's/.*devnet=([^ ]+).*/\1/' <<<"$line")
loki=$(sed -E 's/.*loki=([^ ]+).*/\1/' <<<"$line")
cat >prometheus.yml <<END
global: { scrape_interval: 1s }
scrape_configs:
  - { job_name: devnet, honor_labels: true, static_configs: [{ targets: ["${devnet#http://}"] }] }
  - job_name: canary
    metrics_path: /ns/animica-canary/metrics
    static_configs: [{ targets: ["${devnet#http://}"], labels: { namespace: animica-canary } }]
END
(cd "$root" && "$almanac" lua tests/demo_memory.lua 30 $block_time $rpc_rate "${devnet#http://}") >memory.om
"$root/.deps/prometheus/usr/bin/promtool" tsdb create-blocks-from openmetrics memory.om prometheus >/dev/null
"$root/.deps/prometheus/usr/bin/prometheus" --config.file=prometheus.yml --storage.tsdb.path=prometheus \
    --web.listen-address=127.0.0.1:0 >prometheus.log 2>&1 &
pids+=($!)
prometheus=http://$(wait_line prometheus.log 'Listening on' $! | sed -E 's/.*address=([^ ]+).*/\1/')
echo "$line prometheus=$prometheus"

cat >almanac.yaml <<END
environment: demo
environments:
  demo:
    kubeconfig: kubeconfig
    helm: $helm
    endpoints: { prometheus: "$prometheus", loki: "$loki" }
vars:
  devnet:
    registry: $registry/animica
    plain_http: true
    ci_url: $ci/{commit}
    block_target: ${block_time}s
    scrape_interval: 1s
    canary_warm_up: 0s
    urls: { rpc: $devnet/rpc, explorer: $devnet/explorer, services: $devnet/services, da: $devnet/da }
    canary_urls: { rpc: $devnet/ns/animica-canary/rpc }
END

say "the devnet at $old, installed with $("$helm" version --short 2>/dev/null)"
KUBECONFIG=kubeconfig "$helm" install animica-devnet ops/helm/animica-devnet -n animica-devnet \
    --set global.imageTag="$old" >install.log
grep -E '^(STATUS|REVISION)' install.log

show "may it go to the devnet?  almanac run preflight tag=$new" run preflight "tag=$new"
show "try it beside the devnet:  almanac run canary tag=$new" run canary "tag=$new"
expected=2 show "what would a rollout change?  almanac plan rollout tag=$new observe=10s -o plan.json" \
    plan rollout "tag=$new" observe=10s -o plan.json
show "that, and nothing else:  almanac run --plan plan.json" run --plan plan.json
expected=3 show "is it well?  almanac run verify --no-ask" run verify --no-ask
run=$("$almanac" runs --limit 1 | cut -d' ' -f1)
for left in 3 0; do # what no metric says
    show "a person ticks the rest:  almanac approve $run; almanac resume $run --no-ask" approve "$run"
    "$almanac" resume "$run" --no-ask || [ $? = $left ]
done

say "what helm says:  helm history animica-devnet -n animica-devnet"
KUBECONFIG=kubeconfig "$helm" history animica-devnet -n animica-devnet

show "what was run:  almanac runs" runs

say "nothing is left running; what was done is in ${dir#"$root"/}: almanac status, almanac log, almanac show rollout"
