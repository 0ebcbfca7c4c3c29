#!/bin/sh
# Runs the tests: every file in a process of its own with a time limit, one more at once than there are
# processors (JOBS=N), since most of their time is waiting; its output is shown only when something failed.
# Usage: tests/run.sh BUILD-DIR [FILE…]; the files are C (a program, one case) or Lua. The last line
# is `N passed, N failed`, counted in cases.
set -u
cd "$(dirname "$0")/.."
build=$1
shift
tmp=$(mktemp -d "${TMPDIR:-/tmp}/almanac-tests.XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

[ $# -gt 0 ] || set -- $(find tests -name '*_test.c' -o -name '*_test.lua' 2>/dev/null | sort)

# The files that start whole worlds take longest: they go first, so that no processor is left alone with one.
worlds='^tests/(runbooks|fuzz|e2e|attacks)/'
{
    printf '%s\n' "$@" | grep -E "$worlds"
    printf '%s\n' "$@" | grep -vE "$worlds"
} | xargs -P "${JOBS:-$(($(nproc) + 1))}" -n 1 tests/run_file.sh "$build" "$tmp"

passed=0
failed=0
while read -r good bad; do
    passed=$((passed + good))
    failed=$((failed + bad))
done <"$tmp/counts"
ran=$(wc -l <"$tmp/counts")
if [ "$ran" != $# ]; then
    echo "FAIL $(($# - ran)) of $# files gave no result"
    failed=$((failed + $# - ran))
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
