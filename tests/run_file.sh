#!/bin/sh
# Runs one test file for run.sh: prints one line and what was skipped or, when something failed, its output, and adds a
# line `PASSED FAILED` to RESULTS/counts. Usage: tests/run_file.sh BUILD-DIR RESULTS FILE
set -u
build=$1
results=$2
file=$3
# The slowest file drives both helms through some twenty upgrades, under the sanitizers.
limit=${TEST_TIMEOUT:-400}
mark=$$
tmp=$results/$mark
mkdir "$tmp" || exit 1
out=$results/$mark.out
trap 'exit 130' INT TERM

# What the file's processes left behind: each inherits TMPDIR, which is of this file alone, and which
# almanac hands on to its children. A process that is already on its way out is given a moment.
leftovers() {
    tries=0
    while :; do
        left=$(grep -lzsx "TMPDIR=$tmp" /proc/[0-9]*/environ | cut -d/ -f3)
        [ -n "$left" ] && [ $tries -lt 20 ] || break
        tries=$((tries + 1))
        sleep 0.1
    done
    [ -z "$left" ] && return 0
    for pid in $left; do
        echo "left running: $pid $(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null)"
        kill -9 "$pid" 2>/dev/null
    done
    return 1
}

case $file in
*.c)
    name=${file#tests/runtime/}
    set -- "$build/unit/${name%.c}"
    ;;
*) set -- "$build/almanac" lua "$file" ;;
esac
start=$(date +%s)
TMPDIR=$tmp ALMANAC_TEST_TMP=$tmp ALMANAC_BUILD=$build \
    timeout -k 5 "$limit" "$@" >"$out" 2>&1 </dev/null
code=$?
seconds=$(($(date +%s) - start))
good=$(grep -c '^ok - ' "$out")
bad=$(grep -c '^not ok - ' "$out")
# A C program that prints no cases is one.
case $file in *.c) [ "$good$bad" != 00 ] || [ $code != 0 ] || good=1 ;; esac

why=
[ "$bad" = 0 ] || why="$bad of $((good + bad)) cases"
if [ -z "$why" ]; then
    case $code in
    0) [ "$good" != 0 ] || why="ran no cases" ;;
    124 | 137) why="took longer than $limit s" ;;
    *) why="exit $code" ;;
    esac
    [ -z "$why" ] || bad=1
fi
if ! leftovers >"$results/$mark.left"; then
    cat "$results/$mark.left" >>"$out"
    why="${why:+$why, }left processes running"
    bad=$((bad + 1))
fi

{
    if [ -n "$why" ]; then
        echo "FAIL $file: $why"
        sed 's/^/  | /' "$out" | tail -n "${TEST_LINES:-60}"
    else
        echo "ok   $file ($good, $seconds s)"
        sed -n 's/^skipped/     skipped/p' "$out"
    fi
} >"$results/$mark.report"
# One report at a time on the screen, one line at a time in the counts.
exec 9>>"$results/lock"
flock 9
cat "$results/$mark.report"
echo "$good $bad" >>"$results/counts"
rm -rf "${tmp:?}"
