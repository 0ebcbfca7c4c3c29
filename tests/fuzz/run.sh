#!/bin/sh
# Fuzzes each target for FUZZ_SECONDS (60), from its corpus. A find is kept as build/fuzz/finds/TARGET-…, and is to be
# mended and added to the corpus. Usage: tests/fuzz/run.sh BUILD-DIR TARGET…
set -u
cd "$(dirname "$0")/../.."
build=$1
shift
tmp=$(mktemp -d "${TMPDIR:-/tmp}/almanac-fuzz.XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
mkdir -p "$build/finds"
status=0
for target in "$@"; do
    # Lua's garbage is no leak, and looking for one after each input is slow.
    leaks=0
    [ -e "tests/fuzz/$target.lua" ] || leaks=1
    mkdir "$tmp/$target"
    start=$(find "$build/finds" -name "$target-*" | wc -l)
    TMPDIR=$tmp "$build/target/$target" -max_total_time="${FUZZ_SECONDS:-60}" -max_len=4096 -timeout=20 -rss_limit_mb=2048 \
        -detect_leaks=$leaks -print_final_stats=1 -artifact_prefix="$build/finds/$target-" \
        "$tmp/$target" "tests/fuzz/corpus/$target" >"$tmp/out" 2>&1
    code=$?
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$tmp/out")
    if [ $code = 0 ]; then
        echo "ok   fuzz $target (${runs:-0} inputs)"
        continue
    fi
    status=1
    echo "FAIL fuzz $target: exit $code after ${runs:-0} inputs; kept in $build/finds (it held $start before)"
    grep -v '^#' "$tmp/out" | tail -n "${FUZZ_LINES:-60}" | sed 's/^/  | /'
done
exit $status
