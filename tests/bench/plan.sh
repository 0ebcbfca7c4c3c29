#!/bin/sh
# The plan of 200 objects against their dry runs asked one by one, and against kubectl diff; of a server
# that takes 15 ms for every answer, as one across a network does, and of one that answers at once, where
# asking side by side gains nothing (that line has no bar).
# Sourced by bench.sh: uses $almanac $measure $tmp $root, line and calc.
plan_dir=$tmp/plan
mkdir -p "$plan_dir/runbooks"
cp tests/bench/runbooks/plan_*.lua "$plan_dir/runbooks"
cp -r tests/bench/charts "$plan_dir/charts"
plan_run() { (cd "$plan_dir" && HOME=$plan_dir KUBECONFIG=$plan_dir/kubeconfig "$@"); }
planned() { # runbook words…: microseconds
    plan_run "$measure" run -x 2 "$almanac" plan "$@" 2>"$tmp/log" | cut -d' ' -f1
    grep -q '200 objects\|100 changed' "$tmp/log" || { cat "$tmp/log" >&2; return 1; }
}
helm=$root/.deps/bin/helm4
kubectl=$root/.deps/bin/kubectl34

plan_bench() { # latency bar-of-the-dry-runs bar-of-kubectl-diff bar-of-helm's-own-dry-run
    latency=$1 bar_dry=$2 bar_diff=$3 bar_helm=$4
    "$almanac" sim --latency "$latency" --kubeconfig "$plan_dir/kubeconfig" >"$plan_dir/ready" 2>"$tmp/log" &
    plan_sim=$!
    sims="$sims $plan_sim"
    until grep -q '^api=' "$plan_dir/ready"; do kill -0 "$!" || exit 1; done

    plan_run "$helm" upgrade --install many charts/many >/dev/null
    plan_run "$helm" get manifest many >"$plan_dir/objects.yaml"
    sed -i 's/"one"/"two"/; s/app:v1/app:v2/' "$plan_dir/objects.yaml"

    set -- $(plan_run "$almanac" lua "$root/tests/bench/dry_runs.lua")
    apply_us=$(planned plan_apply)
    line "plan of $3 objects, $latency s away / ($3 sequential dry runs / $2 at once)" \
        "$(calc "$apply_us / ($1 / $2)")" "" "$bar_dry"

    release_us=$(planned plan_release --helm "$helm")
    render_us=$(plan_run "$measure" run "$helm" upgrade many charts/many --set text=two --set image.tag=v2 \
        --dry-run=server --disable-openapi-validation -o json 2>/dev/null | cut -d' ' -f1)
    diff_us=$(plan_run "$measure" run -x 1 "$kubectl" diff --server-side --force-conflicts --field-manager helm \
        -f objects.yaml 2>"$tmp/log" | cut -d' ' -f1)
    line "plan of a release of 200 objects, $latency s away ($(calc "$release_us / 1e6") s, helm renders $(calc "$render_us / 1e6")) / kubectl diff" \
        "$(calc "$release_us / $diff_us")" "" "$bar_diff"
    line "plan of a release of 200 objects, $latency s away / helm upgrade --dry-run=server alone" \
        "$(calc "$release_us / $render_us")" "" "$bar_helm"
    kill "$plan_sim"
}
plan_bench 0.015 1.5 0.5 1.25
plan_bench 0 none none none
