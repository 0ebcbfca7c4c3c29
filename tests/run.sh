#!/bin/sh
# Runs the tests: every file in a process of its own with a time limit, its output shown only when
# something failed. Usage: tests/run.sh BUILD-DIR [FILE…]; the files are C (a program, one case) or
# Lua. The last line is `N passed, N failed`, counted in cases.
set -u
cd "$(dirname "$0")/.."
build=$1
shift
# The slowest file drives both helms through some twenty upgrades, under the sanitizers.
limit=${TEST_TIMEOUT:-400}

tmp=$(mktemp -d "${TMPDIR:-/tmp}/almanac-tests.XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

[ $# -gt 0 ] || set -- $(find tests/unit tests/lua tests/e2e -name '*_test.c' -o -name '*_test.lua' 2>/dev/null | sort)

passed=0
failed=0
fail() { # file why
    failed=$((failed + 1))
    echo "FAIL $1: $2"
    sed 's/^/  | /' "$tmp/out" | tail -n "${TEST_LINES:-60}"
}

# What the file's processes left behind: each inherits the mark through its environment. A process
# that is already on its way out is given a moment.
leftovers() {
    tries=0
    while :; do
        left=$(grep -lzsx "ALMANAC_TEST_MARK=$mark" /proc/[0-9]*/environ | cut -d/ -f3)
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

n=0
for file; do
    n=$((n + 1))
    mark=$$.$n
    mkdir "$tmp/$n"
    case $file in
    *.c) set -- "$build/unit/$(basename "$file" .c)" ;;
    *) set -- "$build/almanac" lua "$file" ;;
    esac
    start=$(date +%s)
    ALMANAC_TEST_MARK=$mark ALMANAC_TEST_TMP=$tmp/$n ALMANAC_BUILD=$build \
        timeout -k 5 "$limit" "$@" >"$tmp/out" 2>&1 </dev/null
    code=$?
    seconds=$(($(date +%s) - start))
    good=$(grep -c '^ok - ' "$tmp/out")
    bad=$(grep -c '^not ok - ' "$tmp/out")
    # A C program that prints no cases is one.
    case $file in *.c) [ "$good$bad" != 00 ] || [ $code != 0 ] || good=1 ;; esac
    passed=$((passed + good))
    if ! leftovers >"$tmp/left"; then
        cat "$tmp/left" >>"$tmp/out"
        fail "$file" "left processes running"
    fi
    if [ "$bad" != 0 ]; then
        failed=$((failed + bad - 1))
        fail "$file" "$bad of $((good + bad)) cases"
    elif [ $code = 124 ] || [ $code = 137 ]; then
        fail "$file" "took longer than $limit s"
    elif [ $code != 0 ]; then
        fail "$file" "exit $code"
    elif [ "$good" = 0 ]; then
        fail "$file" "ran no cases"
    else
        echo "ok   $file ($good, $seconds s)"
    fi
    rm -rf "${tmp:?}/$n"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
