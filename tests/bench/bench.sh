#!/bin/sh
# make bench: what Almanac costs, as ratios of a yardstick measured in the same run on the same disk.
# A line is marked `over` when it is past its bar; the exit code says whether one was.
# Usage: tests/bench/bench.sh BUILD-DIR
set -eu
cd "$(dirname "$0")/../.."
root=$PWD
build=$1
case $build in /*) ;; *) build=$root/$build ;; esac
almanac=$build/almanac
tmp=$build/bench.tmp
rm -rf "$tmp"
mkdir -p "$tmp"
sims=
trap 'trap - EXIT INT TERM; [ -z "$sims" ] || kill $sims 2>/dev/null || :; rm -rf "$tmp" ${memory:-}' EXIT
trap 'exit 130' INT TERM

${CC:-cc} -O2 -D_GNU_SOURCE -o "$build/measure" tests/bench/measure.c
measure=$build/measure
over=0

line() { # what value unit bar
    mark="    "
    [ "$4" = none ] || mark=$(awk -v v="$2" -v b="$4" 'BEGIN { print (v <= b) ? "    " : "over" }')
    [ "$mark" != over ] || over=1
    printf '%s  %-58s %10s %-4s bar %s\n' "$mark" "$1" "$2" "$3" "$4"
}
calc() { awk "BEGIN { printf \"%.2f\", $1 }"; }

# A run in a directory of its own: microseconds, KiB and processor time, as `measure run` prints them.
run() { # runbook n
    rm -rf "$tmp/work"
    mkdir -p "$tmp/work/runbooks"
    cp tests/bench/runbooks/*.lua "$tmp/work/runbooks"
    (cd "$tmp/work" && "$measure" run "$almanac" run "$1" n="$2" 2>"$tmp/log") || {
        tail -n 20 "$tmp/log" >&2
        exit 1
    }
}

set -- $("$measure" start 300 "$almanac" version -- curl --version)
line "startup: almanac version / curl --version" "$(calc "$1 / $2")" "" 1.2

# What a run costs that does nothing: loading what runs a script, and its journal, where a disk is in nobody's way.
memory=$(mktemp -d /dev/shm/almanac-bench.XXXXXX 2>/dev/null || mktemp -d "$tmp/memory.XXXXXX")
mkdir -p "$memory/start/runbooks"
cp tests/bench/runbooks/steps.lua "$memory/start/runbooks"
set -- $(cd "$memory/start" && "$measure" start 40 "$almanac" run steps -- curl --version 2>"$tmp/log")
line "startup: a run without steps / curl --version" "$(calc "$1 / $2")" "" 2.5

# The journal alone: its own appends and the yardstick in turns, one by one.
set -- $("$build/bench/journal_bench" "$tmp/journal" 1000)
line "journal: durable append / 512-byte append + fdatasync ($1 / $2 us)" "$3" "" 1.3
line "journal: 100,000 events read and verified" "$4" s 0.25
rm -rf "$tmp/journal"

append() { "$measure" append "$1" "$tmp/append"; }
middle() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
# What one of a runbook's n items costs beside an append and fdatasync. The disk's speed drifts, so they are
# measured in turns, a yardstick before and behind; the middle of the turns' ratios is the figure.
journalled() { # what runbook n bar
    rm -f "$tmp/ratios"
    for turn in 1 2 3 4 5 6 7; do
        before=$(append $(($3 / 2)))
        set -- "$1" "$2" "$3" "$4" $(run "$2" 0) $(run "$2" "$3")
        after=$(append $(($3 / 2)))
        echo "$(calc "($8 - $5) / $3 / (($before + $after) / 2)") $(calc "($8 - $5) / $3") $before" >>"$tmp/ratios"
    done
    set -- "$1" "$4" $(middle <"$tmp/ratios") $(cut -d' ' -f2 "$tmp/ratios" | middle) $(cut -d' ' -f3 "$tmp/ratios" | middle)
    line "$1 / 512-byte append + fdatasync ($4 / $5 us)" "$3" "" "$2"
}
journalled "journalled step" steps 1000 1.3
journalled "journalled effect" effects 1000 2.6

syncs=$("$almanac" lua tests/bench/group_commit.lua "$tmp/group" 1000)
line "commits that 1,000 parallel steps sync to the disk" "$syncs" "" 60

# Replay reads, so the journal may be made where writing is quick.
mkdir "$memory/runbooks"
cp tests/bench/runbooks/*.lua "$memory/runbooks"
n=100000
(cd "$memory" && "$almanac" run replay n=$n >/dev/null 2>&1) && {
    echo "bench: the replay run should have stopped" >&2
    exit 1
}
touch "$memory/go-on"
set -- $(cd "$memory" && "$measure" run "$almanac" resume 2>"$tmp/log") $("$measure" run "$almanac" version 2>/dev/null)
line "replay of $n done steps, without start-up" "$(calc "($1 - $4) / 1e6")" s 0.5

# Finding: what no run fits has to look at all of them.
mkdir "$memory/many"
"$almanac" lua tests/bench/many_runs.lua "$memory/many"
found=$(cd "$memory/many" && for turn in 1 2 3 4 5; do "$measure" run "$almanac" runs --param tag=none; done | cut -d' ' -f1 | middle)
line "runs --param: 10,000 runs looked at" "$(calc "$found / 1e3")" ms 50

# From Ctrl-C to the end of the process, whatever its script computes. The worst has two hundred thousand calls to leave.
ALMANAC_BUILD=$build "$almanac" lua tests/bench/pauses.lua >"$tmp/pauses"
pause() { # which bar
    set -- "$2" $(sed -n "s/^$1 //p" "$tmp/pauses")
    bar=$1 ms=$2
    shift 2
    line "pause: Ctrl-C to the end of a run that computes ($*)" "$ms" ms "$bar"
}
pause worst 250
pause others 100

# A plain run that talks to a server over TLS; beside it curl, alone, with the same handshake.
mkdir "$tmp/tls"
"$almanac" sim --tls "$tmp/tls" --kubeconfig "$tmp/tls/kubeconfig" >"$tmp/tls/ready" 2>"$tmp/log" &
sims=$!
until grep -q '^api=' "$tmp/tls/ready"; do kill -0 "$sims" || exit 1; done
url=$(sed 's/^api=\([^ ]*\).*/\1/' "$tmp/tls/ready")
curl_kib=$("$measure" run curl -sS --cacert "$tmp/tls/ca.pem" --cert "$tmp/tls/client.pem" \
    --key "$tmp/tls/client.key" "$url/version" 2>"$tmp/log" | cut -d' ' -f2)
rm -rf "$tmp/work"
mkdir -p "$tmp/work/runbooks"
cp tests/bench/runbooks/*.lua "$tmp/work/runbooks"
kib=$(cd "$tmp/work" && KUBECONFIG=$tmp/tls/kubeconfig "$measure" run "$almanac" run tls 2>"$tmp/log" | cut -d' ' -f2)
line "peak memory of a plain run with TLS (curl: $(calc "$curl_kib / 1024") MiB)" "$(calc "$kib / 1024")" MiB 16

. tests/bench/plan.sh
. tests/bench/rollout.sh

"$almanac" lua tests/bench/canary.lua || over=1

exit $over
